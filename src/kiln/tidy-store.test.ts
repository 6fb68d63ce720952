import { expect, test } from 'vitest';
import { AGREEMENT } from '../protocol/messages.fixture.ts';
import { newRecord } from '../reputation/record.ts';
import { memoryStore } from '../storage/memory-store.ts';
import {
  AGREEMENT_KEPT_MS,
  MAX_AGREEMENTS_KEPT,
  MAX_HISTORY_KEPT,
  MAX_REPUTATIONS_KEPT,
  type TidyInit,
  tidyStore,
} from './tidy-store.ts';

const NOW_MS = 2 * AGREEMENT_KEPT_MS;
const SURPLUS = 3;

function opened() {
  const [provider, requestor] = [memoryStore(), memoryStore()];
  const init: TidyInit = {
    providerAgreements: provider.collection('agreements'),
    works: provider.collection('works'),
    requestorAgreements: requestor.collection('agreements'),
    jobs: requestor.collection('jobs'),
    reputation: provider.collection('reputation'),
    history: provider.collection('history'),
  };
  const keys = async (name: keyof TidyInit) => (await init[name].entries()).map(([key]) => key);
  return { init, keys };
}

const name = (i: number) => `a${String(i).padStart(5, '0')}`;
const agreed = (i: number, expiresAt: number, job = 'gone') =>
  ({ digest: name(i), agreement: { ...AGREEMENT, job, expiresAt } }) as never;

test('agreements that ended long ago go, the oldest first, and only what is too many', async () => {
  const { init, keys } = opened();
  for (let i = 0; i < MAX_AGREEMENTS_KEPT + SURPLUS; i++) {
    await init.providerAgreements.put(name(i), agreed(i, 1_000 - i));
    await init.requestorAgreements.put(name(i), agreed(i, i));
  }
  await tidyStore(init, NOW_MS);
  const kept = await keys('providerAgreements');
  expect([kept.length, kept.at(-1)]).toEqual([MAX_AGREEMENTS_KEPT, name(MAX_AGREEMENTS_KEPT - 1)]);
  expect((await keys('requestorAgreements'))[0]).toBe(name(SURPLUS));
});

test('what may still be redeemed, settled or shown stays, however much it is', async () => {
  const { init, keys } = opened();
  const all = MAX_AGREEMENTS_KEPT + SURPLUS;
  for (let i = 0; i < all; i++) {
    // The first is old and not settled, the others ended within the time that keys live.
    const expiresAt = i === 0 ? 1 : NOW_MS - AGREEMENT_KEPT_MS;
    await init.providerAgreements.put(name(i), agreed(i, expiresAt));
    await init.requestorAgreements.put(name(i), agreed(i, 1, 'kept'));
  }
  await init.works.put(name(0), { digests: [name(0)] } as never);
  await init.jobs.put('kept', {} as never);
  await tidyStore(init, NOW_MS);
  expect(await keys('providerAgreements')).toHaveLength(all);
  expect(await keys('requestorAgreements')).toHaveLength(all);
});

test('records of peers and the history of the wallet keep the newest; a transaction under way stays', async () => {
  const { init, keys } = opened();
  for (let i = 0; i < MAX_REPUTATIONS_KEPT + SURPLUS; i++) await init.reputation.put(name(i), newRecord(i));
  for (let i = 0; i < MAX_HISTORY_KEPT + SURPLUS; i++)
    await init.history.put(name(i), { atMs: i, ...(i === 0 ? { state: 'pending' } : {}) } as never);
  await tidyStore(init, NOW_MS);
  const peers = await keys('reputation');
  expect([peers.length, peers[0]]).toEqual([MAX_REPUTATIONS_KEPT, name(SURPLUS)]);
  const history = await keys('history');
  expect([history.length, history[0], history[1]]).toEqual([MAX_HISTORY_KEPT, name(0), name(SURPLUS + 1)]);
});
