import { expect, test } from 'vitest';
import { decode } from '../../src/protocol/codec.ts';
import { MAX_NEGOTIATE_FRAME_BYTES } from '../../src/protocol/constants.ts';
import { NEGOTIATE, type Proposal, proposalSchema } from '../../src/protocol/negotiate.ts';
import type { Requestor } from '../../src/requestor/requestor.ts';
import { newRecord, type ReputationRecord } from '../../src/reputation/record.ts';
import { type DayProvider, makeDraft, MarketDay, viewOf } from './market-day.ts';

const SECOND = 100;
const TRUST = { kind: 'trust', auditRate: 0 } as const;
/** A task here earns what counts as one dealing and more. */
const PRICE_PER_UNIT = 10n ** 15n;
const RICH = {
  pricePerUnit: { wasi: PRICE_PER_UNIT, wgsl: PRICE_PER_UNIT, onnx: PRICE_PER_UNIT },
};

/** What counts here: neither uptime nor inputs that one of them has already. */
const weights = { price: 1, reliability: 1, speed: 0, uptime: 0, connection: 0, cached: 0 };
const cheap = (PRICE_PER_UNIT * 9n) / 10n;
const CHEAPER = { pricePerUnit: { wasi: cheap, wgsl: cheap, onnx: cheap } };

async function run(day: MarketDay, requestor: Requestor, tasks: number, seats = 1): Promise<string> {
  const session = day.session(10n ** 18n);
  const terms = {
    budget: session.cap,
    priceCeiling: PRICE_PER_UNIT,
    microUnitsPerTask: 10_000,
    seats,
    weights,
  };
  const job = await requestor.submit(await makeDraft(tasks, TRUST), terms, async () => session);
  await day.clock.settle();
  return job;
}

/** The proposals that a provider makes from now on. */
function proposalsOf({ peer }: DayProvider): Proposal[] {
  const made: Proposal[] = [];
  const open = peer.openStream.bind(peer);
  peer.openStream = async (protocol, to, signal) => {
    const stream = await open(protocol, to, signal);
    if (protocol.id !== NEGOTIATE.id) return stream;
    return {
      ...stream,
      peer: stream.peer,
      frames: stream.frames,
      close: () => stream.close(),
      abort: (error) => stream.abort(error),
      send: (frame) => {
        const message = decode(NEGOTIATE.toListener, frame, MAX_NEGOTIATE_FRAME_BYTES);
        if (message.type === 'proposal')
          made.push(decode(proposalSchema, message.proposal.payload, MAX_NEGOTIATE_FRAME_BYTES));
        return stream.send(frame);
      },
    };
  };
  return made;
}

test.each([
  ['redeemed is shown to the next requestor, who prefers it to a cheaper newcomer', true],
  ['not redeemed yet is worth nothing to the next requestor', false],
])('work that was paid and %s', async (_, isRedeemed) => {
  await using day = new MarketDay();
  const worked = await day.provider({}, RICH, { hasRecords: true });
  const first = await day.requestor();
  const job = await run(day, first.requestor, 40);
  expect((await day.untilEnded(first.requestor, job)).status).toBe('done');
  await day.clock.advance(120_000); // the receipt comes, and the record with it
  expect(await worked.store.collection('receipts').entries()).toHaveLength(1);
  if (isRedeemed) expect(await day.redeem(worked)).toBeGreaterThan(0n);

  const newcomer = await day.provider({}, CHEAPER, { hasRecords: true });
  const proposals = proposalsOf(worked);
  const second = await day.requestor({ number: SECOND, hasRecords: true });
  const next = await run(day, second.requestor, 5);
  await day.untilEnded(second.requestor, next);
  expect(proposals.at(-1)?.record).toBeDefined();
  const chosen = isRedeemed ? worked : newcomer;
  expect(viewOf(second.requestor, next)?.providers).toMatchObject([{ peer: chosen.peer.identity.peer }]);
});

test('a requestor that pays is given more credit, one that does not less, down to a task at a time', async () => {
  await using day = new MarketDay();
  const provider = await day.provider({}, RICH, { hasRecords: true });
  const proposals = proposalsOf(provider);
  const { requestor, peer } = await day.requestor();
  await day.untilEnded(requestor, await run(day, requestor, 40));
  await day.clock.advance(120_000);
  const key = `requestor/${peer.identity.peer}`;
  const reputation = provider.store.collection<ReputationRecord>('reputation');
  expect(await reputation.get(key)).toMatchObject({ paid: 40, unpaid: 0 });
  await day.untilEnded(requestor, await run(day, requestor, 41));
  await day.clock.advance(120_000);
  const [before, after] = proposals.map(({ creditLimit }) => creditLimit) as [bigint, bigint];
  expect(Number(after) / Number(before)).toBeCloseTo(1.2, 2);

  const debtor = { ...newRecord(day.clock.now()), paid: 1, unpaid: 5 };
  await reputation.put(key, debtor);
  await day.untilEnded(requestor, await run(day, requestor, 3));
  expect(proposals.at(-1)?.creditLimit).toBe(PRICE_PER_UNIT / 100n);

  await day.clock.advance(120_000);
  await reputation.put(key, { ...debtor, updatedAtMs: day.clock.now(), unpaid: 100 });
  const count = proposals.length;
  const job = await run(day, requestor, 4);
  await day.clock.advance(60_000);
  expect(proposals).toHaveLength(count);
  expect(provider.provider.view.value.passed.map(({ reasons }) => JSON.stringify(reasons)).join()).toContain(
    'left as much unpaid here as it paid',
  );
  await requestor.cancel(job);
});
