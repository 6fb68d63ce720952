import { KilnError } from '../../../base/errors.ts';
import { systemClock } from '../../../base/time.ts';
import type { Network } from '../../../network/create-network.ts';
import { parseRelayAddress } from '../../../network/relays/relay-address.ts';
import { REDEEM } from '../../../protocol/redeem.ts';
import type { VoucherRecord } from '../../../provider/records.ts';
import type { WalletAccount } from '../../../wallet/account/account.ts';
import type { PoolReader } from '../../../wallet/pool/pool-reader.ts';
import { RedeemRelay } from '../../../wallet/voucher/redeem-relay.ts';
import { bestCovered } from './covered-rows.ts';

/** What handing over needs of this node. */
export interface RelayRedemptionInit {
  readonly network: Pick<Network, 'openStream'>;
  readonly reader: PoolReader;
  /** The vouchers that this browser holds for this pool. */
  readonly vouchers: () => Promise<readonly VoucherRecord[]>;
  /** Signs for the relay's fee. */
  readonly account: () => Pick<WalletAccount, 'address' | 'signTypedData'>;
}

/**
 * Hands everything held to a redeeming relay; the vouchers stay here too. Throws what the relay or the way to it says:
 * `redeem/…`, `wallet/wrong-relay`, `network/unreachable`.
 *
 * @param address of the relay, as `redeemRelay` in `network.json` has it; throws `network/bad-relay-address`
 */
export function relayRedemption(address: string, init: RelayRedemptionInit): () => Promise<void> {
  const { peer } = parseRelayAddress(address);
  const relay = new RedeemRelay({
    reader: init.reader,
    clock: systemClock,
    open: (signal) => init.network.openStream(REDEEM, { peer, addresses: [address] }, signal),
  });
  return async () => {
    const records = await init.vouchers();
    const vouchers = await Promise.all(records.map((record) => bestCovered(init.reader, record)));
    if (vouchers.length === 0) return;
    const handed = await relay.handOver(vouchers, init.account());
    const refusal = handed.find(({ outcome }) => outcome === 'kept')?.code;
    if (refusal === undefined || handed.some(({ outcome }) => outcome !== 'kept')) return;
    throw new KilnError('wallet/relay-refused', 'The relay took none of the vouchers.', {
      data: { code: refusal },
      hint: 'They stay here. Put some native coin on the account to redeem them yourself.',
    });
  };
}
