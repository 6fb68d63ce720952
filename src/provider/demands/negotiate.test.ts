import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ManualClock } from '../../../tests/mesh/twins/manual-clock.ts';
import { MemoryNetwork, type MemoryPeer } from '../../../tests/mesh/twins/memory-network.ts';
import { KilnError } from '../../base/errors.ts';
import type { Demand } from '../../protocol/announce.ts';
import { type Channel, listenerChannel } from '../../protocol/channel.ts';
import { NEGOTIATION_TIMEOUT_MS } from '../../protocol/constants.ts';
import { open, seal } from '../../protocol/envelope.ts';
import type { Identity } from '../../protocol/identity.ts';
import { ADDRESS, AGREEMENT, DEMAND, identityOf, NOW_MS, PROPOSAL } from '../../protocol/messages.fixture.ts';
import {
  type Agreement,
  agreementSchema,
  NEGOTIATE,
  type Proposal,
  proposalSchema,
} from '../../protocol/negotiate.ts';
import { negotiate } from './negotiate.ts';
import type { AgreementRecord } from '../records.ts';
import type * as v from 'valibot';

type Up = v.InferOutput<typeof NEGOTIATE.toListener>;
type Down = v.InferOutput<typeof NEGOTIATE.toDialer>;

const OTHER = `0x${'77'.repeat(20)}`;

let clock: ManualClock;
let network: MemoryNetwork;
let provider: MemoryPeer;
let requestor: MemoryPeer;
let demand: Demand;
let proposal: Proposal;
/** What happened, in order: messages that the requestor got, and `stored`. */
let log: string[];
let got: Up[];

beforeEach(() => {
  clock = new ManualClock(NOW_MS);
  network = new MemoryNetwork(clock);
  requestor = network.join(1);
  provider = network.join(2);
  demand = { ...DEMAND, addresses: [...requestor.addresses()] };
  proposal = PROPOSAL;
  log = [];
  got = [];
});
afterEach(() => clock[Symbol.dispose]());

/** A requestor that answers each message as it is told; undefined says nothing. */
async function answering(
  ...answers: ((message: Up, channel: Channel<Down, Up>) => Down | undefined)[]
): Promise<void> {
  await requestor.handle(NEGOTIATE, (stream) => {
    const channel = listenerChannel(NEGOTIATE, stream);
    void (async () => {
      for await (const message of channel.messages) {
        log.push(message.type);
        got.push(message);
        const answer = answers.shift()?.(message, channel);
        if (answer !== undefined) await channel.send(answer);
      }
    })().catch(() => {});
  });
}

const agreeTo =
  (change: Partial<Agreement> = {}, signer?: Identity) =>
  (): Down => ({
    type: 'agreement',
    agreement: seal(signer ?? requestor.identity, 'kiln/agreement/1', { ...AGREEMENT, ...change }),
  });
const sealed = (): Down => ({ type: 'sealed' });

function start(change: Partial<Parameters<typeof negotiate>[0]> = {}): Promise<AgreementRecord> {
  return negotiate({
    network: provider,
    clock,
    demand,
    proposal,
    signal: new AbortController().signal,
    checkCover: async () => {},
    store: async () => void log.push('stored'),
    ...change,
  });
}

async function codeOf(negotiating: Promise<unknown>): Promise<string> {
  return negotiating.then(
    () => 'agreed',
    (error: KilnError) => error.code,
  );
}

test('an agreement is signed by both over the same bytes, and stored before the counter-signature leaves', async () => {
  await answering(agreeTo(), sealed);
  const record = await start();
  expect(log).toEqual(['proposal', 'stored', 'counter-signature']);
  expect(record).toMatchObject({ agreement: AGREEMENT, jobName: DEMAND.name, agreedAtMs: NOW_MS });
  expect(record.providerEnvelope.payload).toEqual(record.requestorEnvelope.payload);
  for (const [envelope, signer] of [
    [record.requestorEnvelope, requestor],
    [record.providerEnvelope, provider],
  ] as const) {
    const opened = await open(envelope, 'kiln/agreement/1', agreementSchema, 16_384);
    expect([opened.signer, opened.digest]).toEqual([signer.identity.peer, record.digest]);
  }
  const [first, second] = got as [
    Extract<Up, { type: 'proposal' }>,
    Extract<Up, { type: 'counter-signature' }>,
  ];
  expect((await open(first.proposal, 'kiln/proposal/1', proposalSchema, 16_384)).message).toEqual(proposal);
  expect(second.agreement).toEqual(record.providerEnvelope);
  await clock.advance(60_000);
  expect([clock.armed, network.openStreams()]).toEqual([0, 0]);
});

describe('terms that differ are refused, in words, and nothing is signed', () => {
  const terms: [string, Partial<Agreement>][] = [
    ['the requestor', { requestor: identityOf(9).peer }],
    ['the provider', { provider: identityOf(9).peer }],
    ['the job', { job: 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku' }],
    ['the job', { kind: 'wgsl' }],
    ['the payee', { payee: OTHER }],
    ['the price', { pricePerUnit: PROPOSAL.pricePerUnit - 1n }],
    ['the price', { pricePerUnit: PROPOSAL.pricePerUnit + 1n }],
    ['the work per task', { microUnitsPerTask: DEMAND.microUnitsPerTask - 1 }],
    ['the payment terms', { payment: { ...DEMAND.payment, chainId: 1 } }],
    ['the payment terms', { payment: { ...DEMAND.payment, pool: OTHER } }],
    ['the payment terms', { payment: { ...DEMAND.payment, payer: OTHER } }],
    ['the payment terms', { payment: { ...DEMAND.payment, sessionKey: OTHER } }],
    ['the check policy', { policy: { kind: 'trust', auditRate: 0 } }],
    ['the check policy', { policy: { kind: 'quorum', need: 2, limit: 3, auditRate: 0.2 } }],
    ['the check policy', { comparator: { class: 'tolerance', rtol: 0, atol: 0, maxOutliers: 0 } }],
    ['the credit limit', { creditLimit: PROPOSAL.creditLimit + 1n }],
    ['the slots', { slots: PROPOSAL.slots + 1 }],
    ['the expiry', { expiresAt: NOW_MS }],
    // As a renewal it would need no free deposit.
    ['the agreement that it goes on from', { renews: 'ab'.repeat(32) }],
  ];
  test.each(terms)('%s: %o', async (name, change) => {
    await answering(agreeTo(change));
    const negotiating = start();
    await expect(negotiating).rejects.toMatchObject({ code: 'negotiate/terms-differ' });
    await expect(negotiating).rejects.toThrow(`differs from the proposal in ${name}.`);
    await clock.settle();
    expect(log).toEqual(['proposal', 'refusal']);
    expect(got[1]).toMatchObject({ reason: 'terms-differ' });
  });
  test('an agreement signed by somebody else', async () => {
    await answering(agreeTo({}, identityOf(9)));
    await expect(start()).rejects.toThrow('in its signer.');
    expect(log).not.toContain('stored');
  });
  test('fewer slots than offered, or another case of the payee, are no difference', async () => {
    await answering(agreeTo({ slots: 1, payee: ADDRESS.replace('ab', 'AB') }), sealed);
    expect(await codeOf(start())).toBe('agreed');
  });
});

describe('ends without a signature', () => {
  test('when the cover does not suffice, and says so', async () => {
    await answering(agreeTo());
    const checkCover = () => Promise.reject(new KilnError('negotiate/not-covered', 'Nothing is there.'));
    expect(await codeOf(start({ checkCover }))).toBe('negotiate/not-covered');
    await clock.settle();
    expect(got[1]).toEqual({ type: 'refusal', reason: 'not-covered', detail: 'Nothing is there.' });
  });
  test('when the agreement cannot be stored', async () => {
    await answering(agreeTo(), sealed);
    await expect(start({ store: () => Promise.reject(new Error('no room')) })).rejects.toThrow('no room');
    await clock.settle();
    expect(log).toEqual(['proposal']);
  });
  test('when the requestor refuses, with its reason', async () => {
    await answering(() => ({ type: 'refusal', reason: 'seats-filled', detail: 'all 4 seats are filled' }));
    await expect(start()).rejects.toMatchObject({
      code: 'negotiate/refused',
      message: 'The requestor refused: all 4 seats are filled.',
      data: { reason: 'seats-filled' },
    });
  });
  test.each([
    ['sealed before there is an agreement', sealed, 'negotiate/unexpected'],
    [
      'an agreement whose signature is broken',
      (): Down => {
        const { agreement } = agreeTo()() as Extract<Down, { type: 'agreement' }>;
        return { type: 'agreement', agreement: { ...agreement, signature: new Uint8Array(64) } };
      },
      'envelope/bad-signature',
    ],
    [
      'a signature made for something else',
      (): Down => ({ type: 'agreement', agreement: seal(requestor.identity, 'kiln/proposal/1', AGREEMENT) }),
      'envelope/wrong-domain',
    ],
    [
      'an agreement with more in it than belongs there',
      (): Down => ({
        type: 'agreement',
        agreement: seal(requestor.identity, 'kiln/agreement/1', { ...AGREEMENT, fee: 1 }),
      }),
      'protocol/invalid',
    ],
    ['a message that is none', () => ({ type: 'gift' }) as unknown as Down, 'protocol/invalid'],
  ])('when the answer is %s', async (_, answer, code) => {
    await answering(answer);
    expect(await codeOf(start())).toBe(code);
    expect(log).not.toContain('stored');
  });
  test('when the requestor hangs up', async () => {
    await answering((_, channel) => void channel.close());
    expect(await codeOf(start())).toBe('negotiate/unexpected');
  });
  test.each([
    ['proposal', [] as ReturnType<typeof agreeTo>[]],
    ['counter-signature', [agreeTo()]],
  ])('when nothing follows the %s in time', async (last, answers) => {
    await answering(...answers);
    const ending = codeOf(start());
    await clock.advance(NEGOTIATION_TIMEOUT_MS - 1);
    expect(log.at(-1)).toBe(last);
    await clock.advance(1);
    expect(await ending).toBe('negotiate/timeout');
  });
  test('when it is stopped, at once and with nothing left behind', async () => {
    await answering();
    const stop = new AbortController();
    const ending = codeOf(start({ signal: stop.signal }));
    await clock.settle();
    stop.abort();
    expect(await ending).toBe('base/aborted');
    await clock.advance(60_000);
    expect([clock.armed, network.openStreams()]).toEqual([0, 0]);
  });
});
