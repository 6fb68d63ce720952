import type { Collection } from '../../base/collection.ts';
import { type Address, isSameAddress } from '../../protocol/primitives.ts';
import type { PoolReader } from '../../wallet/pool/pool-reader.ts';
import type { SessionRecord } from '../../wallet/session/session-key.ts';
import { ENDED_SESSION_SHOWN_MS, MAX_SESSIONS_SHOWN } from '../constants.ts';
import type { SessionView } from './wallet-view.ts';

/** The session keys that this browser made for a payer, the longest-lived first; those long ended are left out. */
export async function listSessions(
  reader: PoolReader,
  records: Collection<SessionRecord>,
  payer: Address,
  nowMs: number,
): Promise<SessionView[]> {
  const { id, pool } = reader.config;
  const mine = (await records.entries('session/'))
    .map(([, record]) => record)
    .filter(
      ({ terms, expiresAtMs }) =>
        terms.chainId === id &&
        isSameAddress(terms.pool, pool) &&
        isSameAddress(terms.payer, payer) &&
        expiresAtMs > nowMs - ENDED_SESSION_SHOWN_MS,
    )
    .sort((a, b) => b.expiresAtMs - a.expiresAtMs)
    .slice(0, MAX_SESSIONS_SHOWN);
  const views = await Promise.all(mine.map((record) => sessionView(reader, record, nowMs)));
  return views.filter((view) => view !== undefined);
}

/** A key whose funding never reached the chain has no money behind it: nothing to show. */
async function sessionView(
  reader: PoolReader,
  record: SessionRecord,
  nowMs: number,
): Promise<SessionView | undefined> {
  const key = record.terms.sessionKey as Address;
  const { cap, spent, expiresAtMs } = await reader.sessionKey(record.terms.payer as Address, key);
  if (cap === 0n) return undefined;
  const wasRevoked = expiresAtMs < record.expiresAtMs;
  const state = expiresAtMs <= nowMs ? 'ended' : wasRevoked ? 'ending' : 'active';
  return { key, cap, spent, expiresAtMs, state };
}
