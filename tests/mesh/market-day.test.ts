import { expect, test } from 'vitest';
import { MarketDay, QUORUM_2, TASK_PRICE, viewOf } from './market-day.ts';
import { lieAbout, trueOutput } from './twins/fake-sandbox.ts';

test('three honest providers finish a job; every result is true, paid, and redeemed to the last unit', async () => {
  await using day = new MarketDay();
  const providers = [await day.provider(), await day.provider(), await day.provider()];
  const { requestor } = await day.requestor();
  const job = await day.submit(requestor, 20);
  const view = await day.untilEnded(requestor, job);
  expect(view).toMatchObject({ status: 'done', verified: 20, executions: 40, rejected: [] });
  for (let task = 0; task < 20; task++) {
    const outputs = await requestor.outputs(job, task);
    expect(outputs).toEqual([{ path: 'stdout', bytes: await trueOutput(job, task) }]);
  }
  expect(view.spent).toBe(40n * TASK_PRICE);
  let redeemed = 0n;
  for (const one of providers) {
    const paid = await day.redeem(one);
    expect(paid).toBe(one.provider.view.value.earned);
    expect(await day.redeem(one)).toBe(0n);
    redeemed += paid;
  }
  expect(redeemed).toBe(view.spent);
});

test('a provider that always lies is caught by the referee, unpaid and banned; the job ends right', async () => {
  await using day = new MarketDay();
  const liar = await day.provider({ tamper: lieAbout(() => true) });
  await day.provider();
  await day.provider();
  const { requestor } = await day.requestor();
  const job = await day.submit(requestor, 12);
  const view = await day.untilEnded(requestor, job);
  expect(view).toMatchObject({ status: 'done', verified: 12 });
  expect(view.rejected.length).toBeGreaterThan(0);
  expect(new Set(view.rejected.map(({ peer }) => peer))).toEqual(new Set([liar.peer.identity.peer]));
  expect(view.providers.find(({ peer }) => peer === liar.peer.identity.peer)).toMatchObject({
    state: 'banned',
    paid: 0n,
  });
  expect(await day.redeem(liar)).toBe(0n);
  for (let task = 0; task < 12; task++) {
    expect((await requestor.outputs(job, task))?.[0]?.bytes).toEqual(await trueOutput(job, task));
  }
});

test('a provider that vanishes in the middle costs nothing but time', async () => {
  await using day = new MarketDay();
  const crashing = await day.provider({ msPerTask: 500 });
  await day.provider({ msPerTask: 500 });
  await day.provider({ msPerTask: 500 });
  const { requestor } = await day.requestor();
  const job = await day.submit(requestor, 30);
  await day.clock.runUntil(() => (viewOf(requestor, job)?.verified ?? 0) >= 5, 60_000);
  day.network.vanish(crashing.peer.identity.peer);
  const view = await day.untilEnded(requestor, job);
  expect(view).toMatchObject({ status: 'done', verified: 30, rejected: [] });
});

test('a stalled provider loses its leases to the others and keeps what it was paid', async () => {
  await using day = new MarketDay();
  const stalling = await day.provider({ msPerTask: 200 });
  await day.provider({ msPerTask: 200 });
  await day.provider({ msPerTask: 200 });
  const { requestor } = await day.requestor();
  const job = await day.submit(requestor, 30);
  await day.clock.runUntil(() => (viewOf(requestor, job)?.verified ?? 0) >= 5, 60_000);
  day.network.stall(stalling.peer.identity.peer);
  const view = await day.untilEnded(requestor, job);
  expect(view).toMatchObject({ status: 'done', verified: 30 });
  const paid = view.providers.find(({ peer }) => peer === stalling.peer.identity.peer)!.paid;
  expect(await day.redeem(stalling)).toBeLessThanOrEqual(paid);
});

test('broken work streams are opened again and nothing is lost or paid twice', async () => {
  await using day = new MarketDay();
  const providers = [await day.provider({ msPerTask: 100 }), await day.provider({ msPerTask: 100 })];
  const { requestor, peer } = await day.requestor();
  const job = await day.submit(requestor, 40);
  for (const reached of [5, 12, 20, 30]) {
    await day.clock.runUntil(() => (viewOf(requestor, job)?.verified ?? 0) >= reached, 120_000);
    day.network.breakStreams(peer.identity.peer, '/kiln/work/2');
  }
  const view = await day.untilEnded(requestor, job);
  expect(view).toMatchObject({ status: 'done', verified: 40, rejected: [] });
  expect(view.spent).toBe(80n * TASK_PRICE);
  let redeemed = 0n;
  for (const one of providers) redeemed += await day.redeem(one);
  expect(redeemed).toBe(view.spent);
});

test('a reloaded requestor goes on where it was, and pays for what it had accepted', async () => {
  await using day = new MarketDay();
  const providers = [await day.provider({ msPerTask: 100 }), await day.provider({ msPerTask: 100 })];
  const first = await day.requestor();
  const job = await day.submit(first.requestor, 40);
  await day.clock.runUntil(() => (viewOf(first.requestor, job)?.verified ?? 0) >= 10, 120_000);
  const before = viewOf(first.requestor, job)!.verified;
  const second = await day.requestor();
  await day.clock.runUntil(() => viewOf(second.requestor, job) !== undefined, 10_000);
  expect(viewOf(second.requestor, job)!.verified).toBeGreaterThanOrEqual(before);
  const view = await day.untilEnded(second.requestor, job);
  expect(view).toMatchObject({ status: 'done', verified: 40, rejected: [] });
  let redeemed = 0n;
  for (const one of providers) redeemed += await day.redeem(one);
  expect(redeemed).toBe(view.spent);
  for (let task = 0; task < 40; task++) {
    expect((await second.requestor.outputs(job, task))?.[0]?.bytes).toEqual(await trueOutput(job, task));
  }
});

test('a requestor that goes silent is left after two minutes; the vouchers held stay good', async () => {
  await using day = new MarketDay();
  const one = await day.provider({ msPerTask: 200 });
  await day.provider({ msPerTask: 200 });
  const { requestor, peer } = await day.requestor();
  const job = await day.submit(requestor, 100);
  await day.clock.runUntil(() => (viewOf(requestor, job)?.verified ?? 0) >= 10, 120_000);
  day.network.vanish(peer.identity.peer);
  await day.clock.runUntil(() => one.provider.view.value.status === 'idle', 300_000);
  expect(one.provider.view.value.agreements[0]).toMatchObject({ state: 'ended' });
  expect(one.provider.view.value.earned).toBeGreaterThan(0n);
  expect(await day.redeem(one)).toBe(one.provider.view.value.earned);
});

test('a requestor that takes its deposit back is worked for no further than the credit limit', async () => {
  await using day = new MarketDay();
  const one = await day.provider({ msPerTask: 200 });
  await day.provider({ msPerTask: 200 });
  const { requestor } = await day.requestor();
  const session = day.session(10n ** 9n, 100n * TASK_PRICE);
  const job = await day.submit(requestor, 400, QUORUM_2, session);
  await day.clock.runUntil(() => (viewOf(requestor, job)?.verified ?? 0) >= 10, 120_000);
  day.chain.withdraw(session.terms.payer, day.chain.free(session.terms.payer));
  await day.clock.runUntil(() => one.provider.view.value.agreements[0]?.state === 'ended', 300_000);
  const { earned, agreements } = one.provider.view.value;
  expect(agreements[0]!.endReason).toMatch(/deposit/);
  // A chain view may be a minute old; beyond that nothing is worked for.
  expect(earned).toBeLessThan(400n * TASK_PRICE);
});

test('a job never promises more than its budget, and ends when that is used up', async () => {
  await using day = new MarketDay();
  await day.provider();
  await day.provider();
  const { requestor } = await day.requestor();
  const session = day.session(10n * TASK_PRICE);
  const job = await day.submit(requestor, 40, QUORUM_2, session);
  const view = await day.untilEnded(requestor, job, 60_000);
  expect(view).toMatchObject({ status: 'failed', spent: 10n * TASK_PRICE, verified: 5 });
  expect(view.error).toBe(
    'The budget is used up: 5 of 40 tasks have a result, which is checked and paid for.',
  );
});

test('cancelling stops the providers and pays for what was accepted', async () => {
  await using day = new MarketDay();
  const one = await day.provider({ msPerTask: 300 });
  await day.provider({ msPerTask: 300 });
  const { requestor } = await day.requestor();
  const job = await day.submit(requestor, 100);
  await day.clock.runUntil(() => (viewOf(requestor, job)?.verified ?? 0) >= 4, 120_000);
  await requestor.cancel(job);
  await day.clock.advance(2_000);
  const view = viewOf(requestor, job)!;
  expect(view.status).toBe('cancelled');
  expect(one.provider.view.value).toMatchObject({ status: 'idle', running: [] });
  const started = one.sandbox.started;
  await day.clock.advance(60_000);
  expect(one.sandbox.started).toBe(started);
});

test('audits by the requestor alone catch a liar that nobody else checks', async () => {
  await using day = new MarketDay();
  const liar = await day.provider({ tamper: lieAbout((task) => task === 7) });
  const { requestor } = await day.requestor();
  const job = await day.submit(requestor, 10, { kind: 'trust', auditRate: 1 });
  await day.clock.runUntil(() => (viewOf(requestor, job)?.rejected.length ?? 0) > 0, 120_000);
  expect(viewOf(requestor, job)!.rejected[0]).toMatchObject({ task: 7, peer: liar.peer.identity.peer });
  expect(await day.redeem(liar)).toBeLessThanOrEqual(9n * TASK_PRICE);
});

test('a requestor that pays too little is left with its last good voucher', async () => {
  await using day = new MarketDay();
  const one = await day.provider();
  await day.provider();
  const { requestor } = await day.requestor();
  const honest = day.session(10n ** 9n);
  let signed = 0;
  const cheap = {
    ...honest,
    sign: (voucher: Parameters<typeof honest.sign>[0]) =>
      honest.sign(++signed > 6 ? { ...voucher, amount: voucher.amount - 1n } : voucher),
  };
  const job = await day.submit(requestor, 60, QUORUM_2, cheap);
  await day.clock.runUntil(
    () => one.provider.view.value.agreements.some(({ state }) => state === 'ended'),
    120_000,
  );
  expect(one.provider.view.value.agreements.at(-1)!.endReason).toMatch(/pays less than the price/);
  expect(await day.redeem(one)).toBe(one.provider.view.value.earned);
  expect(viewOf(requestor, job)!.status).toBe('running');
});

test('a provider leaves a job that takes many times the work it states', async () => {
  await using day = new MarketDay();
  const one = await day.provider({ msPerTask: 5_000 });
  await day.provider({ msPerTask: 5_000 });
  const { requestor } = await day.requestor();
  await day.submit(requestor, 100);
  await day.clock.runUntil(() => one.provider.view.value.agreements[0]?.state === 'ended', 120_000);
  expect(one.provider.view.value.agreements[0]!.endReason).toMatch(/times the work/);
});

test('a provider cut off before its last voucher gets it when it comes back', async () => {
  await using day = new MarketDay();
  const one = await day.provider({ msPerTask: 100 });
  await day.provider({ msPerTask: 100 });
  const { requestor } = await day.requestor();
  const job = await day.submit(requestor, 10);
  await day.clock.runUntil(() => (viewOf(requestor, job)?.verified ?? 0) >= 8, 120_000);
  day.network.stall(one.peer.identity.peer);
  await day.clock.advance(15_000);
  const { verified } = viewOf(requestor, job)!;
  day.network.breakStreams(one.peer.identity.peer);
  day.network.resume(one.peer.identity.peer);
  await day.clock.advance(30_000);
  const view = viewOf(requestor, job)!;
  expect(view.verified).toBeGreaterThanOrEqual(verified);
  const promised = view.providers.find(({ peer }) => peer === one.peer.identity.peer)!.paid;
  expect(one.provider.view.value.earned).toBe(promised);
  expect(await day.redeem(one)).toBe(promised);
});

test('the same job submitted again starts afresh, without the seats of its first run', async () => {
  await using day = new MarketDay();
  await day.provider({ msPerTask: 50 });
  await day.provider({ msPerTask: 50 });
  const { requestor } = await day.requestor();
  const first = await day.submit(requestor, 6);
  await day.untilEnded(requestor, first);
  await day.clock.advance(15_000);
  const startedMs = day.clock.now();
  const second = await day.submit(requestor, 6);
  expect(second).toBe(first);
  expect(await day.untilEnded(requestor, second)).toMatchObject({
    status: 'done',
    verified: 6,
    executions: 12,
  });
  expect(day.clock.now() - startedMs).toBeLessThan(60_000);
});

test('an adaptive job ends within a budget that pays each task twice', async () => {
  await using day = new MarketDay();
  await day.provider({ msPerTask: 50 });
  await day.provider({ msPerTask: 50 });
  const { requestor } = await day.requestor();
  const session = day.session(20n * TASK_PRICE);
  const job = await day.submit(requestor, 10, { kind: 'adaptive', auditRate: 0 }, session);
  const view = await day.untilEnded(requestor, job);
  expect(view).toMatchObject({ status: 'done', verified: 10 });
  expect(view.spent).toBeLessThanOrEqual(20n * TASK_PRICE);
});
