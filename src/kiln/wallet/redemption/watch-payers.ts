import type { Clock } from '../../../base/time.ts';
import type { Provider } from '../../../provider/provider.ts';
import { PayerWatch } from '../../../wallet/pool/payer-watch.ts';
import type { RedeemWatch } from './redeem-watch.ts';
import type { WalletDesk } from '../wallet-desk.ts';

/** Watches those whom this tab works for or holds unredeemed vouchers of: leaves and redeems whoever gives cause. */
export function watchPayers(
  wallet: WalletDesk,
  provider: Provider,
  redemption: RedeemWatch,
  clock: Clock,
): PayerWatch {
  return new PayerWatch({
    reader: wallet.reader,
    clock,
    payers: async () => {
      const owing = wallet.api.view.value.vouchers.filter(({ amount, redeemed }) => amount > redeemed);
      return [...owing.map(({ payer }) => payer), ...provider.payers];
    },
    onAlarm: (alarm) => {
      provider.heed(alarm);
      redemption.urgent();
    },
  });
}
