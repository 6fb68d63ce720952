import { expect, test } from 'vitest';
import type { Collection } from '../../base/collection.ts';
import { WASI_JOB } from '../../job/manifest.fixture.ts';
import { SOME_CID } from '../../protocol/messages.fixture.ts';
import type { Policy } from '../../protocol/policy.ts';
import { memoryStore } from '../../storage/memory-store.ts';
import { JobTrust } from '../../verification/job/job-trust.ts';
import { recheckTask } from '../../verification/task/recheck-task.ts';
import { next } from '../../verification/task/task-check.ts';
import type { ResultRecord } from '../records.ts';
import { ResultKeeper } from '../results/result-keeper.ts';
import type { Settled } from '../results/task-steps.ts';
import type { ProviderLink } from '../seats/provider-link.ts';
import { ReleaseDesk, type ReleaseDeskInit } from './release-desk.ts';
import { SettleDesk, type SettleDeskInit } from './settle-desk.ts';

const POLICY: Policy = { kind: 'adaptive', auditRate: 0 };
const DIGEST = 'aa'.repeat(32);
const [PAYEE_A, PAYEE_B] = [`0x${'0a'.repeat(20)}`, `0x${'0b'.repeat(20)}`] as const;

const nothing = () => {};
const moments = async (count: number) => {
  for (let i = 0; i < count; i++) await Promise.resolve();
};

/** A store that takes a while, as a browser's does. */
function slow(inner: Collection<ResultRecord>): Collection<ResultRecord> {
  return {
    ...inner,
    get: async (key) => (await moments(3), await inner.get(key)),
    put: async (key, value) => (await moments(5), await inner.put(key, value)),
    delete: async (key) => (await moments(5), await inner.delete(key)),
    entries: (prefix) => inner.entries(prefix),
  };
}

/** A result that `a` alone said, its pay held back. */
const LONE: ResultRecord = {
  task: 0,
  exit: { kind: 'ok' },
  digest: DIGEST,
  outputs: [],
  order: 0,
  isProvisional: true,
  supporters: [{ peer: 'a', payee: PAYEE_A, lease: 'a', agreement: 'a', isHeld: true }],
};

/** The verdict of a second opinion: `b` said the same. */
function confirmed(): Settled {
  let check = recheckTask(POLICY, 'exact', [{ id: 'a', peer: 'a', payee: PAYEE_A, digest: DIGEST }]);
  check = next(check, { type: 'leased', id: 'b', holder: { peer: 'b', payee: PAYEE_B }, need: 1 });
  check = next(check, { type: 'committed', id: 'b' });
  check = next(check, { type: 'reveal-asked', ids: ['b'] });
  check = next(check, { type: 'revealed', id: 'b', digest: DIGEST });
  return {
    task: 0,
    digest: DIGEST,
    check,
    isCurrent: () => true,
    result: { exit: { kind: 'ok' }, outputs: [] },
    inline: {},
    verdict: {
      kind: 'verdict',
      canonical: 'a',
      accepted: ['a', 'b'],
      rejected: [],
      inconclusive: [],
      notNeeded: [],
    },
  };
}

function openDesks() {
  const results = slow(memoryStore().collection<ResultRecord>('results'));
  const keeper = new ResultKeeper(SOME_CID, results, {} as never, async () => {});
  const links = new Map(
    ['a', 'b'].map((name) => [name, { owedTasks: 0, digest: name, told: { of: nothing } }]),
  );
  const link = (name: string) => links.get(name) as unknown as ProviderLink;
  const init = {
    parts: {
      record: { manifest: { ...WASI_JOB, policy: POLICY } },
      keeper,
      clock: { now: () => 0 },
      reputation: { note: nothing },
    },
    trust: new JobTrust(POLICY),
    progress: {
      banned: new Set(),
      startedOver: new Map<string, number>(),
      verify: nothing,
      stand: nothing,
      note: nothing,
      isFault: () => false,
    },
    links: { get: link },
    leases: { owner: link, release: nothing, mayHold: () => true },
    teller: { tell: nothing, forgotten: nothing },
    statements: { forget: nothing },
    pay: nothing,
    onReleased: nothing,
    rechecks: { ended: nothing, check: nothing },
    bans: { caught: nothing },
    ringers: { learn: nothing },
  };
  const releases = new ReleaseDesk(init as unknown as ReleaseDeskInit);
  const settle = new SettleDesk({ ...init, releases } as unknown as SettleDeskInit);
  return {
    ...init,
    releases,
    settle,
    keeper,
    owed: () => [...links.values()].map(({ owedTasks }) => owedTasks),
  };
}

test('a result that is released while a second opinion confirms it is paid to each of them once', async () => {
  for (let offset = -30; offset <= 30; offset++) {
    const { releases, settle, keeper, owed } = openDesks();
    await keeper.put(LONE);
    releases.accept(LONE);
    const releasing = moments(Math.max(0, offset)).then(() => releases.close());
    const settling = moments(Math.max(0, -offset)).then(() => settle.settle(confirmed()));
    await Promise.all([releasing, settling]);
    await moments(100);
    await releases.flush();
    expect(owed(), `${offset}`).toEqual([1, 1]);
    const stored = await keeper.get(0);
    expect(stored?.supporters.map(({ peer, isHeld }) => [peer, isHeld])).toEqual([
      ['a', undefined],
      ['b', undefined],
    ]);
  }
});

test('after a reload, checks passed before a result was kept back count no more, and new verdicts come later', () => {
  const { releases, trust, progress } = openDesks();
  const both = LONE.supporters.concat({ peer: 'b', agreement: 'b' });
  const checked = (order: number) => ({
    ...LONE,
    task: order,
    order,
    isProvisional: false,
    supporters: both,
  });
  for (let order = 0; order < 5; order++) releases.accept(checked(order));
  releases.noteStartOver('a');
  trust.startOver('a');
  releases.accept(checked(releases.nextOrder()));
  expect([trust.passed('a'), trust.passed('b')]).toEqual([1, 6]);

  const later = openDesks();
  later.progress.startedOver.set('a', progress.startedOver.get('a')!);
  later.releases.restore([0, 1, 2, 3, 4, 5].map(checked), () => false);
  expect([later.trust.passed('a'), later.trust.passed('b')]).toEqual([1, 6]);

  const dropped = openDesks();
  dropped.progress.startedOver.set('c', 7);
  const again = new ReleaseDesk(dropped as unknown as ReleaseDeskInit);
  again.restore([checked(0)], () => false);
  expect(again.nextOrder()).toBe(7);
});
