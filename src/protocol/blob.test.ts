import { describe, expect, test } from 'vitest';
import { BLOB, BLOB_PIECE_BYTES } from './blob.ts';
import { encode } from './codec.ts';
import { type Bound, brokenBounds, changed, countBounds, SOME_CID, verdictOn } from './messages.fixture.ts';

const id = countBounds('id');
const requests: Record<string, readonly [object, Bound[]]> = {
  get: [
    { type: 'get', id: 0, cid: SOME_CID, offset: 0 },
    [
      ...id,
      ...countBounds('offset'),
      ['cid', SOME_CID, '../../etc/passwd'],
      ['cid', SOME_CID, 'x'.repeat(101)],
    ],
  ],
  ack: [{ type: 'ack', bytes: 0 }, countBounds('bytes')],
  cancel: [{ type: 'cancel', id: 0 }, id],
};
const answers: Record<string, readonly [object, Bound[]]> = {
  data: [
    { type: 'data', id: 0, bytes: Uint8Array.of(1), isLast: false },
    [
      ...id,
      ['bytes', new Uint8Array(BLOB_PIECE_BYTES), new Uint8Array(BLOB_PIECE_BYTES + 1)],
      ['bytes', new Uint8Array(1), new Uint8Array(0)],
      ['bytes', new Uint8Array(1), 'text'],
      ['isLast', true, 1],
    ],
  ],
  refused: [{ type: 'refused', id: 0, reason: 'busy' }, [...id, ['reason', 'not-held', 'because']]],
};

describe.each([
  ['asked', BLOB.toListener, requests],
  ['answered', BLOB.toDialer, answers],
] as const)('what is %s', (_, schema, messages) => {
  test.each(Object.entries(messages))('%s: each bound, and nothing beside', (_name, [message, bounds]) => {
    expect(brokenBounds(schema, message, bounds)).toEqual([]);
    expect(verdictOn(schema, { ...message, extra: 1 })).toBe('protocol/invalid at extra');
    for (const name of Object.keys(message))
      expect(verdictOn(schema, changed(message, name, undefined))).toBe(`protocol/invalid at ${name}`);
  });
  test('what is none of these is refused', () => {
    expect(verdictOn(schema, { type: 'put', id: 0 })).toBe('protocol/invalid at type');
  });
  test('every message of this direction is tested here', () => {
    const types = schema.options.map(({ entries }) => entries.type.literal);
    expect(types.toSorted()).toEqual(Object.keys(messages).toSorted());
  });
});

test('the largest piece fits its frame', () => {
  const largest = {
    type: 'data',
    id: Number.MAX_SAFE_INTEGER,
    bytes: new Uint8Array(BLOB_PIECE_BYTES),
    isLast: true,
  };
  expect(encode(largest).byteLength).toBeLessThanOrEqual(BLOB.maxFrameBytes);
});
