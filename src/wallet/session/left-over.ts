import { type EarlierKey, missingDeposit } from '../../payment/costs/left-over.ts';
import { plainAddress } from '../../payment/voucher/voucher.ts';
import type { Collection } from '../../base/collection.ts';
import { type Address, isSameAddress } from '../../protocol/primitives.ts';
import type { PoolReader } from '../pool/pool-reader.ts';
import type { SessionRecord } from './session-key.ts';

/**
 * What a payer has to deposit for a new budget beside what its earlier jobs in this browser left over.
 *
 * @param promised all that a session key, in lower case, will ever promise; absent for one that promised nothing
 */
export async function depositFor(
  reader: PoolReader,
  payer: Address,
  budget: bigint,
  sessions: Collection<SessionRecord>,
  promised: ReadonlyMap<string, bigint>,
): Promise<bigint> {
  const { balance, locked, thawing } = await reader.deposit(payer);
  const free = balance - locked - thawing;
  if (free <= 0n) return budget;
  const { id, pool } = reader.config;
  const mine = (await sessions.entries('session/'))
    .map(([, { terms }]) => terms)
    .filter(
      (terms) => terms.chainId === id && isSameAddress(terms.pool, pool) && isSameAddress(terms.payer, payer),
    )
    .filter((terms) => (promised.get(plainAddress(terms.sessionKey)) ?? 0n) > 0n);
  const earlier = mine.map(async (terms): Promise<EarlierKey> => {
    const key = await reader.sessionKey(payer, terms.sessionKey as Address);
    return { ...key, promised: promised.get(plainAddress(terms.sessionKey)) ?? 0n };
  });
  return missingDeposit(budget, free, await Promise.all(earlier));
}
