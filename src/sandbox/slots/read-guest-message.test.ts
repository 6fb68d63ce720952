import { describe, expect, test } from 'vitest';
import { effectiveLimits } from '../../job/limits.ts';
import { MAX_OUTPUT_FILES } from '../../protocol/constants.ts';
import { MAX_STDOUT_BYTES } from '../limits.ts';
import type { TaskInput, WasiLoad } from '../messages.ts';
import { readGuestMessage } from './read-guest-message.ts';

const limits = effectiveLimits({ outputBytes: 1_000, fuel: 5_000 });
const load: WasiLoad = {
  kind: 'wasi',
  module: new Uint8Array(0),
  files: [],
  outputs: ['stdout', 'out/*.png'],
  needsSeed: false,
  limits,
};
const task: TaskInput = {
  parameters: {},
  seed: new Uint8Array(0),
  args: [],
  env: [],
  contents: {},
  steps: 3,
};
const bytes = new Uint8Array(10);
const honest = {
  exit: { kind: 'ok' },
  outputs: [
    { path: 'out/1.png', bytes },
    { path: 'stdout', bytes },
  ],
  wallMs: 1.5,
  fuelUsed: 5_000,
  chunks: { count: 3, digest: new Uint8Array(32) },
  witness: new Uint8Array(32),
  stderr: bytes,
};
const done = (outcome: unknown) => ({ type: 'done', id: 1, outcome });
const read = (data: unknown, given: TaskInput = task) => readGuestMessage(data, load, given);

test('what a worker says passes as it is', () => {
  for (const message of [
    { type: 'ready' },
    { type: 'stopped', id: 1 },
    { type: 'progress', id: 1, done: 0.5 },
    { type: 'chunks', id: 1, first: 0, digests: ['ab'.repeat(32)] },
    { type: 'calls', id: 1, lines: ['fd_close(3) = 0'] },
    done(honest),
    done({ exit: { kind: 'trap', message: 'unreachable' }, outputs: [], wallMs: 0 }),
  ]) {
    expect(read(message)).toEqual(message);
  }
});

describe('what none says is nothing', () => {
  test.each<[string, unknown]>([
    ['no object', 'done'],
    ['nothing', null],
    ['an unknown type', { type: 'vote' }],
    ['an id that is none', { type: 'stopped', id: '1' }],
    ['progress beyond the end', { type: 'progress', id: 1, done: 2 }],
    ['progress without a number', { type: 'progress', id: 1, done: Number.NaN }],
    ['digests that are none', { type: 'chunks', id: 1, first: 0, digests: ['x'] }],
    ['a chunk before the first', { type: 'chunks', id: 1, first: -1, digests: [] }],
    ['lines that are none', { type: 'calls', id: 1, lines: [{}] }],
    ['a line without end', { type: 'calls', id: 1, lines: ['x'.repeat(100_000)] }],
    ['no outcome', done(undefined)],
  ])('%s', (_, message) => expect(read(message)).toBeUndefined());

  test.each<[string, object]>([
    ['an unknown exit', { exit: { kind: 'won' } }],
    ['an exit with more in it', { exit: { kind: 'ok', code: 1 } }],
    ['an endless message', { exit: { kind: 'trap', message: 'x'.repeat(10_000) } }],
    ['outputs that are no list', { outputs: { length: 1 } }],
    ['an output that is no bytes', { outputs: [{ path: 'stdout', bytes: { byteLength: 5 } }] }],
    ['an output of another type', { outputs: [{ path: 'stdout', bytes: new Uint16Array(2) }] }],
    ['an output that the job does not name', { outputs: [{ path: 'secret', bytes }] }],
    ['an output above the folder', { outputs: [{ path: 'out/../1.png', bytes }] }],
    [
      'an output twice',
      {
        outputs: [
          { path: 'stdout', bytes },
          { path: 'stdout', bytes },
        ],
      },
    ],
    [
      'too many outputs',
      {
        outputs: Array.from({ length: MAX_OUTPUT_FILES + 1 }, (_, i) => ({
          path: `out/${100 + i}.png`,
          bytes,
        })),
      },
    ],
    ['too much output', { outputs: [{ path: 'stdout', bytes: new Uint8Array(1_001 + MAX_STDOUT_BYTES) }] }],
    ['time that runs back', { wallMs: -1 }],
    ['time without end', { wallMs: Number.POSITIVE_INFINITY }],
    ['more fuel than there was', { fuelUsed: 5_001 }],
    ['fuel in parts', { fuelUsed: 0.5 }],
    ['more chunks than steps', { chunks: { count: 4, digest: new Uint8Array(32) } }],
    ['half a digest', { chunks: { count: 3, digest: new Uint8Array(16) } }],
    ['a witness of another size', { witness: new Uint8Array(33) }],
    ['a numeric class that is none', { numericClass: 'mine' }],
    ['endless complaints', { stderr: new Uint8Array(1_000_000) }],
  ])('%s', (_, part) => expect(read(done({ ...honest, ...part }))).toBeUndefined());

  test('chunks of a program without steps', () => {
    const { steps: _, ...command } = task;
    expect(read(done(honest), command)).toBeUndefined();
    expect(read(done({ exit: honest.exit, outputs: [], wallMs: 0 }), command)).toBeDefined();
  });

  test('fields that it does not have are left out', () => {
    const given = done({ exit: honest.exit, outputs: [], wallMs: 0, isPaid: true });
    expect(read(given)).toEqual(done({ exit: honest.exit, outputs: [], wallMs: 0 }));
  });
});
