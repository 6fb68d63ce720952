import { expect, test, vi } from 'vitest';
import { decode } from '../../src/protocol/codec.ts';
import { MAX_WORK_FRAME_BYTES } from '../../src/protocol/constants.ts';
import { commitSchema, type SignedVoucher, type WorkDown } from '../../src/protocol/work.ts';
import type { Address } from '../../src/protocol/primitives.ts';
import { joinHostile } from './hostile-requestor.ts';
import { type DayProvider, MarketDay, TASK_PRICE } from './market-day.ts';

const lease = (id: string, tasks: number): WorkDown => ({
  type: 'lease',
  lease: id,
  tasks: Array.from({ length: tasks }, (_, i) => i),
  deadlineMs: 60_000,
  holders: [],
});

function endReasons({ provider }: DayProvider): (string | undefined)[] {
  return provider.view.value.agreements.map(({ endReason }) => endReason);
}

test('a voucher between the greeting and the end of an agreement is kept, though the chain is silent', async () => {
  await using day = new MarketDay();
  const one = await day.provider();
  const sent: SignedVoucher[] = [];
  const hostile = await joinHostile(day, {
    onHeard: async (message, channel, { payee }, digest) => {
      if (message.type !== 'hello') return;
      day.chain.isReachable = false;
      const voucher = await hostile.session.sign({ payee: payee as Address, amount: 700n, issued: 900n });
      sent.push(voucher);
      await channel.send({ type: 'voucher', voucher, agreement: digest, tasks: 0 });
      await channel.send({ type: 'drain', reason: 'This agreement has ended.' });
      await channel.close();
    },
  });
  await day.clock.runUntil(() => one.provider.view.value.agreements[0]?.state === 'ended', 60_000);
  await day.clock.advance(10_000);
  day.chain.isReachable = true;
  expect(sent).toHaveLength(1);
  expect(await day.redeem(one)).toBe(700n);
});

test('a voucher on its way when the provider ends the agreement is kept', async () => {
  await using day = new MarketDay();
  const one = await day.provider();
  const hostile = await joinHostile(day, {
    onHeard: async (message, channel, { payee }, digest) => {
      if (message.type !== 'drain') return;
      const voucher = await hostile.session.sign({ payee: payee as Address, amount: 500n, issued: 500n });
      await channel.send({ type: 'voucher', voucher, agreement: digest, tasks: 0 });
    },
  });
  await day.clock.runUntil(() => hostile.count.streams === 1, 60_000);
  await one.provider.stop();
  await day.clock.advance(10_000);
  expect(await day.redeem(one)).toBe(500n);
  expect([day.network.openStreams('/kiln/work/2'), one.sandbox.openJobs]).toEqual([0, 0]);
});

const FOR_NOTHING: Record<string, (id: string) => WorkDown> = {
  'calling each not needed': (id) => ({
    type: 'verdict',
    entries: [{ lease: id, task: 0, outcome: 'not-needed' }],
  }),
  'cancelling each lease': (id) => ({ type: 'cancel', leases: [id] }),
};
test.each(Object.entries(FOR_NOTHING))(
  'who takes results and pays none, %s, gets as many as the credit allows',
  async (_, answer) => {
    await using day = new MarketDay();
    const one = await day.provider({ msPerTask: 100 });
    let limit = 0n;
    const ids = Array.from({ length: 100 }, (_, i) => `l${i}`);
    await joinHostile(day, {
      onHeard: async (message, channel, { creditLimit }) => {
        limit = creditLimit;
        if (message.type === 'hello') for (const id of ids) await channel.send(lease(id, 1));
        if (message.type === 'commit')
          for (const id of ids)
            await channel.send({ type: 'reveal', lease: id, tasks: [0], withBytes: true });
        if (message.type === 'results') await channel.send(answer(message.lease));
      },
    });
    await day.clock.runUntil(() => endReasons(one).some((reason) => reason !== undefined), 60_000);
    expect(endReasons(one)[0]).toMatch(/as much as the credit limit allows is unpaid/);
    const inHand = 2;
    expect(one.sandbox.started).toBeLessThanOrEqual(Number(limit / TASK_PRICE) + inHand);
  },
);

test('who pays one result and rejects the others is left, and asked again ever later', async () => {
  await using day = new MarketDay();
  const one = await day.provider({ msPerTask: 100 });
  let amount = 0n;
  let judged = 0;
  const hostile = await joinHostile(day, {
    onHeard: async (message, channel, { payee }, digest) => {
      if (message.type === 'hello') {
        judged = 0;
        for (let i = 0; i < 100; i++) await channel.send(lease(`${digest.slice(0, 8)}${i}`, 1));
      }
      if (message.type === 'commit') {
        const { lease: id } = decode(commitSchema, message.commit.payload, MAX_WORK_FRAME_BYTES);
        await channel.send({ type: 'reveal', lease: id, tasks: [0], withBytes: true });
      }
      if (message.type !== 'results') return;
      const outcome = judged++ === 0 ? 'accepted' : 'rejected';
      await channel.send({ type: 'verdict', entries: [{ lease: message.lease, task: 0, outcome }] });
      if (outcome === 'rejected') return;
      amount += TASK_PRICE;
      const voucher = await hostile.session.sign({ payee: payee as Address, amount, issued: amount });
      await channel.send({ type: 'voucher', voucher, agreement: digest, tasks: 1 });
    },
  });
  for (let i = 0; i < 60; i++) {
    await day.clock.advance(20_000);
    await hostile.announce();
  }
  expect(endReasons(one).at(-1)).toMatch(/as much as the credit limit allows is unpaid/);
  // After 10 s, 20 s, … in these twenty minutes.
  expect(hostile.count.agreements).toBeGreaterThan(1);
  expect(hostile.count.agreements).toBeLessThanOrEqual(9);
});

test('no more than the credit is at risk, the task about to start included', async () => {
  await using day = new MarketDay();
  const one = await day.provider({ msPerTask: 100 });
  let limit = 0n;
  await joinHostile(day, {
    onHeard: async (message, channel, { creditLimit }) => {
      limit = creditLimit;
      if (message.type === 'hello') await channel.send(lease('a', 500));
    },
  });
  await day.clock.advance(100_000);
  expect(one.sandbox.started).toBe(Number(limit / TASK_PRICE));
});

test('a requestor that keeps a provider waiting is left after two minutes, and longer each time', async () => {
  await using day = new MarketDay();
  const one = await day.provider({ msPerTask: 100 });
  const hostile = await joinHostile(day, {
    onHeard: async (message, channel) => {
      if (message.type === 'hello') await channel.send(lease('a', 500));
      if (message.type === 'ping') await channel.send({ type: 'pong', nonce: message.nonce });
    },
  });
  for (let i = 0; i < 120; i++) {
    await day.clock.advance(30_000);
    await hostile.announce();
  }
  // Every 150 s without patience, 24 times in this hour.
  expect(endReasons(one)[1]).toBe('Nothing could be worked on for two minutes.');
  expect(hostile.count.agreements).toBeLessThanOrEqual(11);
});

test('a stream that is opened and broken at once does not keep an agreement alive', async () => {
  await using day = new MarketDay();
  const one = await day.provider();
  await joinHostile(day, { onHeard: (_, channel) => channel.close() });
  await day.clock.runUntil(() => one.provider.view.value.agreements[0]?.state === 'ended', 200_000);
  expect(endReasons(one)[0]).toMatch(/two minutes/);
});

test('an agreement that has expired is ended', async () => {
  await using day = new MarketDay();
  const one = await day.provider();
  await joinHostile(day, {
    agreementLifeMs: 60_000,
    onHeard: async (message, channel) => {
      if (message.type === 'ping') await channel.send({ type: 'pong', nonce: message.nonce });
    },
  });
  await day.clock.advance(70_000);
  expect(endReasons(one)[0]).toBe('The agreement has expired.');
});

test('a job whose description never arrives blocks its kind for seconds, and its requestor ever longer', async () => {
  await using day = new MarketDay();
  const one = await day.provider();
  const get = one.peer.blobs.get.bind(one.peer.blobs);
  let asked = 0;
  let isHanging = true;
  one.peer.blobs.get = (cid, request) => {
    asked++;
    return isHanging ? new Promise(() => {}) : get(cid, request);
  };
  const hostile = await joinHostile(day, { servesManifest: false });
  await day.clock.advance(20_000);
  expect(one.provider.view.value.passed[0]?.reasons).toEqual([
    { code: 'base/timeout', text: 'This took too long.', by: 'failure' },
  ]);
  for (let i = 0; i < 58; i++) {
    await day.clock.advance(10_000);
    await hostile.announce();
  }
  expect(asked).toBeLessThanOrEqual(6);
  isHanging = false;
});

test.each(['stopped', 'gave it up'])(
  'a job ready only after its provider %s is closed again',
  async (how) => {
    await using day = new MarketDay();
    const one = await day.provider();
    const open = one.sandbox.openJob.bind(one.sandbox);
    let isAsked = false;
    let letGo = () => {};
    const held = new Promise<void>((resolve) => (letGo = resolve));
    let opened = 0;
    one.sandbox.openJob = async (...job) => {
      isAsked = true;
      await held;
      opened++;
      return open(...job);
    };
    await joinHostile(day);
    await day.clock.runUntil(() => isAsked, 60_000);
    if (how === 'stopped') await one.provider.stop();
    else await day.clock.advance(121_000);
    letGo();
    await day.clock.advance(1_000);
    expect([one.provider.view.value.agreements, opened, one.sandbox.openJobs]).toEqual([[], 1, 0]);
  },
);

test('a job that is not what was announced is passed, by name', async () => {
  await using day = new MarketDay();
  const one = await day.provider();
  const hostile = await joinHostile(day, { demand: { policy: { kind: 'trust', auditRate: 0.5 } } });
  await day.clock.advance(5_000);
  expect(one.provider.view.value.passed[0]?.reasons).toMatchObject([
    { code: 'provider/demand-differs', text: 'The job has another check policy than was announced.' },
  ]);
  expect([hostile.count.agreements, one.sandbox.openJobs]).toEqual([0, 0]);
});

test('what was earned stays earned when the agreements are no longer shown, whoever watches', async () => {
  await using day = new MarketDay();
  const shown = vi.spyOn(console, 'error').mockImplementation(() => {});
  try {
    const one = await day.provider();
    let isBroken = false;
    one.provider.view.subscribe(() => {
      if (isBroken) throw new Error('a view that fails');
    });
    isBroken = true;
    let amount = 0n;
    const hostile = await joinHostile(day, {
      onHeard: async (message, channel, { payee }, digest) => {
        if (message.type !== 'hello') return;
        amount += 100n;
        const voucher = await hostile.session.sign({ payee: payee as Address, amount, issued: amount });
        await channel.send({ type: 'voucher', voucher, agreement: digest, tasks: 0 });
        await channel.send({ type: 'drain', reason: 'Enough.' });
      },
    });
    for (let i = 0; i < 30; i++) {
      await day.clock.advance(20_000);
      await hostile.announce();
    }
    await day.clock.advance(20_000);
    expect(hostile.count.agreements).toBeGreaterThan(22);
    expect(one.provider.view.value.agreements).toHaveLength(20);
    expect(one.provider.view.value.earned).toBe(amount);
    isBroken = false;
    expect(shown).toHaveBeenCalledWith(expect.any(String), new Error('a view that fails'));
  } finally {
    shown.mockRestore();
  }
});
