import { describe, expect, test } from 'vitest';
import { BOARD } from './board.ts';
import { BOARD_PAGE_ENTRIES, MAX_ANNOUNCEMENT_BYTES, MAX_REASON_CHARS } from './constants.ts';
import { encode } from './codec.ts';
import {
  type Bound,
  brokenBounds,
  changed,
  countBounds,
  ENVELOPE,
  PROVIDER,
  verdictOn,
} from './messages.fixture.ts';

const id = countBounds('id');
const want: Bound[] = [['want', 'offers', 'everything']];
const page = <T>(one: T): [T[], T[]] => [
  new Array<T>(BOARD_PAGE_ENTRIES).fill(one),
  new Array<T>(BOARD_PAGE_ENTRIES + 1).fill(one),
];
const entries: Bound[] = [
  ['entries', ...page(ENVELOPE)],
  ['entries', [], [{}]],
];

const requests: Record<string, readonly [object, Bound[], string[]?]> = {
  'put-offer': [{ type: 'put-offer', id: 0, offer: ENVELOPE }, [...id, ['offer', ENVELOPE, {}]]],
  'remove-offer': [{ type: 'remove-offer', id: 0 }, id],
  query: [
    { type: 'query', id: 0, want: 'demands', kind: 'wasi', cursor: 0 },
    [...id, ...want, ['kind', 'wgsl', 'docker'], ...countBounds('cursor')],
    ['kind'],
  ],
  ping: [{ type: 'ping', id: 0 }, id],
  subscribe: [{ type: 'subscribe', id: 0, want: 'demands' }, [...id, ...want]],
};

const answers: Record<string, readonly [object, Bound[], string[]?]> = {
  done: [{ type: 'done', id: 0 }, id],
  page: [
    { type: 'page', id: 0, entries: [], total: 0, next: 1 },
    [...id, ...entries, ...countBounds('total'), ...countBounds('next')],
    ['next'],
  ],
  changed: [
    { type: 'changed', want: 'offers', entries: [], removed: [] },
    [...want, ...entries, ['removed', ...page(PROVIDER.peer)], ['removed', [], ['nobody']]],
  ],
  refused: [
    { type: 'refused', id: 0, code: 'board/full', reason: 'x' },
    [
      ...id,
      ['code', 'x'.repeat(60), 'x'.repeat(61)],
      ['reason', 'x'.repeat(MAX_REASON_CHARS), 'x'.repeat(MAX_REASON_CHARS + 1)],
    ],
  ],
};

describe.each([
  ['a peer asks', BOARD.toListener, requests],
  ['the board answers', BOARD.toDialer, answers],
] as const)('what %s', (_, schema, messages) => {
  test.each(Object.entries(messages))(
    '%s: each bound, and nothing beside',
    (_name, [message, bounds, optional]) => {
      expect(brokenBounds(schema, message, bounds)).toEqual([]);
      expect(verdictOn(schema, { ...message, extra: 1 })).toBe('protocol/invalid at extra');
      for (const name of Object.keys(message)) {
        const expected = optional?.includes(name) === true ? 'accepted' : `protocol/invalid at ${name}`;
        expect(verdictOn(schema, changed(message, name, undefined))).toBe(expected);
      }
    },
  );
  test('what is none of these is refused', () => {
    expect(verdictOn(schema, { type: 'drop-table', id: 0 })).toBe('protocol/invalid at type');
  });
  test('every message of this direction is tested here', () => {
    const types = schema.options.map(({ entries: { type } }) => type.literal);
    expect(types.toSorted()).toEqual(Object.keys(messages).toSorted());
  });
});

test('a page may be larger than its frame: the board has to cut it by bytes too', () => {
  const large = { ...ENVELOPE, payload: new Uint8Array(MAX_ANNOUNCEMENT_BYTES) };
  const frame = encode({ type: 'page', id: 0, entries: page(large)[0], total: 0 });
  expect(frame.byteLength).toBeGreaterThan(BOARD.maxFrameBytes);
});
