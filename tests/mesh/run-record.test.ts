import { expect, test } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { chunkCid } from '../../src/base/cid.ts';
import { verifyRecord } from '../../src/kiln/record/verify-record.ts';
import type { Requestor } from '../../src/requestor/requestor.ts';
import { manifestBytes } from '../../src/job/manifest.ts';
import { standingOf } from '../../src/protocol/task-trace.ts';
import {
  makeDraft,
  QUORUM_2,
  MarketDay,
  MICRO_UNITS_PER_TASK,
  PRICE_PER_UNIT,
  TASK_PRICE,
  viewOf,
} from './market-day.ts';
import { Crash } from './crash.ts';
import { lieAbout, trueOutput } from './twins/fake-sandbox.ts';

test('the record of a day with a liar holds offline, and names the liar with what it signed', async () => {
  await using day = new MarketDay();
  const liar = await day.provider({ tamper: lieAbout(() => true) });
  await day.provider();
  await day.provider();
  const { requestor } = await day.requestor();
  const job = await day.submit(requestor, 12);
  const view = await day.untilEnded(requestor, job);
  expect(view.status).toBe('done');
  const file = await requestor.runRecord(job);
  const outputs = [];
  for (let task = 0; task < 12; task++)
    outputs.push({ task, path: 'stdout', bytes: await trueOutput(job, task) });
  const { findings, refuted, record, checked } = await verifyRecord(file, outputs);
  expect(findings).toEqual([]);
  expect(checked).toMatchObject({ agreements: 3, vouchers: 2, outputFiles: 12 });
  expect(record.receipts.length).toBeGreaterThanOrEqual(2);
  expect(record.traces.map(standingOf)).toEqual(Array(12).fill('verified'));
  expect(record.issued).toBe(24n * TASK_PRICE);
  const liarPeer = liar.peer.identity.peer;
  expect(refuted.length).toBeGreaterThan(0);
  for (const lie of refuted) {
    expect(lie).toMatchObject({ peer: liarPeer, isProven: true });
    expect(lie.claimed).not.toBe(lie.accepted);
  }
  expect(record.caught).toMatchObject([{ peer: liarPeer, task: refuted[0]!.task }]);
});

test('after a reload in the middle and another one at the end, the record still holds', async () => {
  await using day = new MarketDay();
  await day.provider({ msPerTask: 200, tamper: lieAbout((task) => task === 3) });
  await day.provider({ msPerTask: 200 });
  await day.provider({ msPerTask: 200 });
  const before = await day.requestor();
  const job = await day.submit(before.requestor, 30);
  await day.clock.runUntil(() => (viewOf(before.requestor, job)?.verified ?? 0) >= 10, 120_000);
  await before.requestor[Symbol.asyncDispose]();
  day.network.vanish(before.peer.identity.peer);

  const after = await day.requestor();
  expect((await day.untilEnded(after.requestor, job)).status).toBe('done');
  const trace = await after.requestor.trace(job, 0);
  const accepted = trace?.runs.filter(({ verdicts }) => verdicts.at(-1)?.outcome === 'accepted');
  expect(accepted?.length).toBeGreaterThanOrEqual(2);
  await after.requestor[Symbol.asyncDispose]();

  const last = await day.requestor();
  const { findings, record, refuted } = await verifyRecord(await last.requestor.runRecord(job));
  expect(findings).toEqual([]);
  expect(record.traces).toHaveLength(30);
  expect(refuted.map(({ task }) => task)).toEqual([3]);
});

test.each(Array.from({ length: 14 }, (_, i) => 10 + 2 * i))(
  'a requestor that is killed before its step %i and comes back still has a record that holds',
  async (killAt) => {
    await using day = new MarketDay();
    await day.provider({ msPerTask: 100 });
    await day.provider({ msPerTask: 100 });
    const crash = new Crash(killAt);
    const { requestor } = await day.requestor({ crash });
    const draft = await makeDraft(6, QUORUM_2);
    void day.submit(requestor, 6).catch(() => {});
    const hasEnded = (one: Requestor) => one.view.value.some(({ status }) => status === 'done');
    await day.clock.runUntil(() => crash.isDead || hasEnded(requestor), 120_000);
    await day.clock.advance(3_000);
    expect(crash.isDead).toBe(true);
    const again = await day.requestor();
    for (const blob of [...draft.blobs, manifestBytes(draft.manifest)]) await again.peer.blobs.put(blob);
    const job = again.requestor.view.value[0]!.job;
    await day.clock.runUntil(() => hasEnded(again.requestor), 600_000);
    await day.clock.advance(10_000);
    const { findings } = await verifyRecord(await again.requestor.runRecord(job));
    expect(findings).toEqual([]);
  },
);

test('a sleeper under adaptive checks: what it did alone runs again, and the record says so', async () => {
  await using day = new MarketDay();
  const sleeper = await day.provider({ tamper: lieAbout((task) => task > 30) });
  await day.provider();
  await day.provider();
  const { requestor } = await day.requestor();
  const job = await day.submit(requestor, 80, { kind: 'adaptive', auditRate: 0.05 });
  const view = await day.untilEnded(requestor, job);
  expect(view.status).toBe('done');
  const outputs = [];
  for (let task = 0; task < 80; task++)
    outputs.push({ task, path: 'stdout', bytes: await trueOutput(job, task) });
  const { findings, refuted, record } = await verifyRecord(await requestor.runRecord(job), outputs);
  expect(findings).toEqual([]);
  expect(new Set(refuted.map(({ peer }) => peer))).toEqual(new Set([sleeper.peer.identity.peer]));
  expect(record.caught.map(({ peer }) => peer)).toEqual([sleeper.peer.identity.peer]);
});

test('ringers stand in the record as what they are, paid as work', async () => {
  await using day = new MarketDay();
  for (let i = 0; i < 3; i++) await day.provider({ msPerTask: 50 });
  const { requestor } = await day.requestor();
  const job = await day.submit(requestor, 60, { kind: 'adaptive', auditRate: 0, ringerRate: 0.3 });
  expect((await day.untilEnded(requestor, job)).status).toBe('done');
  const { findings, refuted, record } = await verifyRecord(await requestor.runRecord(job));
  expect([findings, refuted]).toEqual([[], []]);
  const runs = record.traces.flatMap((trace) => trace.runs);
  const ringers = runs.filter(({ cause }) => cause === 'ringer');
  expect(ringers.length).toBeGreaterThan(2);
  expect(ringers.some(({ verdicts }) => verdicts.at(-1)?.outcome === 'accepted')).toBe(true);
});

test('a job whose verifier judges leaves what it said in the record', async () => {
  await using day = new MarketDay();
  const liar = await day.provider({ msPerTask: 500, tamper: lieAbout(() => true) });
  await day.provider({ msPerTask: 500 });
  const { requestor } = await day.requestor();
  const { manifest, blobs } = await makeDraft(12, { kind: 'adaptive', auditRate: 0 });
  const verifier = utf8('not a real verifier');
  const module = { cid: await chunkCid(verifier), bytes: verifier.byteLength };
  const draft = {
    manifest: { ...manifest, comparator: { class: 'verifier' as const, module } },
    blobs: [...blobs, verifier],
  };
  const session = day.session(10n ** 9n);
  const terms = {
    budget: session.cap,
    priceCeiling: PRICE_PER_UNIT,
    microUnitsPerTask: MICRO_UNITS_PER_TASK,
    seats: 8,
  };
  const job = await requestor.submit(draft, terms, async () => session);
  expect((await day.untilEnded(requestor, job)).status).toBe('done');
  const { findings, refuted, record } = await verifyRecord(await requestor.runRecord(job));
  expect(findings).toEqual([]);
  expect(new Set(refuted.map(({ peer }) => peer))).toEqual(new Set([liar.peer.identity.peer]));
  const judged = record.traces.flatMap(({ checks }) => checks).filter(({ kind }) => kind === 'judged');
  expect(judged.length).toBeGreaterThanOrEqual(12);
});

test('a job that is cancelled leaves a record too, and a job that is removed leaves no trace', async () => {
  await using day = new MarketDay();
  await day.provider({ msPerTask: 500 });
  await day.provider({ msPerTask: 500 });
  const { requestor } = await day.requestor();
  const job = await day.submit(requestor, 40);
  await day.clock.runUntil(() => (viewOf(requestor, job)?.verified ?? 0) >= 5, 120_000);
  const running = await verifyRecord(await requestor.runRecord(job));
  expect(running.findings).toEqual([]);
  expect(running.record.status).toBe('running');
  await requestor.cancel(job);
  await day.clock.advance(2_000);
  const { findings, record } = await verifyRecord(await requestor.runRecord(job));
  expect(findings).toEqual([]);
  expect(record.status).toBe('cancelled');
  await requestor.remove(job);
  expect(await day.requestorStore.collection('traces').entries()).toEqual([]);
});
