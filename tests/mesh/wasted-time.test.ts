import { expect, test } from 'vitest';
import { openRunRecord } from '../../src/protocol/run-record.ts';
import { type DayProvider, MarketDay, QUORUM_2, TASK_PRICE, viewOf } from './market-day.ts';
import { trueOutput } from './twins/fake-sandbox.ts';

/*
 * Who wastes a job's time again and again loses its seat in it, by name; who is slow, or alone, or came to a bad moment
 * does not.
 */

const TRUST = { kind: 'trust', auditRate: 0 } as const;
const NEVER_MS = 1e9;

/** A pace: so many tasks at 100 ms, then none ever. */
function stallsAfter(tasks: number): () => number {
  let begun = 0;
  return () => (++begun > tasks ? NEVER_MS : 100);
}

function lineOf(day: { requestor: Parameters<typeof viewOf>[0]; job: string }, { peer }: DayProvider) {
  return viewOf(day.requestor, day.job)?.providers.find((one) => one.peer === peer.identity.peer);
}

test('a staller loses its only seat to whoever waits for it, and is paid for what it did', async () => {
  await using day = new MarketDay();
  const staller = await day.provider({ msPerTask: stallsAfter(3) });
  const { requestor } = await day.requestor();
  const job = await day.submit(requestor, 10, TRUST, undefined, { seats: 1 });
  const line = (one: DayProvider) => lineOf({ requestor, job }, one);
  await day.clock.runUntil(() => line(staller)?.state === 'working', 60_000);
  const next = await day.provider({ msPerTask: 100 });
  const view = await day.untilEnded(requestor, job);
  expect(view).toMatchObject({ status: 'done', verified: 10, rejected: [] });
  expect(line(staller)).toMatchObject({
    state: 'set-aside',
    paid: 3n * TASK_PRICE,
    endReason: expect.stringMatching(
      /^Wasted this job's time: it let the time of \d+ tasks run out\.$/,
    ) as string,
  });
  expect(await day.redeem(staller)).toBe(3n * TASK_PRICE);
  expect(line(next)?.tasksPaid).toBe(7);
  const { message: record } = await openRunRecord(await requestor.runRecord(job));
  expect(record.caught).toEqual([]);
  expect(record.setAside).toMatchObject([
    { peer: staller.peer.identity.peer, reason: line(staller)!.endReason },
  ]);
  // In its reputation it was late, and told no lie.
  const stored = await day.requestorStore.collection('reputation').get(`wasi/${staller.peer.identity.peer}`);
  expect(stored).toMatchObject({ wrong: 0 });
  expect((stored as { late: number }).late).toBeGreaterThan(1);
});

test('a slow but honest provider keeps its seat, also when it becomes slower in the middle of the job', async () => {
  await using day = new MarketDay();
  let begun = 0;
  const slow = await day.provider({ msPerTask: () => (++begun > 3 ? 20_000 : 4_000) });
  await day.provider({ msPerTask: 100 });
  const { requestor } = await day.requestor();
  const job = await day.submit(requestor, 12, QUORUM_2);
  const view = await day.untilEnded(requestor, job, 1_800_000);
  expect(view).toMatchObject({ status: 'done', verified: 12, rejected: [] });
  const line = lineOf({ requestor, job }, slow);
  expect(line?.state).toBe('ended');
  expect(line?.tasksPaid).toBe(12);
});

test('a job whose tasks become much longer than the first ones, within their limit, puts nobody aside for it', async () => {
  await using day = new MarketDay();
  const longLater = () => {
    let begun = 0;
    return () => (++begun > 2 ? 50_000 : 100);
  };
  const providers = [];
  for (let i = 0; i < 2; i++) providers.push(await day.provider({ msPerTask: longLater() }));
  const { requestor } = await day.requestor();
  const job = await day.submit(requestor, 8, TRUST);
  const view = await day.untilEnded(requestor, job, 1_800_000);
  expect(view).toMatchObject({ status: 'done', verified: 8 });
  expect(providers.map((one) => lineOf({ requestor, job }, one)?.state)).toEqual(['ended', 'ended']);
});

test('the last provider stays while a seat is free for others, and goes when somebody comes, not to be taken again', async () => {
  await using day = new MarketDay();
  const staller = await day.provider({ msPerTask: stallsAfter(3) });
  const { requestor } = await day.requestor();
  const job = await day.submit(requestor, 10, TRUST);
  const line = () => lineOf({ requestor, job }, staller);
  await day.clock.advance(300_000);
  expect(line()?.state).toBe('working');
  expect(viewOf(requestor, job)?.notes?.join()).toMatch(/stays only until somebody else comes/);
  await day.provider({ msPerTask: 20_000 });
  const view = await day.untilEnded(requestor, job);
  expect(view).toMatchObject({ status: 'done', verified: 10 });
  expect(line()?.state).toBe('set-aside');
  // It asked again, and heard why not.
  const refused = view.refused.find(({ peer }) => peer === staller.peer.identity.peer);
  expect(refused?.detail).toMatch(/let the time of/);
});

test('who was put aside stays so after a reload of the requestor’s tab, and is paid what it has earned', async () => {
  await using day = new MarketDay();
  const staller = await day.provider({ msPerTask: stallsAfter(3) });
  const honest = await day.provider({ msPerTask: 8_000 });
  const first = await day.requestor();
  const job = await day.submit(first.requestor, 40, TRUST);
  await day.clock.runUntil(
    () => lineOf({ requestor: first.requestor, job }, staller)?.state === 'set-aside',
    300_000,
  );
  await day.clock.advance(2_000);
  const { requestor } = await day.requestor();
  await day.clock.runUntil(() => viewOf(requestor, job) !== undefined, 10_000);
  expect(lineOf({ requestor, job }, staller)).toMatchObject({
    state: 'set-aside',
    endReason: expect.stringMatching(/let the time of/) as string,
  });
  const view = await day.untilEnded(requestor, job, 1_800_000);
  expect(view).toMatchObject({ status: 'done', verified: 40 });
  for (let task = 0; task < 40; task++)
    expect((await requestor.outputs(job, task))?.[0]?.bytes).toEqual(await trueOutput(job, task));
  expect(await day.redeem(staller)).toBe(3n * TASK_PRICE);
  expect(await day.redeem(honest)).toBe(37n * TASK_PRICE);
});
