import { describe, expect, test } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { chunkCid } from '../../src/base/cid.ts';
import type { Policy } from '../../src/protocol/policy.ts';
import type { Exit } from '../../src/protocol/task.ts';
import type { ReputationRecord } from '../../src/reputation/record.ts';
import type { JobDraft } from '../../src/requestor/view.ts';
import { FAILED_RUN_LIMIT } from '../../src/verification/policy/vote.ts';
import {
  type DayRequestor,
  makeDraft,
  MarketDay,
  MICRO_UNITS_PER_TASK,
  PRICE_PER_UNIT,
  QUORUM_2,
  TASK_PRICE,
  viewOf,
} from './market-day.ts';
import { lieAbout, trueOutput } from './twins/fake-sandbox.ts';

/*
 * Jobs whose results a verifier judges. The twin of the sandbox knows the truth, as a verifier that computes it would.
 */

const TASKS = 12;

async function verifiedDraft(policy: Policy): Promise<JobDraft> {
  const { manifest, blobs } = await makeDraft(TASKS, policy);
  const program = utf8('not a real verifier');
  const module = { cid: await chunkCid(program), bytes: program.byteLength };
  return { manifest: { ...manifest, comparator: { class: 'verifier', module } }, blobs: [...blobs, program] };
}

async function submit(day: MarketDay, { requestor }: DayRequestor, draft: JobDraft): Promise<string> {
  const session = day.session(10n ** 9n);
  const terms = {
    budget: session.cap,
    priceCeiling: PRICE_PER_UNIT,
    microUnitsPerTask: MICRO_UNITS_PER_TASK,
    seats: 8,
  };
  const job = await requestor.submit(draft, terms, async () => session);
  await day.clock.settle();
  return job;
}

describe('one right result settles a task', () => {
  test.each<[string, Policy]>([
    ['quorum', QUORUM_2],
    ['adaptive', { kind: 'adaptive', auditRate: 0 }],
    ['trust', { kind: 'trust', auditRate: 0 }],
  ])('under %s', async (_, policy) => {
    await using day = new MarketDay();
    const providers = [await day.provider({ msPerTask: 50 }), await day.provider({ msPerTask: 50 })];
    const who = await day.requestor();
    const job = await submit(day, who, await verifiedDraft(policy));
    const view = await day.untilEnded(who.requestor, job);
    expect(view).toMatchObject({ status: 'done', verified: TASKS, executions: TASKS, rejected: [] });
    expect(view.spent).toBe(BigInt(TASKS) * TASK_PRICE);
    // Nobody began a second replica, but for the last tasks, which are given to whoever has nothing else to do.
    expect(providers.reduce((sum, { sandbox }) => sum + sandbox.started, 0)).toBeLessThanOrEqual(TASKS + 2);
  });
});

test('a liar is found by itself, without anybody to compare it with, and the job ends right', async () => {
  await using day = new MarketDay();
  const liar = await day.provider({ tamper: lieAbout(() => true), msPerTask: 500 });
  await day.provider({ msPerTask: 500 });
  const who = await day.requestor();
  const job = await submit(day, who, await verifiedDraft(QUORUM_2));
  const view = await day.untilEnded(who.requestor, job);
  expect(view).toMatchObject({ status: 'done', verified: TASKS });
  const liarView = view.providers.find(({ peer }) => peer === liar.peer.identity.peer);
  expect(liarView).toMatchObject({ state: 'banned', paid: 0n });
  expect(new Set(view.rejected.map(({ peer }) => peer))).toEqual(new Set([liar.peer.identity.peer]));
  for (let task = 0; task < TASKS; task++)
    expect((await who.requestor.outputs(job, task))?.[0]?.bytes).toEqual(await trueOutput(job, task));
  expect(await day.redeem(liar)).toBe(0n);
});

test('a liar that is alone is caught before anybody else comes', async () => {
  await using day = new MarketDay();
  const liar = await day.provider({ tamper: lieAbout((task) => task === 3) });
  const who = await day.requestor();
  const job = await submit(day, who, await verifiedDraft({ kind: 'adaptive', auditRate: 0 }));
  await day.clock.runUntil(() => (viewOf(who.requestor, job)?.rejected.length ?? 0) > 0, 60_000);
  await day.clock.advance(10_000);
  const before = viewOf(who.requestor, job)!;
  expect(before.status).toBe('running');
  expect(before.rejected).toEqual([
    { task: 3, peer: liar.peer.identity.peer, reason: expect.any(String) as string },
  ]);
  expect(before.providers).toMatchObject([{ peer: liar.peer.identity.peer, state: 'banned' }]);
  await day.provider();
  const view = await day.untilEnded(who.requestor, job);
  expect(view).toMatchObject({ status: 'done', verified: TASKS });
  expect((await who.requestor.outputs(job, 3))?.[0]?.bytes).toEqual(await trueOutput(job, 3));
});

test('two liars that agree convince nobody', async () => {
  await using day = new MarketDay();
  await day.provider({ tamper: lieAbout(() => true), msPerTask: 500 });
  await day.provider({ tamper: lieAbout(() => true), msPerTask: 500 });
  await day.provider({ msPerTask: 500 });
  const who = await day.requestor();
  const job = await submit(day, who, await verifiedDraft(QUORUM_2));
  const view = await day.untilEnded(who.requestor, job);
  expect(view).toMatchObject({ status: 'done', verified: TASKS });
  expect(view.providers.filter(({ state }) => state === 'banned')).toHaveLength(2);
  for (let task = 0; task < TASKS; task++)
    expect((await who.requestor.outputs(job, task))?.[0]?.bytes).toEqual(await trueOutput(job, task));
});

/** A verifier that runs to its limit on bytes that are all this one, and knows the truth of others. */
const HEAVY = 0xbb;
const TIMEOUT = { kind: 'timeout', message: 'The task took longer than 20000 ms.' } as const;
const runsIntoLimit = (bytes: Uint8Array, isTrue: boolean): Exit =>
  bytes.every((byte) => byte === HEAVY) ? TIMEOUT : isTrue ? { kind: 'ok' } : { kind: 'exit-code', code: 1 };

test('who hands in what keeps the verifier busy to its limit, and nothing else, is put aside unpaid, and no liar', async () => {
  await using day = new MarketDay();
  const hostile = await day.provider({ msPerTask: 200, tamper: (_, bytes) => bytes.fill(HEAVY) });
  const honest = await day.provider({ msPerTask: 2_000 });
  const who = await day.requestor({ verifierExit: runsIntoLimit });
  const job = await submit(day, who, await verifiedDraft(QUORUM_2));
  const view = await day.untilEnded(who.requestor, job);
  expect(view).toMatchObject({ status: 'done', verified: TASKS, rejected: [] });
  const line = view.providers.find(({ peer }) => peer === hostile.peer.identity.peer)!;
  expect(line).toMatchObject({ state: 'set-aside', paid: 0n });
  expect(line.endReason).toMatch(/handed in \d results that the verifier could make nothing of/);
  expect(await day.redeem(honest)).toBe(BigInt(TASKS) * TASK_PRICE);
  // Nobody had been found right before: this device tried the verifier on a result of its own, once.
  expect(who.sandbox.started).toBeLessThanOrEqual(1);
  const stored = await day.requestorStore
    .collection<ReputationRecord>('reputation')
    .get(`wasi/${hostile.peer.identity.peer}`);
  expect(stored).toMatchObject({ wrong: 0, valid: 0 });
  expect(stored!.late).toBeGreaterThan(1);
});

test.each<[string, Exit]>([
  ['can judge nothing', TIMEOUT],
  ['calls everything wrong', { kind: 'exit-code', code: 1 }],
])('a verifier that %s ends its job and says so; nobody is excluded for it', async (_, exit) => {
  await using day = new MarketDay();
  for (let i = 0; i < 3; i++) await day.provider({ msPerTask: 50 });
  const who = await day.requestor({ verifierExit: () => exit });
  const job = await submit(day, who, await verifiedDraft(QUORUM_2));
  const view = await day.untilEnded(who.requestor, job);
  expect(view).toMatchObject({ status: 'failed', verified: 0, rejected: [] });
  expect(view.error).toMatch(
    /^The verifier of this job does not accept what this device computed for task \d+/,
  );
  expect(new Set(view.providers.map(({ state }) => state))).toEqual(new Set(['ended']));
  expect(who.sandbox.started).toBe(1);
});

test('a device that cannot compute the job’s tasks blames nobody for what the verifier could not judge', async () => {
  await using day = new MarketDay();
  for (let i = 0; i < FAILED_RUN_LIMIT; i++) await day.provider({ msPerTask: 50 });
  const who = await day.requestor({
    verifierExit: () => TIMEOUT,
    exit: () => ({ kind: 'out-of-memory', message: 'no memory' }),
  });
  const job = await submit(day, who, await verifiedDraft(QUORUM_2));
  const view = await day.untilEnded(who.requestor, job);
  expect(view).toMatchObject({ status: 'failed', rejected: [] });
  expect(view.error).toMatch(/the verifier ended with timeout/);
  expect(new Set(view.providers.map(({ state }) => state))).toEqual(new Set(['ended']));
});

test('a draft without the bytes of its verifier is not taken on', async () => {
  await using day = new MarketDay();
  const who = await day.requestor();
  const draft = await verifiedDraft(QUORUM_2);
  await expect(submit(day, who, { ...draft, blobs: draft.blobs.slice(0, 1) })).rejects.toMatchObject({
    code: 'requestor/input-missing',
  });
});
