import { KilnError } from '../../base/errors.ts';
import type { WalletAccount } from '../account/account.ts';
import { GAS_GIFT_WEI, LOW_GAS_WEI } from '../constants.ts';
import type { PoolReader } from '../pool/pool-reader.ts';

/** On a chain with a faucet, gives an account native coin when it has almost none; elsewhere does nothing. */
export async function refillGas(reader: PoolReader, account: WalletAccount): Promise<void> {
  if (!reader.config.hasFaucet) return;
  if ((await reader.nativeBalance(account.address)) >= LOW_GAS_WEI) return;
  const request = reader.client.request as (call: { method: string; params: unknown[] }) => Promise<unknown>;
  try {
    // anvil's own method: no key, no transaction (https://getfoundry.sh/anvil/reference).
    await request({
      method: 'anvil_setBalance',
      params: [account.address, `0x${GAS_GIFT_WEI.toString(16)}`],
    });
  } catch (cause) {
    throw new KilnError('wallet/no-gas', 'This test chain gives no native coin for gas.', {
      cause,
      hint: 'Get some from the chain’s public faucet and send it to this account.',
    });
  }
}
