import { describe, expect, test } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { chunkCid } from '../../src/base/cid.ts';
import type { Policy } from '../../src/protocol/policy.ts';
import type { JobDraft } from '../../src/requestor/view.ts';
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

test('a draft without the bytes of its verifier is not taken on', async () => {
  await using day = new MarketDay();
  const who = await day.requestor();
  const draft = await verifiedDraft(QUORUM_2);
  await expect(submit(day, who, { ...draft, blobs: draft.blobs.slice(0, 1) })).rejects.toMatchObject({
    code: 'requestor/input-missing',
  });
});
