import { expect } from 'vitest';
import type { TokenChain } from '../../../contracts/token-chain.ts';
import { hasCode } from '../../base/errors.ts';
import { GLM } from '../../payment/costs/price.ts';
import type { Address } from '../../protocol/primitives.ts';
import { POOL_ABI, TOKEN_ABI } from '../chain/chain.ts';
import type { SignedAuthorization } from './fund-by-signature.ts';
import type { FundingSender, SignedFunding } from './signed-funding.ts';

export const HOUR_MS = 3_600_000;
/** The session key that is funded. */
export const KEY: Address = `0x${'5e'.repeat(20)}`;
/** Matches an error of this code. */
export const refusal = (code: string) => expect.toSatisfy((thrown: unknown) => hasCode(thrown, code));

/** Two GLM for a key that may spend three and ends in a day. */
export async function authorization(
  chain: TokenChain,
  own: Partial<SignedAuthorization> = {},
): Promise<SignedAuthorization> {
  const now = (await chain.now()) * 1_000;
  return {
    signer: KEY,
    cap: 3n * GLM,
    deposit: 2n * GLM,
    expiresAtMs: now + 24 * HOUR_MS,
    deadlineMs: now + HOUR_MS,
    ...own,
  };
}

/** Keeps what it is handed before passing it on. */
export function listening(sender: FundingSender): FundingSender & { readonly heard: SignedFunding[] } {
  const heard: SignedFunding[] = [];
  return {
    heard,
    sendFunding(funding, signal) {
      heard.push(funding);
      return sender.sendFunding(funding, signal);
    },
  };
}

/** What the pool knows of a payer and {@link KEY}. */
export async function keyOf(chain: TokenChain, payer: Address) {
  const zero: Address = `0x${'00'.repeat(20)}`;
  return chain.reader.client.readContract({
    address: chain.config.pool,
    abi: POOL_ABI,
    functionName: 'payerState',
    args: [payer, KEY, zero],
  });
}

/** What the pool may take of an account. */
export function allowance(chain: TokenChain, payer: Address): Promise<bigint> {
  const { token: address, pool } = chain.config;
  return chain.reader.client.readContract({
    address,
    abi: TOKEN_ABI,
    functionName: 'allowance',
    args: [payer, pool],
  });
}
