import { expect, test } from 'vitest';
import { manifestBytes } from '../../src/job/manifest.ts';
import { heldBackTasks } from '../../src/payment/costs/held-back.ts';
import { seal } from '../../src/protocol/envelope.ts';
import type { Agreement } from '../../src/protocol/negotiate.ts';
import type { Policy } from '../../src/protocol/policy.ts';
import type { WorkDown } from '../../src/protocol/work.ts';
import { newRecord, note, type ReputationRecord } from '../../src/reputation/record.ts';
import type { FraudRecord } from '../../src/requestor/evidence/fraud-record.ts';
import type { RequestorAgreementRecord, ResultRecord } from '../../src/requestor/records.ts';
import { ProviderLink } from '../../src/requestor/seats/provider-link.ts';
import { Crash } from './crash.ts';
import { type DayProvider, makeDraft, MarketDay, TASK_PRICE, viewOf } from './market-day.ts';
import { lieAbout, trueOutput } from './twins/fake-sandbox.ts';

const ADAPTIVE: Policy = { kind: 'adaptive', auditRate: 0 };
/** Whoever has proven itself in earlier jobs is trusted from the start. */
const TRUSTING: Policy = { ...ADAPTIVE, threshold: 0.99 };

/** A provider that has delivered many good results to this requestor before. */
async function trust(day: MarketDay, { peer }: DayProvider): Promise<void> {
  const record = note(newRecord(day.clock.now()), 'valid', day.clock.now(), 50);
  await day.requestorStore
    .collection<ReputationRecord>('reputation')
    .put(`wasi/${peer.identity.peer}`, record);
}

/** As if a proof against this provider had just been found sound. */
function convictionOf({ peer, payee }: DayProvider): FraudRecord {
  const provider = peer.identity.peer;
  return {
    digest: '00'.repeat(32),
    provider,
    payee,
    accuser: provider,
    job: 'another job',
    task: 3,
    kind: 'refuted',
    jobKind: 'wasi',
    state: 'proven',
    envelope: seal(peer.identity, 'kiln/fraud/1', {}),
    receivedAtMs: 0,
    isOwn: false,
  };
}

async function agreementsOf({ requestorStore }: MarketDay): Promise<Agreement[]> {
  const records = await requestorStore.collection<RequestorAgreementRecord>('agreements').entries();
  return records.map(([, { agreement }]) => agreement);
}

async function expectTrue(
  { requestor }: Awaited<ReturnType<MarketDay['requestor']>>,
  job: string,
  tasks: number,
) {
  for (let task = 0; task < tasks; task++)
    expect((await requestor.outputs(job, task))?.[0]?.bytes, `task ${task}`).toEqual(
      await trueOutput(job, task),
    );
}

/** The requestor's line about a provider. */
function lineOf(day: { view: ReturnType<typeof viewOf> }, { peer }: DayProvider) {
  return day.view!.providers.find((one) => one.peer === peer.identity.peer);
}

/** Lies from the n-th task that it runs on. */
function lateLie(from: number) {
  let runs = 0;
  return lieAbout(() => ++runs > from);
}

test('trusted providers work alone: results stand for now, pay is held back, and is due when the job closes', async () => {
  await using day = new MarketDay();
  const providers = [await day.provider({ msPerTask: 100 }), await day.provider({ msPerTask: 100 })];
  const home = await day.requestor();
  const { requestor } = home;
  const job = await day.submit(requestor, 80, ADAPTIVE);
  await day.clock.runUntil(() => (viewOf(requestor, job)?.provisional ?? 0) >= 5, 120_000);
  const view = await day.untilEnded(requestor, job);
  expect(view).toMatchObject({ status: 'done', verified: 80, provisional: 0, rejected: [] });
  expect(view.executions).toBeLessThan(150);
  expect(view.spent).toBe(BigInt(view.executions) * TASK_PRICE);
  let redeemed = 0n;
  for (const one of providers) redeemed += await day.redeem(one);
  expect(redeemed).toBe(view.spent);
  await expectTrue(home, job, 80);
});

test('a sleeper at the very end is caught by the closing checks, and all that it did alone is done again', async () => {
  await using day = new MarketDay();
  const sleeper = await day.provider({ msPerTask: 100, tamper: lateLie(36) });
  await day.provider({ msPerTask: 100 });
  await day.provider({ msPerTask: 100 });
  const home = await day.requestor();
  const job = await day.submit(home.requestor, 90, ADAPTIVE);
  const view = await day.untilEnded(home.requestor, job);
  expect(view).toMatchObject({ status: 'done', verified: 90, provisional: 0 });
  await expectTrue(home, job, 90);
  expect(lineOf({ view }, sleeper)).toMatchObject({ state: 'banned' });
});

test('ringers catch a cheat where every result counts alone, and are paid like work', async () => {
  await using day = new MarketDay();
  const cheat = await day.provider({ msPerTask: 100, tamper: lateLie(20) });
  const honest = await day.provider({ msPerTask: 100 });
  const home = await day.requestor();
  const job = await day.submit(home.requestor, 120, { kind: 'trust', auditRate: 0.05, ringerRate: 0.2 });
  const view = await day.untilEnded(home.requestor, job);
  expect(view.status).toBe('done');
  expect(lineOf({ view }, cheat)).toMatchObject({ state: 'banned' });
  expect(lineOf({ view }, honest)).toMatchObject({ state: 'ended' });
  const ringers = view.executions - 120;
  expect(ringers).toBeGreaterThan(0);
  expect(await day.redeem(honest)).toBe(lineOf({ view }, honest)!.paid);
  await expectTrue(home, job, 120);
});

test('numbers of tasks do not tell fresh work from ringers, so that lies about fresh work alone stay few', async () => {
  await using day = new MarketDay();
  const had: number[] = [];
  let lies = 0;
  const isFresh = (task: number) => had.push(task) > 100 && had.every((other) => other <= task);
  await day.provider({ msPerTask: 100, tamper: lieAbout((task) => isFresh(task) && ++lies > 0) });
  await day.provider({ msPerTask: 100 });
  const home = await day.requestor();
  const job = await day.submit(home.requestor, 400, { kind: 'trust', auditRate: 0, ringerRate: 0.05 });
  expect(await day.untilEnded(home.requestor, job)).toMatchObject({ status: 'done' });
  expect(had.length).toBeGreaterThan(150);
  expect(lies).toBeLessThan(10); // handed out in order: nearly a hundred, and no ringer among them
});

/** All that the requestor says of results to its providers, in order. */
function listen(): { readonly said: { lease: string; task: number; outcome: string }[]; stop(): void } {
  const said: { lease: string; task: number; outcome: string }[] = [];
  const send = ProviderLink.prototype.send;
  ProviderLink.prototype.send = function (this: ProviderLink, message: WorkDown) {
    if (message.type === 'verdict') said.push(...message.entries);
    send.call(this, message);
  };
  return { said, stop: () => void (ProviderLink.prototype.send = send) };
}

test('what is held back is told so, stays within the limit, and is accepted once; nobody is paid before', async () => {
  await using day = new MarketDay();
  const one = await day.provider({ msPerTask: 100 });
  const two = await day.provider({ msPerTask: 100 });
  for (const provider of [one, two]) await trust(day, provider);
  const { requestor } = await day.requestor();
  const heard = listen();
  const job = await day.submit(requestor, 60, TRUSTING);
  let most = 0;
  await day.clock.runUntil(() => {
    const view = viewOf(requestor, job)!;
    for (const { provider } of [one, two])
      most = Math.max(most, provider.view.value.agreements[0]?.tasksHeld ?? 0);
    return view.status === 'done';
  }, 600_000);
  heard.stop();
  await day.clock.advance(1_000);
  const [agreement] = await agreementsOf(day);
  const limit = heldBackTasks(agreement!, 60);
  // What was paid lets more be held back than half of the credit.
  expect(most).toBeGreaterThan(heldBackTasks(agreement!, 0));
  expect(most).toBeLessThanOrEqual(limit);
  const outcomes = Map.groupBy(heard.said, ({ lease, task }) => `${lease}/${task}`);
  const stories = [...outcomes.values()].map((entries) => entries.map(({ outcome }) => outcome).join(' '));
  expect(new Set(stories)).toEqual(new Set(['provisional accepted', 'accepted']));
  expect(viewOf(requestor, job)!.spent).toBe(BigInt(stories.length) * TASK_PRICE);
});

test('a provider convicted elsewhere loses what it did alone, unpaid, and its seat, with the reason shown', async () => {
  await using day = new MarketDay();
  const convict = await day.provider({ msPerTask: 100 });
  const honest = await day.provider({ msPerTask: 100 });
  for (const provider of [convict, honest]) await trust(day, provider);
  const home = await day.requestor();
  const job = await day.submit(home.requestor, 60, TRUSTING);
  await day.clock.runUntil(() => (viewOf(home.requestor, job)?.provisional ?? 0) >= 12, 120_000);
  const paid = lineOf({ view: viewOf(home.requestor, job) }, convict)!.paid;
  const proof = convictionOf(convict);
  for (const again of [proof, proof]) home.fraud.events.emit('convicted', again);
  const view = await day.untilEnded(home.requestor, job);
  expect(view).toMatchObject({ status: 'done', verified: 60 });
  expect(lineOf({ view }, convict)).toMatchObject({
    state: 'banned',
    endReason: expect.stringContaining('A fraud proof convicts it') as string,
    paid,
  });
  expect(await day.redeem(honest)).toBe(lineOf({ view }, honest)!.paid);
  await expectTrue(home, job, 60);
});

test('a reload in the middle of closing goes on with it: votes, held pay, trust and bans are remembered', async () => {
  await using day = new MarketDay();
  const convict = await day.provider({ msPerTask: 1_000 });
  const honest = [await day.provider({ msPerTask: 1_000 }), await day.provider({ msPerTask: 1_000 })];
  for (const provider of [convict, ...honest]) await trust(day, provider);
  const crash = new Crash();
  const first = await day.requestor({ crash });
  const job = await day.submit(first.requestor, 60, TRUSTING);
  await day.clock.runUntil(
    () => viewOf(first.requestor, job)!.waitingFor?.startsWith('closing checks') === true,
    120_000,
  );
  const before = viewOf(first.requestor, job)!;
  crash.isDead = true;
  const second = await reload(day, job);
  const after = viewOf(second.requestor, job)!;
  expect([after.provisional, after.verified]).toEqual([before.provisional, before.verified]);
  expect(after.waitingFor).toMatch(/^(closing checks|providers)/);
  second.fraud.events.emit('convicted', convictionOf(convict));
  const view = await day.untilEnded(second.requestor, job);
  expect(view).toMatchObject({ status: 'done', verified: 60, provisional: 0 });
  await expectTrue(second, job, 60);
  for (const one of honest) expect(await day.redeem(one)).toBe(lineOf({ view }, one)!.paid);
  // A third look at the ended job: who was excluded and why is remembered.
  const third = await day.requestor();
  expect(lineOf({ view: viewOf(third.requestor, job) }, convict)).toMatchObject({
    state: 'banned',
    endReason: expect.stringContaining('A fraud proof convicts it') as string,
  });
});

/** The requestor after a reload of its tab. */
async function reload(day: MarketDay, job: string) {
  const again = await day.requestor();
  // A real browser keeps blobs on disk.
  const { manifest, blobs } = await makeDraft(60, TRUSTING);
  for (const blob of [...blobs, manifestBytes(manifest)]) await again.peer.blobs.put(blob);
  await day.clock.runUntil(() => viewOf(again.requestor, job) !== undefined, 10_000);
  return again;
}

test('a job that is cancelled keeps what stands, says so, and pays those who delivered it', async () => {
  await using day = new MarketDay();
  const providers = [await day.provider({ msPerTask: 100 }), await day.provider({ msPerTask: 100 })];
  for (const provider of providers) await trust(day, provider);
  const { requestor } = await day.requestor();
  const job = await day.submit(requestor, 200, TRUSTING);
  await day.clock.runUntil(() => (viewOf(requestor, job)?.provisional ?? 0) >= 12, 120_000);
  await requestor.cancel(job);
  await day.clock.advance(2_000);
  const view = viewOf(requestor, job)!;
  expect(view.status).toBe('cancelled');
  expect(view.provisional).toBeGreaterThanOrEqual(12);
  const records = await day.requestorStore.collection<ResultRecord>('results').entries();
  const delivered = records.flatMap(([, { supporters }]) => supporters);
  expect(delivered.some(({ isHeld }) => isHeld)).toBe(false);
  expect(view.spent).toBe(BigInt(delivered.length) * TASK_PRICE);
  for (const one of providers) expect(await day.redeem(one)).toBe(lineOf({ view }, one)!.paid);
});

test('what this device cannot check is left to the votes, and said', async () => {
  await using day = new MarketDay();
  await day.provider({ msPerTask: 100 });
  await day.provider({ msPerTask: 100 });
  const { requestor } = await day.requestor({
    exit: () => ({ kind: 'out-of-memory', message: 'too large' }),
  });
  const policy: Policy = { kind: 'quorum', need: 2, limit: 4, auditRate: 0.2 };
  const job = await day.submit(requestor, 20, policy);
  const view = await day.untilEnded(requestor, job);
  expect(view).toMatchObject({ status: 'done', verified: 20 });
  expect(view.notes?.[0]).toMatch(/could not be checked on this device: .*out-of-memory/);
});

test('with every other task a ringer and a liar caught in the middle, no check waits for a ringer that is over', async () => {
  await using day = new MarketDay();
  const liar = await day.provider({ msPerTask: 200, tamper: lieAbout((task) => task % 2 === 1) });
  await day.provider({ msPerTask: 200 });
  await day.provider({ msPerTask: 200 });
  const home = await day.requestor();
  const job = await day.submit(home.requestor, 60, { ...ADAPTIVE, ringerRate: 0.5 });
  const view = await day.untilEnded(home.requestor, job, 60_000);
  expect(view).toMatchObject({ status: 'done', verified: 60, provisional: 0 });
  expect(lineOf({ view }, liar)).toMatchObject({ state: 'banned' });
  await expectTrue(home, job, 60);
});
