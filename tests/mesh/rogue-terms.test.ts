import { describe, expect, test, vi } from 'vitest';
import { encode } from '../../src/protocol/codec.ts';
import { type Envelope, open, seal, sealBytes } from '../../src/protocol/envelope.ts';
import { identityOf } from '../../src/protocol/messages.fixture.ts';
import { type Agreement, agreementSchema } from '../../src/protocol/negotiate.ts';
import { type Receipt, receiptSchema } from '../../src/protocol/receipt.ts';
import type { RequestorAgreementRecord } from '../../src/requestor/records.ts';
import type { Requestor } from '../../src/requestor/requestor.ts';
import { agreementsOf, receiptsOf, submitLong } from './long-job.ts';
import { MarketDay, viewOf } from './market-day.ts';
import { joinRogue, type Rogue } from './rogue.ts';

// Agreements of half an hour, so that a renewal is offered after a quarter of one.
vi.mock('../../src/requestor/constants.ts', async (original) => ({
  ...(await original<object>()),
  AGREEMENT_LIFETIME_MS: 1_800_000,
  SWEEP_INTERVAL_MS: 10_000,
}));

/** A job of ten tasks with one provider, driven by hand, that calls back for each message. */
async function meet(
  day: MarketDay,
  script: (rogue: Rogue, requestor: Requestor, job: string) => void = () => {},
): Promise<{ rogue: Rogue; requestor: Requestor; job: string }> {
  const { requestor } = await day.requestor();
  const joining = joinRogue(day, 2);
  const job = await submitLong(day, requestor, 10);
  let rogue: Rogue | undefined;
  void joining.then((joined) => (rogue = joined));
  await day.clock.runUntil(() => rogue !== undefined, 60_000);
  rogue!.onHeard = () => script(rogue!, requestor, job);
  return { rogue: rogue!, requestor, job };
}

const offerOf = ({ heard }: Rogue) => heard.find(({ type }) => type === 'renewal');
const drainOf = ({ heard }: Rogue) => heard.find(({ type }) => type === 'drain');

describe('a provider that signs another renewal than it was offered is left', () => {
  const LIES: Record<string, (offer: Agreement, rogue: Rogue) => Envelope> = {
    'at a higher price': (offer, { peer }) =>
      seal(peer.identity, 'kiln/agreement/1', { ...offer, pricePerUnit: offer.pricePerUnit * 2n }),
    'for longer': (offer, { peer }) =>
      seal(peer.identity, 'kiln/agreement/1', { ...offer, expiresAt: offer.expiresAt + 1 }),
    'in another name': (offer) => seal(identityOf(77), 'kiln/agreement/1', offer),
  };
  test.each(Object.entries(LIES))('%s', async (_, lie) => {
    await using day = new MarketDay();
    let isSaid = false;
    const { rogue, requestor, job } = await meet(day, (who) => {
      const offer = offerOf(who);
      if (offer?.type !== 'renewal' || isSaid) return;
      isSaid = true;
      void open(offer.agreement, 'kiln/agreement/1', agreementSchema, 16_384).then(({ message }) =>
        who.channel.send({ type: 'renewed', agreement: lie(message, who) }),
      );
    });
    await day.clock.runUntil(() => drainOf(rogue) !== undefined, 1_700_000);
    expect(drainOf(rogue)).toMatchObject({
      reason: 'The provider signed another renewal than it was offered.',
    });
    const known = await agreementsOf<RequestorAgreementRecord>(day.requestorStore);
    expect(known.map(({ digest }) => digest)).toEqual([rogue.digest]);
    await day.clock.advance(1_000);
    expect(viewOf(requestor, job)!.providers[0]?.state).toBe('ended');
  });
  test('with bytes that are none of an agreement', async () => {
    await using day = new MarketDay();
    const { rogue } = await meet(day);
    const renewed = sealBytes(rogue.peer.identity, 'kiln/agreement/1', encode({ all: 'mine' }));
    await rogue.channel.send({ type: 'renewed', agreement: renewed });
    await day.clock.advance(1_000);
    expect(drainOf(rogue)).toBeDefined();
  });
});

test('a provider that does not answer is offered a renewal again and again, and left at the expiry', async () => {
  await using day = new MarketDay();
  const { rogue, requestor, job } = await meet(day);
  await day.clock.runUntil(() => drainOf(rogue) !== undefined, 2_000_000);
  expect(drainOf(rogue)).toMatchObject({ reason: 'The agreement has expired.' });
  const offers = rogue.heard.filter(({ type }) => type === 'renewal');
  expect(offers.length).toBeGreaterThan(3);
  expect(offers.length).toBeLessThanOrEqual(15);
  expect(new Set(offers.map((offer) => JSON.stringify(offer))).size).toBe(1);
  await day.clock.advance(1_000);
  expect(viewOf(requestor, job)!.providers[0]?.state).toBe('ended');
});

test('a provider that signs as offered goes on under the new name, with either in its greeting', async () => {
  await using day = new MarketDay();
  let isSaid = false;
  const { rogue } = await meet(day, (who) => {
    const offer = offerOf(who);
    if (offer?.type !== 'renewal' || isSaid) return;
    isSaid = true;
    const agreement = sealBytes(who.peer.identity, 'kiln/agreement/1', offer.agreement.payload);
    void who.channel.send({ type: 'renewed', agreement });
  });
  await day.clock.runUntil(() => isSaid, 1_700_000);
  await day.clock.advance(1_000);
  const known = await agreementsOf<RequestorAgreementRecord>(day.requestorStore);
  expect(known).toHaveLength(2);
  for (const { digest } of known) {
    const heard = rogue.greet(digest);
    await day.clock.advance(100);
    expect(heard.map(({ type }) => type)).toContain('lease');
  }
});

test('slots beyond those agreed on bring no lease more, fewer bring fewer', async () => {
  await using day = new MarketDay();
  const { rogue } = await meet(day);
  await rogue.channel.send({ type: 'ready', slots: 256 });
  await day.clock.advance(20_000);
  const leases = () => rogue.heard.filter(({ type }) => type === 'lease').length;
  const before = leases();
  expect(before).toBeLessThanOrEqual(2);
  await rogue.channel.send({ type: 'ready', slots: 0 });
  for (const message of rogue.heard)
    if (message.type === 'lease')
      await rogue.channel.send({ type: 'failed', lease: message.lease, tasks: message.tasks, reason: 'no' });
  await day.clock.advance(20_000);
  expect(leases()).toBe(before);
});

describe('a provider’s receipt', () => {
  async function leave(lie: Partial<Receipt>, copies = 1) {
    const day = new MarketDay();
    let said = 0;
    const { rogue, requestor, job } = await meet(day, (who) => {
      const receipt = who.heard.find(({ type }) => type === 'receipt');
      if (receipt?.type !== 'receipt' || said > 0) return;
      said++;
      void open(receipt.receipt, 'kiln/receipt/1', receiptSchema, 16_384).then(async ({ message }) => {
        for (let i = 0; i < copies; i++) {
          const own = seal(who.peer.identity, 'kiln/receipt/1', { ...message, ...lie });
          await who.channel.send({ type: 'receipt', receipt: own }).catch(() => {});
        }
      });
    });
    // It leaves with what it was leased: lost tasks are worth a receipt.
    await rogue.channel.send({ type: 'drain', reason: 'Enough.' });
    await day.clock.advance(12_000);
    return { day, said: () => said, view: () => viewOf(requestor, job)!.providers[0]! };
  }
  test('is kept when it is right, once', async () => {
    const { day, said } = await leave({}, 1_000);
    await using _ = day;
    expect(said()).toBe(1);
    expect(await receiptsOf(day.requestorStore)).toMatchObject([
      [expect.any(String), { message: { accepted: 0, lost: 2, paid: 0n } }],
    ]);
    expect(day.network.openStreams('/kiln/work/2')).toBe(0);
  });
  test.each<[string, Partial<Receipt>]>([
    ['accepted', { accepted: 100 }],
    ['lost', { lost: 3 }],
    ['paid', { paid: 10n ** 20n }],
  ])('is not kept when it lies: %s', async (name, lie) => {
    const { day, said, view } = await leave(lie);
    await using _ = day;
    expect(said()).toBe(1);
    expect(view().receiptFault).toContain(name);
    expect(await receiptsOf(day.requestorStore)).toEqual([]);
    expect(day.network.openStreams('/kiln/work/2')).toBe(0);
  });
});
