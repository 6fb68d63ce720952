import { describe, expect, test } from 'vitest';
import { receiptKey, receiptOf } from '../../src/payment/receipt/receipt.ts';
import { type Envelope, open, seal } from '../../src/protocol/envelope.ts';
import { type Agreement, agreementSchema } from '../../src/protocol/negotiate.ts';
import type { Address } from '../../src/protocol/primitives.ts';
import type { Receipt } from '../../src/protocol/receipt.ts';
import type { VerdictOutcome, WorkDown, WorkUp } from '../../src/protocol/work.ts';
import { type HostileOptions, type HostileRequestor, joinHostile } from './hostile-requestor.ts';
import { agreementsOf, receiptsOf } from './long-job.ts';
import { type DayProvider, MarketDay, PRICE_PER_UNIT, TASK_PRICE } from './market-day.ts';

type Script = (
  say: (message: WorkDown) => Promise<void>,
  about: { agreement: Agreement; digest: string },
  message: WorkUp,
) => unknown;

/** A provider, and a requestor that follows a script once greeted; it answers pings. */
async function meet(
  day: MarketDay,
  script: Script,
  options: HostileOptions = {},
): Promise<{ one: DayProvider; hostile: HostileRequestor }> {
  const one = await day.provider({ msPerTask: 100 });
  const hostile = await joinHostile(day, {
    ...options,
    onHeard: async (message, channel, agreement, digest) => {
      if (message.type === 'ping') return channel.send({ type: 'pong', nonce: message.nonce });
      await script((said) => channel.send(said), { agreement, digest }, message);
    },
  });
  return { one, hostile };
}

const lastView = ({ provider }: DayProvider) => provider.view.value.agreements[0];
const lease: WorkDown = { type: 'lease', lease: 'a', tasks: [0, 1], deadlineMs: 60_000, holders: [] };
const reveal: WorkDown = { type: 'reveal', lease: 'a', tasks: [0, 1], withBytes: true };

describe('a voucher under another agreement', () => {
  test.each([
    ['of more than is due', 700n, 0],
    ['of less than the price of the tasks that it names', 1n, 50],
  ])('%s is kept and its requestor left, by name', async (_, amount, tasks) => {
    await using day = new MarketDay();
    const { one, hostile } = await meet(day, async (say, { agreement }, message) => {
      if (message.type !== 'hello') return;
      const payee = agreement.payee as Address;
      const voucher = await hostile.session.sign({ payee, amount, issued: amount });
      await say({ type: 'voucher', voucher, agreement: 'a'.repeat(64), tasks });
    });
    await day.clock.advance(30_000);
    expect(lastView(one)).toMatchObject({
      state: 'ended',
      endReason: 'The requestor pays under another agreement than this one; the voucher is kept.',
    });
    expect(await day.redeem(one)).toBe(amount);
  });
});

describe('a renewal', () => {
  const renewal = (agreement: Agreement, digest: string, nowMs: number): Agreement => ({
    ...agreement,
    renews: digest,
    issuedAt: nowMs,
    expiresAt: agreement.expiresAt + 3_600_000,
    nonce: new Uint8Array(16).fill(99),
  });
  async function offer(change: Partial<Agreement>, options: HostileOptions = {}) {
    const day = new MarketDay();
    const answers: Envelope[] = [];
    const met = await meet(
      day,
      async (say, { agreement, digest }, message) => {
        if (message.type === 'renewed') answers.push(message.agreement);
        if (message.type !== 'hello') return;
        const changed = { ...renewal(agreement, digest, day.clock.now()), ...change };
        await say({ type: 'renewal', agreement: seal(met.hostile.identity, 'kiln/agreement/1', changed) });
      },
      options,
    );
    return { day, answers, ...met };
  }

  test('with the same terms is stored by its provider, then signed', async () => {
    const { day, one, answers } = await offer({});
    await using _ = day;
    await day.clock.advance(10_000);
    const kept = await agreementsOf(one.store);
    expect(kept).toHaveLength(2);
    expect(answers).toEqual([kept[1]!.providerEnvelope]);
    expect(lastView(one)).toMatchObject({ digest: kept[1]!.digest, state: 'working' });
  });
  test.each<[string, Partial<Agreement>, RegExp]>([
    ['at a lower price', { pricePerUnit: PRICE_PER_UNIT - 1n }, /differs from the agreement in the price/],
    ['with more credit', { creditLimit: 10n ** 20n }, /in the credit limit/],
    ['of another agreement', { renews: 'a'.repeat(64) }, /in the agreement that it goes on from/],
  ])('%s is signed by nobody, and its requestor left', async (_, change, reason) => {
    const { day, one, answers } = await offer(change);
    await using __ = day;
    await day.clock.advance(10_000);
    expect(lastView(one)).toMatchObject({ state: 'ended', endReason: expect.stringMatching(reason) });
    expect([answers, await agreementsOf(one.store)]).toEqual([[], [expect.anything()]]);
  });
  test('right after another one is not signed, but works on', async () => {
    await using day = new MarketDay();
    const answers: Envelope[] = [];
    const { one, hostile } = await meet(day, async (say, { agreement, digest }, message) => {
      const offer = (from: string, plusMs: number) => {
        const changed = { ...renewal(agreement, from, day.clock.now()) };
        changed.expiresAt += plusMs;
        const envelope = seal(hostile.identity, 'kiln/agreement/1', changed);
        return say({ type: 'renewal', agreement: envelope });
      };
      if (message.type === 'hello') await offer(digest, 0);
      if (message.type !== 'renewed' || answers.push(message.agreement) > 1) return;
      const opened = await open(message.agreement, 'kiln/agreement/1', agreementSchema, 16_384);
      for (let i = 1; i <= 50; i++) await offer(opened.digest, i);
    });
    await day.clock.advance(20_000);
    expect([answers.length, (await agreementsOf(one.store)).length]).toEqual([1, 2]);
    expect(lastView(one)).toMatchObject({ state: 'working' });
  });
  test('beyond the life of the session key is not signed; work goes on until the expiry', async () => {
    const expiresAt = Date.UTC(2026, 0, 1) + 23.5 * 3_600_000;
    const { day, one, answers } = await offer({ expiresAt }, { agreementLifeMs: 60_000 });
    await using _ = day;
    await day.clock.advance(30_000);
    expect(lastView(one)).toMatchObject({ state: 'working' });
    await day.clock.advance(60_000);
    expect(lastView(one)?.endReason).toBe(
      'The agreement has expired. It was not renewed: The session key ends too soon to redeem safely.',
    );
    expect(answers).toEqual([]);
  });
  test('that its provider’s rules no longer want is not signed; it leaves at the expiry and says why', async () => {
    await using day = new MarketDay();
    const said: WorkUp[] = [];
    const { one, hostile } = await meet(
      day,
      async (say, { agreement, digest }, message) => {
        said.push(message);
        if (message.type !== 'hello') return;
        const { rules } = one.provider.view.value;
        const dearer = { ...rules!.pricePerUnit, wasi: PRICE_PER_UNIT * 2n };
        await one.provider.setRules({ ...rules!, pricePerUnit: dearer });
        const changed = renewal(agreement, digest, day.clock.now());
        await say({ type: 'renewal', agreement: seal(hostile.identity, 'kiln/agreement/1', changed) });
      },
      { agreementLifeMs: 60_000 },
    );
    await day.clock.advance(70_000);
    const reason = 'The agreement has expired. It was not renewed: the provider asks a higher price now.';
    expect(said.filter(({ type }) => type === 'drain' || type === 'renewed')).toEqual([
      { type: 'drain', reason },
    ]);
  });
});

test('a lease after the expiry is refused by name', async () => {
  await using day = new MarketDay();
  const { one } = await meet(
    day,
    (say, { agreement }, message) => {
      if (message.type !== 'hello') return;
      day.clock.after(agreement.expiresAt - day.clock.now(), () => void say(lease));
    },
    { agreementLifeMs: 58_500 },
  );
  await day.clock.advance(70_000);
  expect(lastView(one)?.endReason).toBe('The agreement has expired: no lease is taken under it.');
  expect(one.sandbox.started).toBe(0);
});

describe('pay that is held back', () => {
  const script =
    (ids: readonly string[], outcome: (id: string) => VerdictOutcome): Script =>
    async (say, _, message) => {
      if (message.type === 'hello') for (const id of ids) await say({ ...lease, lease: id } as WorkDown);
      if (message.type === 'commit') for (const id of ids) await say({ ...reveal, lease: id } as WorkDown);
      if (message.type !== 'results') return;
      const entries = message.entries.map(({ task }) => ({
        lease: message.lease,
        task,
        outcome: outcome(message.lease),
      }));
      await say({ type: 'verdict', entries });
    };
  const ids = Array.from({ length: 40 }, (_, i) => `l${i}`);

  test('under a policy that takes nothing back ends the agreement, by name', async () => {
    await using day = new MarketDay();
    const { one } = await meet(
      day,
      script(['a'], () => 'provisional'),
    );
    await day.clock.advance(10_000);
    expect(lastView(one)?.endReason).toMatch(/holds pay back all the same/);
  });
  test('is shown and counts against the credit: who has paid nothing gets nothing beyond it', async () => {
    await using day = new MarketDay();
    const policy = { kind: 'adaptive', auditRate: 0 } as const;
    const shown: [number, bigint][] = [];
    const { one } = await meet(
      day,
      script(ids, () => 'provisional'),
      { policy },
    );
    one.provider.view.subscribe(() => {
      const view = lastView(one);
      if (view !== undefined) shown.push([view.tasksHeld, view.held]);
    });
    await day.clock.advance(20_000);
    // Forty tasks are leased, the credit covers thirty of them.
    expect(Math.max(...shown.map(([tasks]) => tasks))).toBe(30);
    for (const [tasks, held] of shown) expect(held).toBe(BigInt(tasks) * TASK_PRICE);
    expect(one.sandbox.started).toBe(30);
  });
});

describe('receipts', () => {
  /** Has two tasks done and accepted, says the receipt with its lies, and drains. */
  async function part(lie: Partial<Receipt>, copies = 1) {
    const day = new MarketDay();
    let answers = 0;
    let results = 0;
    const { one, hostile } = await meet(day, async (say, { agreement, digest }, message) => {
      if (message.type === 'hello') await say(lease);
      if (message.type === 'commit') await say(reveal);
      if (message.type === 'receipt') answers++;
      if (message.type !== 'results' || (results += message.entries.length) < 2) return;
      const entries = [0, 1].map((task) => ({ lease: 'a', task, outcome: 'accepted' as const }));
      await say({ type: 'verdict', entries });
      const payee = agreement.payee as Address;
      const amount = 2n * TASK_PRICE;
      const voucher = await hostile.session.sign({ payee, amount, issued: amount });
      await say({ type: 'voucher', voucher, agreement: digest, tasks: 2 });
      const books = { digest, agreement, beganAtMs: agreement.issuedAt, endedAtMs: day.clock.now() };
      const right = await receiptOf({ ...books, accepted: 2, rejected: 0, lost: 0, paid: amount, voucher });
      for (let i = 0; i < copies; i++) {
        const said = { ...right, ...lie, endedAt: right.endedAt + i };
        await say({ type: 'receipt', receipt: seal(hostile.identity, 'kiln/receipt/1', said) });
        if (i === 0) await say({ type: 'drain', reason: 'Done.' });
      }
    });
    await day.clock.advance(15_000);
    return { day, one, hostile, answers: () => answers };
  }

  test('that are right are kept, and answered', async () => {
    const { day, one, hostile, answers } = await part({});
    await using _ = day;
    const { digest } = lastView(one)!;
    expect(await receiptsOf(one.store)).toMatchObject([
      [receiptKey(hostile.identity.peer, digest), { message: { accepted: 2, paid: 2n * TASK_PRICE } }],
    ]);
    expect(answers()).toBe(1);
    expect(lastView(one)?.receiptFault).toBeUndefined();
  });
  test.each<[string, Partial<Receipt>]>([
    ['the tasks accepted', { accepted: 1 }],
    ['what was paid', { paid: 10n ** 12n }],
    ['the tasks rejected', { rejected: 1 }],
    ['the tasks lost', { lost: 1 }],
    ['the newest voucher', { voucher: new Uint8Array(32) }],
  ])('that lie about %s are not kept', async (name, lie) => {
    const { day, one } = await part(lie);
    await using _ = day;
    expect(await receiptsOf(one.store)).toEqual([]);
    expect(lastView(one)?.receiptFault).toContain(name);
    expect(await day.redeem(one)).toBe(2n * TASK_PRICE);
  });
  test('by the thousand: one is kept, few are answered, and nobody is kept from leaving', async () => {
    const { day, one, answers } = await part({}, 1_000);
    await using _ = day;
    expect(await receiptsOf(one.store)).toHaveLength(1);
    expect(answers()).toBeLessThanOrEqual(9);
    expect([lastView(one)?.state, day.network.openStreams('/kiln/work/2')]).toEqual(['ended', 0]);
  });
});
