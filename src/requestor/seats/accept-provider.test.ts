import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ManualClock } from '../../../tests/mesh/twins/manual-clock.ts';
import { MemoryNetwork, type MemoryPeer } from '../../../tests/mesh/twins/memory-network.ts';
import { type Channel, dialerChannel } from '../../protocol/channel.ts';
import { encode } from '../../protocol/codec.ts';
import { NEGOTIATION_TIMEOUT_MS } from '../../protocol/constants.ts';
import { open, seal, sealBytes } from '../../protocol/envelope.ts';
import { AGREEMENT, identityOf, NOW_MS, PROPOSAL } from '../../protocol/messages.fixture.ts';
import { type Agreement, agreementSchema, NEGOTIATE, type Proposal } from '../../protocol/negotiate.ts';
import { acceptProvider, type ProposalAnswer } from './accept-provider.ts';
import type { RequestorAgreementRecord } from '../records.ts';
import type * as v from 'valibot';

type Up = v.InferOutput<typeof NEGOTIATE.toListener>;
type Down = v.InferOutput<typeof NEGOTIATE.toDialer>;

let clock: ManualClock;
let network: MemoryNetwork;
let provider: MemoryPeer;
let requestor: MemoryPeer;
/** What the requestor did, in order. */
let log: string[];
let records: RequestorAgreementRecord[];
let proposals: Proposal[];
let answer: (proposal: Proposal) => Promise<ProposalAnswer>;
/** Negotiations that have ended. */
let ended: number;

beforeEach(async () => {
  clock = new ManualClock(NOW_MS);
  network = new MemoryNetwork(clock);
  requestor = network.join(1);
  provider = network.join(2);
  log = [];
  records = [];
  proposals = [];
  ended = 0;
  answer = async () => ({
    agreement: AGREEMENT,
    seal: async (record) => {
      log.push('sealed');
      records.push(record);
    },
    release: () => log.push('released'),
  });
  await requestor.handle(NEGOTIATE, (stream) => {
    const { identity } = requestor;
    void acceptProvider(stream, { identity, clock }, (proposal) => {
      proposals.push(proposal);
      return answer(proposal);
    }).then(() => ended++);
  });
});
afterEach(() => clock[Symbol.dispose]());

/** The provider's end of a new negotiation, and all that it hears. */
async function dial(): Promise<{ channel: Channel<Up, Down>; heard: Down[] }> {
  const to = { peer: requestor.identity.peer, addresses: [] };
  const channel: Channel<Up, Down> = dialerChannel(NEGOTIATE, await provider.openStream(NEGOTIATE, to));
  const heard: Down[] = [];
  void (async () => {
    for await (const message of channel.messages) heard.push(message);
  })().catch(() => {});
  return { channel, heard };
}

function propose(change: Partial<Proposal> = {}, signer = provider.identity): Up {
  return { type: 'proposal', proposal: seal(signer, 'kiln/proposal/1', { ...PROPOSAL, ...change }) };
}

function reasons(heard: readonly Down[]): string[] {
  return heard.map((message) => (message.type === 'refusal' ? message.reason : message.type));
}

test('a counter-signature over the same bytes seals the agreement, once it is stored', async () => {
  const { channel, heard } = await dial();
  await channel.send(propose());
  await clock.settle();
  const { agreement } = heard[0] as Extract<Down, { type: 'agreement' }>;
  expect((await open(agreement, 'kiln/agreement/1', agreementSchema, 16_384)).message).toEqual(AGREEMENT);
  expect([log, proposals]).toEqual([[], [PROPOSAL]]);
  const counter = sealBytes(provider.identity, 'kiln/agreement/1', agreement.payload);
  await channel.send({ type: 'counter-signature', agreement: counter });
  await clock.settle();
  expect([log, reasons(heard), ended]).toEqual([['sealed', 'released'], ['agreement', 'sealed'], 1]);
  expect(records[0]).toMatchObject({
    agreement: AGREEMENT,
    requestorEnvelope: agreement,
    providerEnvelope: counter,
    addresses: PROPOSAL.addresses,
  });
});

describe('a hostile counter-signature seals nothing and frees the seat', () => {
  type Counter = (payload: Uint8Array) => Up;
  const sign = (payload: Uint8Array, signer = identityOf(2)): Up => ({
    type: 'counter-signature',
    agreement: sealBytes(signer, 'kiln/agreement/1', payload),
  });
  const other = (change: Partial<Agreement>) => encode({ ...AGREEMENT, ...change });
  const hostile: [string, Counter, string[]][] = [
    ['over a higher price', () => sign(other({ pricePerUnit: 10n ** 9n })), ['terms-differ']],
    ['over another payee', () => sign(other({ payee: `0x${'66'.repeat(20)}` })), ['terms-differ']],
    ['over another nonce', () => sign(other({ nonce: new Uint8Array(16) })), ['terms-differ']],
    ['by a third peer', (payload) => sign(payload, identityOf(9)), ['terms-differ']],
    ['by the requestor itself, sent back', (payload) => sign(payload, identityOf(1)), ['terms-differ']],
    [
      'whose signature is broken',
      (payload) => {
        const agreement = sealBytes(identityOf(2), 'kiln/agreement/1', payload);
        return { type: 'counter-signature', agreement: { ...agreement, signature: new Uint8Array(64) } };
      },
      ['terms-differ'],
    ],
    [
      'made for another domain',
      (payload) => ({
        type: 'counter-signature',
        agreement: sealBytes(identityOf(2), 'kiln/proposal/1', payload),
      }),
      ['terms-differ'],
    ],
    ['over bytes that are no agreement', () => sign(new Uint8Array(100)), ['terms-differ']],
    ['that is a refusal', () => ({ type: 'refusal', reason: 'busy', detail: '' }), []],
    ['that is a second proposal', () => propose(), []],
    ['that is no message', () => ({ type: 'gift' }) as unknown as Up, ['terms-differ']],
  ];
  test.each(hostile)('%s', async (_, counter, answers) => {
    const { channel, heard } = await dial();
    await channel.send(propose());
    await clock.settle();
    const { agreement } = heard[0] as Extract<Down, { type: 'agreement' }>;
    await channel.send(counter(agreement.payload));
    await clock.settle();
    expect([log, reasons(heard).slice(1), ended]).toEqual([['released'], answers, 1]);
  });
  test('that never comes', async () => {
    const { channel, heard } = await dial();
    await channel.send(propose());
    await clock.advance(NEGOTIATION_TIMEOUT_MS - 1);
    expect(log).toEqual([]);
    await clock.advance(1);
    expect([log, reasons(heard), ended]).toEqual([['released'], ['agreement', 'terms-differ'], 1]);
  });
  test('of a peer that vanished', async () => {
    const { channel } = await dial();
    await channel.send(propose());
    await clock.settle();
    network.breakStreams(provider.identity.peer);
    await clock.settle();
    expect([log, ended]).toEqual([['released'], 1]);
  });
  test('that cannot be stored is not called sealed', async () => {
    answer = async () => ({
      agreement: AGREEMENT,
      seal: () => Promise.reject(new Error('no room')),
      release: () => log.push('released'),
    });
    const { channel, heard } = await dial();
    await channel.send(propose());
    await clock.settle();
    const { agreement } = heard[0] as Extract<Down, { type: 'agreement' }>;
    await channel.send(sign(agreement.payload));
    await clock.settle();
    expect([log, reasons(heard)]).toEqual([['released'], ['agreement', 'terms-differ']]);
  });
});

describe('a proposal is not even looked at', () => {
  test.each([
    [
      'signed by another peer than the one that sends it',
      () => propose({}, identityOf(9)),
      ['bad-signature'],
    ],
    ['for another provider', () => propose({ provider: identityOf(9).peer }), ['bad-signature']],
    [
      'of another peer, passed on',
      () => propose({ provider: identityOf(9).peer }, identityOf(9)),
      ['bad-signature'],
    ],
    [
      'signed for another domain',
      (): Up => ({ type: 'proposal', proposal: seal(identityOf(2), 'kiln/agreement/1', PROPOSAL) }),
      ['terms-differ'],
    ],
    ['without slots', () => propose({ slots: 0 }), ['terms-differ']],
    [
      'that is a counter-signature',
      (): Up => ({
        type: 'counter-signature',
        agreement: seal(identityOf(2), 'kiln/agreement/1', AGREEMENT),
      }),
      [],
    ],
  ])('%s', async (_, message, answers) => {
    const { channel, heard } = await dial();
    await channel.send(message());
    await clock.settle();
    expect([proposals, reasons(heard), ended]).toEqual([[], answers, 1]);
  });
  test('that never comes: the stream ends in time', async () => {
    await dial();
    await clock.advance(NEGOTIATION_TIMEOUT_MS);
    expect([proposals, ended]).toEqual([[], 1]);
    await clock.advance(60_000);
    expect([network.openStreams(), clock.armed]).toEqual([0, 0]);
  });
});

test('a refusal is told with its reason, and no seat was taken', async () => {
  answer = async () => ({ refusal: { reason: 'seats-filled', detail: 'all filled' } });
  const { channel, heard } = await dial();
  await channel.send(propose());
  await clock.settle();
  expect([heard, log]).toEqual([[{ type: 'refusal', reason: 'seats-filled', detail: 'all filled' }], []]);
});

test('an answer that throws ends the negotiation and nothing else', async () => {
  answer = () => Promise.reject(new Error('x'.repeat(1_000)));
  const { channel, heard } = await dial();
  await channel.send(propose());
  await clock.settle();
  expect([reasons(heard), ended]).toEqual([['terms-differ'], 1]);
});
