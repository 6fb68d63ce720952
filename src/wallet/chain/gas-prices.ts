import type { GasPrices } from '../../payment/redemption/redemption.ts';
import { toChainError } from './chain-error.ts';
import { nativeCoin } from './chain.ts';
import { TOKENS_PER_COIN } from '../constants.ts';
import type { PoolReader } from '../pool/pool-reader.ts';

/** Ten-thousandths of a token: a coin may be worth less than one. */
const PARTS = 10_000;

/** What gas costs now, in the token. Throws `wallet/chain-unreachable`. */
export async function readGasPrices({ client, config }: PoolReader): Promise<GasPrices> {
  const { tokensPerCoin = TOKENS_PER_COIN[nativeCoin(config.id).symbol] } = config;
  const parts = BigInt(Math.round(tokensPerCoin * PARTS));
  try {
    return {
      weiPerGas: await client.getGasPrice(),
      tokensPerCoin: (parts * 10n ** 18n) / BigInt(PARTS),
    };
  } catch (thrown) {
    throw toChainError(thrown, 'read the gas price');
  }
}
