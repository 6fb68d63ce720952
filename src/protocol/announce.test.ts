import { describe, expect, test } from 'vitest';
import { concat } from '../base/bytes.ts';
import type { KilnError } from '../base/errors.ts';
import { LARGEST_CAPABILITIES, LARGEST_REQUIREMENTS } from './capabilities.fixture.ts';
import { demandSchema, demandTopic, offerSchema, openDemand, openOffer } from './announce.ts';
import {
  MAX_ADDRESS_CHARS,
  MAX_ADDRESSES,
  MAX_ANNOUNCEMENT_BYTES,
  MAX_ANNOUNCEMENT_LIFETIME_MS,
  MAX_CLOCK_SKEW_MS,
  MAX_INPUT_BLOBS,
  MAX_NAME_CHARS,
  MAX_RECORD_BYTES,
} from './constants.ts';
import { type Domain, encodeEnvelope, seal } from './envelope.ts';
import type { Identity } from './identity.ts';
import {
  type Bound,
  brokenBounds,
  changed,
  countBounds,
  DEMAND,
  identityOf,
  LAST_TIME_MS,
  NOW_MS,
  OFFER,
  PROVIDER,
  REQUESTOR,
  SOME_CID,
  verdictOn,
} from './messages.fixture.ts';

interface Times {
  readonly issuedAt?: number;
  readonly expiresAt?: number;
}

/** The two kinds of announcement, which share their rules. */
const kinds = [
  {
    name: 'a demand',
    origin: REQUESTOR,
    domain: 'kiln/demand/1' as Domain,
    message: (times: Times) => ({ ...DEMAND, ...times }),
    open: openDemand,
  },
  {
    name: 'an offer',
    origin: PROVIDER,
    domain: 'kiln/offer/1' as Domain,
    message: (times: Times) => ({ ...OFFER, ...times }),
    open: openOffer,
  },
];

describe.each(kinds)('$name', ({ origin, domain, message, open }) => {
  const bytesOf = (one: unknown, signer: Identity = origin, as = domain) =>
    encodeEnvelope(seal(signer, as, one));
  const codeOf = (bytes: Uint8Array, nowMs = NOW_MS) =>
    open(bytes, nowMs).then(
      () => 'none',
      (error: KilnError) => error.code,
    );

  test('opens with what it says and who says it', async () => {
    const opened = await open(bytesOf(message({})), NOW_MS);
    expect(opened.message).toEqual(message({}));
    expect(opened.signer).toBe(origin.peer);
  });
  test('must be signed by the peer it speaks for', async () => {
    expect(await codeOf(bytesOf(message({}), identityOf(9)))).toBe('announce/wrong-signer');
  });
  test('holds up to its end and not at it', async () => {
    const bytes = bytesOf(message({}));
    expect(await codeOf(bytes, NOW_MS + 59_999)).toBe('none');
    expect(await codeOf(bytes, NOW_MS + 60_000)).toBe('announce/expired');
  });
  test('lives two minutes at most', async () => {
    const lives = (lifeMs: number) => bytesOf(message({ issuedAt: NOW_MS, expiresAt: NOW_MS + lifeMs }));
    expect(await codeOf(lives(MAX_ANNOUNCEMENT_LIFETIME_MS))).toBe('none');
    expect(await codeOf(lives(MAX_ANNOUNCEMENT_LIFETIME_MS + 1))).toBe('announce/bad-lifetime');
    expect(await codeOf(bytesOf(message({ issuedAt: 0, expiresAt: LAST_TIME_MS })))).toBe(
      'announce/bad-lifetime',
    );
  });
  test('may come from a clock that is half a minute ahead, no more', async () => {
    const ahead = (byMs: number) =>
      bytesOf(message({ issuedAt: NOW_MS + byMs, expiresAt: NOW_MS + byMs + 1_000 }));
    expect(await codeOf(ahead(MAX_CLOCK_SKEW_MS))).toBe('none');
    expect(await codeOf(ahead(MAX_CLOCK_SKEW_MS + 1))).toBe('announce/bad-lifetime');
  });
  test('of the other kind is refused by its domain', async () => {
    const other: Domain = domain === 'kiln/offer/1' ? 'kiln/demand/1' : 'kiln/offer/1';
    expect(await codeOf(bytesOf(message({}), origin, other))).toBe('envelope/wrong-domain');
  });
  test('is refused by size, form, signature and schema, each by its own name', async () => {
    const bytes = bytesOf(message({}));
    expect(await codeOf(new Uint8Array(MAX_ANNOUNCEMENT_BYTES + 1))).toBe('protocol/too-large');
    expect(await codeOf(bytes.subarray(1))).toBe('protocol/malformed');
    expect(await codeOf(concat([bytes, Uint8Array.of(0)]))).toBe('protocol/malformed');
    const forged = { ...seal(origin, domain, message({})), signature: new Uint8Array(64) };
    expect(await codeOf(encodeEnvelope(forged))).toBe('envelope/bad-signature');
    expect(await codeOf(bytesOf({ ...message({}), expiresAt: 'soon' }))).toBe('protocol/invalid');
    expect(await codeOf(bytesOf({ ...message({}), note: 'hello' }))).toBe('protocol/invalid');
  });
});

const peerBounds = (path: string): Bound[] => [
  [path, identityOf(8).peer, ''],
  [path, identityOf(8).peer, `${identityOf(8).peer}x`],
  [path, identityOf(8).peer, 'QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG'],
  [path, identityOf(8).peer, identityOf(8).peer.replace(/.$/, '0')],
];
const addressBounds = (path: string): Bound[] => [
  [path, `0x${'AB'.repeat(20)}`, `0x${'ab'.repeat(19)}`],
  [path, `0x${'00'.repeat(20)}`, `0x${'ab'.repeat(21)}`],
  [path, `0x${'00'.repeat(20)}`, 'ab'.repeat(20)],
  [path, `0x${'00'.repeat(20)}`, `0x${'zz'.repeat(20)}`],
];
const amountBounds = (path: string): Bound[] => [
  [path, 0n, 5],
  [path, 2n ** 128n - 1n, new Uint8Array(15)],
  [path, 1n, new Uint8Array(17)],
];
const times: Bound[] = [...countBounds('issuedAt', LAST_TIME_MS), ...countBounds('expiresAt', LAST_TIME_MS)];
const addresses: Bound[] = [
  ['addresses', new Array(MAX_ADDRESSES).fill('/a'), new Array(MAX_ADDRESSES + 1).fill('/a')],
  ['addresses', [`/${'a'.repeat(MAX_ADDRESS_CHARS - 1)}`], [`/${'a'.repeat(MAX_ADDRESS_CHARS)}`]],
  ['addresses', [], ['http://example.org']],
  ['addresses', [], null],
];

const groups: Bound[] = [
  ['group', { id: '0f'.repeat(16), proof: new Uint8Array(32) }, {}],
  ['group', undefined, { id: '0f'.repeat(16), proof: new Uint8Array(31) }],
  ['group', undefined, { id: '0f'.repeat(16), proof: new Uint8Array(33) }],
  ['group', undefined, { id: '0f'.repeat(15), proof: new Uint8Array(32) }],
  ['group', undefined, { id: '0F'.repeat(16), proof: new Uint8Array(32) }],
  ['group', undefined, { id: '0f'.repeat(16), proof: new Uint8Array(32), key: 'x' }],
];
const records: Bound[] = [
  ['record', { cid: SOME_CID, bytes: MAX_RECORD_BYTES }, { cid: SOME_CID, bytes: MAX_RECORD_BYTES + 1 }],
  ['record', undefined, { cid: 'x', bytes: 1 }],
  ['record', undefined, { cid: SOME_CID, bytes: -1 }],
  ['record', undefined, { cid: SOME_CID, bytes: 1, name: 'x' }],
];
describe('the limits of', () => {
  test('a demand', () => {
    const blob = { cid: SOME_CID, bytes: 1 };
    const quorum = { kind: 'quorum', need: 2, limit: 3, auditRate: 0 };
    const tolerance = { class: 'tolerance', rtol: 0, atol: 0, maxOutliers: 0 };
    const policies: Bound[] = [
      ['policy', { ...quorum, need: 1 }, { ...quorum, need: 0 }],
      ['policy', { ...quorum, need: 9 }, { ...quorum, need: 10 }],
      ['policy', { ...quorum, need: 2 }, { ...quorum, need: 1.5 }],
      ['policy', { ...quorum, limit: 1 }, { ...quorum, limit: 0 }],
      ['policy', { ...quorum, limit: 15 }, { ...quorum, limit: 16 }],
      ['policy', { ...quorum, auditRate: 1 }, { ...quorum, auditRate: 1.01 }],
      ['policy', { kind: 'adaptive', auditRate: 0 }, { kind: 'adaptive', auditRate: -0.01 }],
      ['policy', { kind: 'trust', auditRate: 0.5 }, { kind: 'trust' }],
      ['policy', { kind: 'trust', auditRate: 0 }, { kind: 'trust', auditRate: 0, need: 1 }],
      ['policy', { kind: 'trust', auditRate: 0 }, { kind: 'faith', auditRate: 0 }],
      ['comparator', tolerance, { ...tolerance, rtol: 1.1 }],
      ['comparator', { ...tolerance, rtol: 1 }, { ...tolerance, rtol: -1 }],
      ['comparator', { ...tolerance, atol: 1e300 }, { ...tolerance, atol: -1 }],
      ['comparator', { ...tolerance, maxOutliers: 1 }, { ...tolerance, maxOutliers: 2 }],
      ['comparator', { ...tolerance, maxMeanError: 0 }, { ...tolerance, maxMeanError: -1 }],
      ['comparator', { class: 'exact' }, { class: 'exact', rtol: 0 }],
      ['comparator', { class: 'exact' }, { class: 'kind' }],
    ];
    expect(
      brokenBounds(demandSchema, DEMAND, [
        ...peerBounds('requestor'),
        ...addresses,
        ['job', SOME_CID, `${SOME_CID}a`],
        ['job', SOME_CID, 'x'.repeat(101)],
        ['name', 'x'.repeat(MAX_NAME_CHARS), 'x'.repeat(MAX_NAME_CHARS + 1)],
        ['name', 'x', ''],
        ['name', 'Zażółć 火', 'a\nb'],
        ['name', 'x', 'a\u007fb'],
        ['name', 'x', '\u0000'],
        ['kind', 'wgsl', 'docker'],
        ['requirements', LARGEST_REQUIREMENTS, { colour: 4 }],
        ...groups,
        ...records,
        ...countBounds('microUnitsPerTask', 1e15, 1),
        ...countBounds('tasksLeft'),
        ...countBounds('seats.total'),
        ...countBounds('seats.filled'),
        ['seats', { total: 1, filled: 1 }, { total: 1, filled: 1, kept: 1 }],
        ['seats', { total: 2, filled: 1, forNewcomers: true }, { total: 2, filled: 1, forNewcomers: 1 }],
        ...amountBounds('priceCeiling'),
        ...policies,
        ...countBounds('payment.chainId'),
        ...['pool', 'payer', 'sessionKey'].flatMap((name) => addressBounds(`payment.${name}`)),
        ['blobs', new Array(MAX_INPUT_BLOBS).fill(blob), new Array(MAX_INPUT_BLOBS + 1).fill(blob)],
        ['blobs', [], [{ ...blob, name: 'x' }]],
        ...countBounds('blobs.0.bytes'),
        ['blobs.0.cid', SOME_CID, 'x'],
        ...times,
      ]),
    ).toEqual([]);
  });

  test('an offer', () => {
    const kind = OFFER.kinds[0]!;
    expect(
      brokenBounds(offerSchema, OFFER, [
        ...peerBounds('provider'),
        ...addresses,
        ...addressBounds('payee'),
        ...countBounds('chainId'),
        ['kinds', new Array(4).fill(kind), new Array(5).fill(kind)],
        ['kinds', [], [{ ...kind, cores: 4 }]],
        ['kinds.0.kind', 'wgsl', 'docker'],
        ...countBounds('kinds.0.microUnitsPerSecond'),
        ...amountBounds('kinds.0.pricePerUnit'),
        ...countBounds('slots.total'),
        ...countBounds('slots.free'),
        ['gpu', 'x'.repeat(120), 'x'.repeat(121)],
        ['gpu', '', null],
        ...countBounds('memoryBytes'),
        ['capabilities', LARGEST_CAPABILITIES, { ...LARGEST_CAPABILITIES, colour: 1 }],
        ['capabilities', undefined, { ...LARGEST_CAPABILITIES, cores: undefined }],
        ...countBounds('since', LAST_TIME_MS),
        ...times,
      ]),
    ).toEqual([]);
  });

  test.each([
    ['a demand', demandSchema, DEMAND],
    ['an offer', offerSchema, OFFER],
  ] as const)('%s: every property of it must be there', (_, schema, message) => {
    for (const name of Object.keys(message))
      expect(verdictOn(schema, changed(message, name, undefined))).toBe(`protocol/invalid at ${name}`);
  });
  test('the largest sound demand and offer fit their frames', () => {
    const blobs = new Array(MAX_INPUT_BLOBS).fill({ cid: SOME_CID, bytes: Number.MAX_SAFE_INTEGER });
    const long = new Array(MAX_ADDRESSES).fill(`/${'a'.repeat(MAX_ADDRESS_CHARS - 1)}`);
    const demand = {
      ...DEMAND,
      ...{ blobs, addresses: long, name: '火'.repeat(MAX_NAME_CHARS) },
      requirements: LARGEST_REQUIREMENTS,
      group: { id: '0f'.repeat(16), proof: new Uint8Array(32) },
      record: { cid: SOME_CID, bytes: MAX_RECORD_BYTES },
    };
    const offer = { ...OFFER, addresses: long, capabilities: LARGEST_CAPABILITIES };
    expect([verdictOn(demandSchema, demand), verdictOn(offerSchema, offer)]).toEqual([
      'accepted',
      'accepted',
    ]);
    for (const one of [seal(REQUESTOR, 'kiln/demand/1', demand), seal(PROVIDER, 'kiln/offer/1', offer)])
      expect(encodeEnvelope(one).byteLength).toBeLessThan(MAX_ANNOUNCEMENT_BYTES);
  });
});

test('each kind of job has its topic', () => {
  expect([demandTopic('wasi'), demandTopic('wgsl')]).toEqual(['kiln/1/demand/wasi', 'kiln/1/demand/wgsl']);
});
