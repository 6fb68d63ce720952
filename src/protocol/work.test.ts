import { describe, expect, test } from 'vitest';
import {
  MAX_COMMIT_ENTRIES,
  MAX_OPEN_LEASES,
  MAX_OUTPUT_FILES,
  MAX_PROOF_LEVELS,
  MAX_REASON_CHARS,
  MAX_TASKS_PER_JOB,
  MAX_TASKS_PER_LEASE,
  MAX_WORK_FRAME_BYTES,
} from './constants.ts';
import { encode } from './codec.ts';
import {
  ADDRESS,
  type Bound,
  brokenBounds,
  changed,
  countBounds,
  DIGEST_HEX,
  ENVELOPE,
  PROVIDER,
  SOME_CID,
  verdictOn,
} from './messages.fixture.ts';
import { commitSchema, signedVoucherSchema, WORK } from './work.ts';

const many = <T>(count: number, one: T): T[] => new Array<T>(count).fill(one);
const taskBounds = (path: string) => countBounds(path, MAX_TASKS_PER_JOB - 1);
const leaseBounds = (path: string): Bound[] => [
  [path, 'a'.repeat(32), 'a'.repeat(33)],
  [path, 'z9', ''],
  [path, '0', 'A'],
  [path, '0', 'a/b'],
  [path, '0', 7],
];
const tasksBounds: Bound[] = [
  ['tasks', many(MAX_TASKS_PER_LEASE, 0), many(MAX_TASKS_PER_LEASE + 1, 0)],
  ['tasks', [0], []],
  ...taskBounds('tasks.0'),
];
const reasonBounds: Bound[] = [
  ['reason', 'x'.repeat(MAX_REASON_CHARS), 'x'.repeat(MAX_REASON_CHARS + 1)],
  ['reason', '', 5],
];
const output = { path: 'out', cid: SOME_CID, bytes: 1 };
const revealed = {
  task: 0,
  nonce: new Uint8Array(16),
  result: { exit: { kind: 'ok' }, outputs: [output] },
  inline: { out: Uint8Array.of(1) },
};
const voucher = { payer: ADDRESS, payee: ADDRESS, amount: 3n, issued: 4n, signature: new Uint8Array(65) };
const sibling = { hash: new Uint8Array(32), sum: 1n, isLeft: true };
const failure = (message: string) => ({ kind: 'trap', message });
const verdict = { lease: 'a', task: 0, outcome: 'accepted' };
const envelopeBounds = (path: string): Bound[] => [
  [path, ENVELOPE, {}],
  [`${path}.domain`, 'x'.repeat(40), 'x'.repeat(41)],
  [`${path}.payload`, new Uint8Array(0), 'text'],
  [`${path}.publicKey`, new Uint8Array(32), new Uint8Array(33)],
  [`${path}.signature`, new Uint8Array(64), new Uint8Array(63)],
  [path, ENVELOPE, { ...ENVELOPE, note: 1 }],
];
const either: Record<string, readonly [object, Bound[]]> = {
  receipt: [{ type: 'receipt', receipt: ENVELOPE }, envelopeBounds('receipt')],
  drain: [{ type: 'drain', reason: 'x' }, reasonBounds],
  ping: [{ type: 'ping', nonce: 0 }, countBounds('nonce')],
  pong: [{ type: 'pong', nonce: 0 }, countBounds('nonce')],
};

/** Each message of a provider with each of its bounds. */
const up: Record<string, readonly [object, Bound[]]> = {
  ...either,
  hello: [
    { type: 'hello', agreement: DIGEST_HEX, leases: ['a'] },
    [
      ['agreement', DIGEST_HEX, DIGEST_HEX.slice(1)],
      ['agreement', DIGEST_HEX, DIGEST_HEX.toUpperCase()],
      ['leases', many(MAX_OPEN_LEASES, 'a'), many(MAX_OPEN_LEASES + 1, 'a')],
      ...leaseBounds('leases.0'),
    ],
  ],
  renewed: [{ type: 'renewed', agreement: ENVELOPE }, envelopeBounds('agreement')],
  cover: [{ type: 'cover', missing: 1n }, [['missing', 0n, 7]]],
  ready: [{ type: 'ready', slots: 1 }, countBounds('slots', 256)],
  progress: [
    { type: 'progress', lease: 'a', task: 0, done: 0.5 },
    [
      ...leaseBounds('lease'),
      ...taskBounds('task'),
      ['done', 1, 1.01],
      ['done', 0, -0.01],
      ['done', 0, 'all'],
    ],
  ],
  commit: [
    { type: 'commit', commit: ENVELOPE, wallMs: 1.5 },
    [
      ['wallMs', 0, -1],
      ['wallMs', 1e300, 'long'],
      ['commit', ENVELOPE, {}],
      ['commit.signature', new Uint8Array(64), new Uint8Array(65)],
    ],
  ],
  results: [
    { type: 'results', lease: 'a', entries: [revealed] },
    [
      ...leaseBounds('lease'),
      ['entries', many(MAX_TASKS_PER_LEASE, revealed), many(MAX_TASKS_PER_LEASE + 1, revealed)],
      ['entries', [revealed], []],
      ...taskBounds('entries.0.task'),
      ['entries.0.nonce', new Uint8Array(16), new Uint8Array(15)],
      ['entries.0.nonce', new Uint8Array(16), new Uint8Array(17)],
      ['entries.0.inline', {}, null],
      ['entries.0.inline', { 'a/b': Uint8Array.of(1) }, { '../b': Uint8Array.of(1) }],
      ['entries.0.inline', { a: new Uint8Array(0) }, { a: 'text' }],
      ['entries.0.inline', files(MAX_OUTPUT_FILES), files(MAX_OUTPUT_FILES + 1)],
      ['entries.0.result.outputs', many(MAX_OUTPUT_FILES, output), many(MAX_OUTPUT_FILES + 1, output)],
      ['entries.0.result.outputs.0.path', 'a/b.c', '/a'],
      ['entries.0.result.outputs.0.cid', SOME_CID, 'x'],
      ...countBounds('entries.0.result.outputs.0.bytes'),
      ['entries.0.result.exit', { kind: 'exit-code', code: -1 }, { kind: 'exit-code', code: 1.5 }],
      ['entries.0.result.exit', failure('x'.repeat(300)), failure('x'.repeat(301))],
      ['entries.0.result.exit', { kind: 'ok' }, { kind: 'ok', message: 'and more' }],
      ['entries.0.result.exit', { kind: 'timeout', message: '' }, { kind: 'bored', message: '' }],
    ],
  ],
  failed: [
    { type: 'failed', lease: 'a', tasks: [0], reason: 'x' },
    [...leaseBounds('lease'), ...tasksBounds, ...reasonBounds],
  ],
};

/** Each message of a requestor with each of its bounds. */
const down: Record<string, readonly [object, Bound[]]> = {
  ...either,
  lease: [
    { type: 'lease', lease: 'a', tasks: [0], deadlineMs: 1_000, holders: [] },
    [
      ...leaseBounds('lease'),
      ...tasksBounds,
      ...countBounds('deadlineMs', Number.MAX_SAFE_INTEGER, 1),
      ['holders', many(8, PROVIDER.peer), many(9, PROVIDER.peer)],
      ['holders', [], ['nobody']],
    ],
  ],
  reveal: [
    { type: 'reveal', lease: 'a', tasks: [0], withBytes: true },
    [...leaseBounds('lease'), ...tasksBounds, ['withBytes', false, 0]],
  ],
  verdict: [
    { type: 'verdict', entries: [verdict] },
    [
      ['entries', many(MAX_TASKS_PER_LEASE, verdict), many(MAX_TASKS_PER_LEASE + 1, verdict)],
      ['entries', [verdict], []],
      ...leaseBounds('entries.0.lease'),
      ...taskBounds('entries.0.task'),
      ['entries.0.outcome', 'not-needed', 'fine'],
      ['entries.0.outcome', 'provisional', 'Provisional'],
      ['entries.0.reason', 'x'.repeat(300), 'x'.repeat(301)],
      ['entries.0', { ...verdict, reason: '' }, { ...verdict, price: 1 }],
    ],
  ],
  voucher: [
    { type: 'voucher', voucher, agreement: 'd'.repeat(64), tasks: 1 },
    [
      ...countBounds('tasks', 1_000_000),
      ['agreement', '0'.repeat(64), '0'.repeat(63)],
      ['agreement', 'd'.repeat(64), 'D'.repeat(64)],
      ['voucher', voucher, { ...voucher, chainId: 1 }],
      ['voucher.amount', 0n, 7],
      ['voucher.issued', 2n ** 128n - 1n, new Uint8Array(17)],
      ['voucher.payer', ADDRESS, '0x12'],
      ['voucher.payee', ADDRESS, '0x12'],
      ['voucher.signature', new Uint8Array(65), new Uint8Array(64)],
      ['voucher.signature', new Uint8Array(65), new Uint8Array(66)],
    ],
  ],
  renewal: [{ type: 'renewal', agreement: ENVELOPE }, envelopeBounds('agreement')],
  covered: [
    {
      type: 'covered',
      root: new Uint8Array(32),
      limit: 1n,
      total: 2n,
      until: 0,
      siblings: [sibling],
    },
    [
      ['root', new Uint8Array(32), new Uint8Array(31)],
      ['limit', 2n ** 128n - 1n, new Uint8Array(17)],
      ['total', 0n, 7],
      ...countBounds('until', 2 ** 40 - 1),
      ['siblings', many(MAX_PROOF_LEVELS, sibling), many(MAX_PROOF_LEVELS + 1, sibling)],
      ['siblings', [], null],
      ['siblings.0', sibling, { ...sibling, depth: 1 }],
      ['siblings.0.hash', new Uint8Array(32), new Uint8Array(33)],
      ['siblings.0.sum', 0n, 7],
      ['siblings.0.isLeft', false, 0],
    ],
  ],
  cancel: [
    { type: 'cancel', leases: ['a'] },
    [
      ['leases', many(MAX_OPEN_LEASES, 'a'), many(MAX_OPEN_LEASES + 1, 'a')],
      ['leases', ['a'], []],
      ...leaseBounds('leases.0'),
    ],
  ],
};

function files(count: number): Record<string, Uint8Array> {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`f${i}`, new Uint8Array(0)]));
}

describe.each([
  ['a provider says', WORK.toListener, up],
  ['a requestor says', WORK.toDialer, down],
] as const)('what %s', (_, schema, messages) => {
  test.each(Object.entries(messages))('%s: each bound, and nothing beside', (_name, [message, bounds]) => {
    expect(brokenBounds(schema, message, bounds)).toEqual([]);
    expect(verdictOn(schema, { ...message, extra: 1 })).toBe('protocol/invalid at extra');
    for (const name of Object.keys(message))
      expect(verdictOn(schema, changed(message, name, undefined))).toBe(`protocol/invalid at ${name}`);
  });
  test('what is none of these is refused', () => {
    for (const type of ['steal', '', 7, null])
      expect(verdictOn(schema, { type })).toBe('protocol/invalid at type');
    expect(verdictOn(schema, [])).toMatch(/^protocol\/invalid/);
    expect(verdictOn(schema, 'hello')).toMatch(/^protocol\/invalid/);
  });
  test('every message of this direction is tested here', () => {
    const types = schema.options.map(({ entries }) => entries.type.literal);
    expect(types.toSorted()).toEqual(Object.keys(messages).toSorted());
  });
});

test('nobody may say what the other side says', () => {
  for (const name of ['lease', 'reveal', 'verdict', 'voucher', 'covered', 'cancel', 'renewal'])
    expect(verdictOn(WORK.toListener, down[name]![0])).toBe('protocol/invalid at type');
  for (const name of ['hello', 'ready', 'progress', 'commit', 'results', 'failed', 'renewed'])
    expect(verdictOn(WORK.toDialer, up[name]![0])).toBe('protocol/invalid at type');
});

test('the signed commitment of a lease is bounded', () => {
  const entry = { task: 0, commitment: new Uint8Array(32) };
  const commit = { agreement: DIGEST_HEX, lease: 'a', entries: [entry] };
  expect(
    brokenBounds(commitSchema, commit, [
      ['agreement', DIGEST_HEX, `${DIGEST_HEX}0`],
      ...leaseBounds('lease'),
      ['entries', many(MAX_COMMIT_ENTRIES, entry), many(MAX_COMMIT_ENTRIES + 1, entry)],
      ['entries', [entry], []],
      ['entries.0', entry, { ...entry, digest: new Uint8Array(32) }],
      ...taskBounds('entries.0.task'),
      ['entries.0.commitment', new Uint8Array(32), new Uint8Array(31)],
    ]),
  ).toEqual([]);
  expect(verdictOn(signedVoucherSchema, voucher)).toBe('accepted');
});

test('the largest lease, commitment and reveal fit their frame', () => {
  const tasks = many(MAX_TASKS_PER_LEASE, MAX_TASKS_PER_JOB - 1);
  const entries = tasks.map((task) => ({ task, commitment: new Uint8Array(32) }));
  const commit = encode({ agreement: DIGEST_HEX, lease: 'a'.repeat(32), entries });
  const verdicts = tasks.map((task) => ({
    ...verdict,
    lease: 'a'.repeat(32),
    task,
    reason: 'x'.repeat(300),
  }));
  const frames = [
    { ...down.lease![0], tasks },
    { ...down.reveal![0], tasks },
    { type: 'verdict', entries: verdicts },
    { type: 'commit', commit: { ...ENVELOPE, payload: commit }, wallMs: 1 },
  ];
  for (const frame of frames) expect(encode(frame).byteLength).toBeLessThan(MAX_WORK_FRAME_BYTES);
  // An envelope has a limit of its own.
  expect(verdictOn(WORK.toListener, frames[3])).toBe('accepted');
});
