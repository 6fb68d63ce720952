import * as dagCbor from '@ipld/dag-cbor';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as v from 'valibot';
import { concat, fromHex, toHex, utf8 } from '../base/bytes.ts';
import type { KilnError } from '../base/errors.ts';
import { amountSchema, decode, encode } from './codec.ts';
import { MAX_CBOR_DEPTH } from './constants.ts';
import { open, sealBytes } from './envelope.ts';
import { identityOf } from './messages.fixture.ts';

const MAX_BYTES = 1_048_576;
const MAX_AMOUNT = 2n ** 128n - 1n;

function errorOf(act: () => unknown): KilnError {
  try {
    act();
  } catch (error) {
    return error as KilnError;
  }
  throw new Error('nothing was thrown');
}

function codeOfBytes(bytes: Uint8Array, schema: v.GenericSchema = v.any(), maxBytes = MAX_BYTES): string {
  return errorOf(() => decode(schema, bytes, maxBytes)).code;
}

describe('a round trip', () => {
  const schema = v.strictObject({
    amount: amountSchema,
    count: v.pipe(v.number(), v.safeInteger()),
    share: v.number(),
    text: v.string(),
    bytes: v.instance(Uint8Array),
    list: v.array(v.nullable(v.boolean())),
    names: v.record(v.string(), v.number()),
    maybe: v.optional(v.string()),
  });

  test('gives back any message', () => {
    const messages = fc.record(
      {
        amount: fc.bigInt({ min: 0n, max: MAX_AMOUNT }),
        count: fc.maxSafeInteger(),
        share: fc.double({ noNaN: true, noDefaultInfinity: true }).map((share) => share + 0),
        text: fc.string(),
        bytes: fc.uint8Array(),
        list: fc.array(fc.option(fc.boolean())),
        names: fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), fc.integer(), { noNullPrototype: true }),
        maybe: fc.string(),
      },
      { requiredKeys: ['amount', 'count', 'share', 'text', 'bytes', 'list', 'names'] },
    );
    fc.assert(
      fc.property(messages, (message) => {
        const bytes = encode(message);
        expect(decode(schema, bytes, bytes.byteLength)).toEqual(message);
      }),
    );
  });
  test('is canonical: the same message has the same bytes, whatever the order of its properties', () => {
    expect(toHex(encode({ b: 1, a: 2, aa: 3 }))).toBe(toHex(encode({ aa: 3, a: 2, b: 1 })));
    expect(toHex(encode({ b: 1, a: 2, aa: 3 }))).toBe('a3616102616201626161' + '03');
  });
  test('leaves out undefined properties', () => {
    expect(toHex(encode({ a: 1, b: undefined }))).toBe(toHex(encode({ a: 1 })));
  });
  test.each([Number.NaN, Number.POSITIVE_INFINITY, undefined, [undefined]])(
    '%j is never written',
    (value) => {
      expect(() => encode(value)).toThrow();
    },
  );
});

describe('amounts', () => {
  test('are 16 bytes, big-endian, from nothing to the most', () => {
    expect(toHex(encode(0n))).toBe(`50${'00'.repeat(16)}`);
    expect(toHex(encode(0x0102n))).toBe(`50${'00'.repeat(14)}0102`);
    expect(toHex(encode(MAX_AMOUNT))).toBe(`50${'ff'.repeat(16)}`);
    expect(decode(amountSchema, encode(MAX_AMOUNT), MAX_BYTES)).toBe(MAX_AMOUNT);
  });
  test.each([-1n, MAX_AMOUNT + 1n, 2n ** 256n])('%s is never written', (amount) => {
    const error = errorOf(() => encode({ deep: [amount] }));
    expect(error).toMatchObject({ code: 'protocol/amount-out-of-range', data: { amount: `${amount}` } });
  });
  test.each([
    ['15 bytes', new Uint8Array(15)],
    ['17 bytes', new Uint8Array(17)],
    ['a number', 5],
    ['text', '5'],
  ])('%s are no amount', (_, value) => {
    expect(codeOfBytes(encode(value), amountSchema)).toBe('protocol/invalid');
  });
});

describe('hostile bytes', () => {
  test('beyond the limit are refused before anything of them is read', () => {
    const garbage = new Uint8Array(101).fill(0xff);
    expect(errorOf(() => decode(v.any(), garbage, 100))).toMatchObject({
      code: 'protocol/too-large',
      data: { bytes: 101, maxBytes: 100 },
    });
    expect(codeOfBytes(garbage.subarray(1), v.any(), 100)).toBe('protocol/malformed');
    expect(decode(v.any(), encode(utf8('x'.repeat(98))), 100)).toHaveLength(98);
  });

  const malformed: readonly (readonly [string, Uint8Array])[] = [
    ['nothing', new Uint8Array(0)],
    ['garbage', fromHex('ffffffff')],
    ['reserved lengths', fromHex('1c')],
    ['a second value behind the first', fromHex('0101')],
    ['half a number', fromHex('19ff')],
    ['half a text', fromHex('6461')],
    ['an array that ends early', fromHex('8301')],
    ['a map without its value', fromHex('a16161')],
    ['an indefinite array', fromHex('9f01ff')],
    ['an indefinite map', fromHex('bf616101ff')],
    ['indefinite bytes', fromHex('5f4101ff')],
    ['indefinite text', fromHex('7f6161ff')],
    ['a lonely break', fromHex('ff')],
    ['a map that has a key twice', fromHex('a2616101616102')],
    ['a map with a number for a key', fromHex('a10102')],
    ['a number that is longer than needed', fromHex('1801')],
    ['a length that is longer than needed', fromHex('58010a')],
    ['a tag that nobody knows', fromHex('c001')],
    ['a big number by tag', fromHex('c249010000000000000000')],
    ['a tag for a CID around a number', fromHex('d82a01')],
    ['not-a-number', fromHex('fb7ff8000000000000')],
    ['infinity', fromHex('fb7ff0000000000000')],
    ['a text that claims 4 GiB', fromHex('7affffffff61')],
    ['bytes that claim 16 EiB', fromHex('5bffffffffffffffff00')],
    ['an array that claims 4,294,967,295 entries', fromHex('9affffffff01')],
    ['an array that claims 2^64 - 1 entries', fromHex('9bffffffffffffffff01')],
    ['a map that claims 2^53 entries', fromHex('bb0020000000000000616101')],
    ['100,000 nested arrays', new Uint8Array(100_000).fill(0x81)],
    ['100,000 nested maps', concat(Array.from({ length: 100_000 }, () => fromHex('a16161')))],
    ['100,000 nested tags', new Uint8Array(100_000).fill(0xc1)],
    [
      'a nest behind a megabyte of entries',
      concat([fromHex('9a000f0000'), new Uint8Array(983_039), new Uint8Array(60).fill(0x81)]),
    ],
    [
      'a megabyte of empty arrays that claims one more',
      concat([fromHex('9a000f0000'), new Uint8Array(983_039).fill(0x80)]),
    ],
  ];
  test.each(malformed)('%s: malformed', (_, bytes) => {
    expect(codeOfBytes(bytes)).toBe('protocol/malformed');
  });

  test('nesting is refused one beyond the limit, in arrays, in maps and behind other entries', () => {
    const arrays = (depth: number) => concat([new Uint8Array(depth).fill(0x81), Uint8Array.of(0)]);
    const behind = (depth: number) => concat([fromHex('830182'), fromHex('0101'), arrays(depth - 1)]);
    for (const nest of [arrays, behind]) {
      expect(decode(v.any(), nest(MAX_CBOR_DEPTH), MAX_BYTES)).toBeInstanceOf(Array);
      expect(codeOfBytes(nest(MAX_CBOR_DEPTH + 1))).toBe('protocol/malformed');
    }
  });
  test('many containers side by side are no nest', () => {
    const flat = Array.from({ length: 10_000 }, (_, i) => (i % 2 === 0 ? [[]] : { a: {} }));
    expect(decode(v.any(), encode(flat), MAX_BYTES)).toEqual(flat);
  });

  test('whatever they are, they end in a message or a named error', () => {
    const schema = v.strictObject({ a: v.number() });
    const codes = new Set<string>();
    const heads = fc.constantFrom(
      ...['a1', '81', '61', '41', 'c1', 'd82a', 'a16161', '9a', '5b', 'fb'].map(fromHex),
    );
    fc.assert(
      fc.property(heads, fc.uint8Array({ maxLength: 40 }), (head, tail) => {
        try {
          decode(schema, concat([head, tail]), MAX_BYTES);
        } catch (error) {
          codes.add((error as KilnError).code);
        }
      }),
      { numRuns: 2_000 },
    );
    for (const code of codes) expect(['protocol/malformed', 'protocol/invalid']).toContain(code);
    expect(codes.size).toBe(2);
  });
  test('every cut of a sound message is malformed', () => {
    const bytes = encode({ a: [1, 'two', { three: Uint8Array.of(3) }], b: 4n, c: 1.5 });
    for (let length = 0; length < bytes.byteLength; length++)
      expect(codeOfBytes(bytes.subarray(0, length))).toBe('protocol/malformed');
  });
});

describe('a message that does not fit its schema', () => {
  const schema = v.strictObject({
    list: v.array(v.strictObject({ count: v.pipe(v.number(), v.safeInteger()) })),
    maybe: v.optional(v.string()),
  });
  test('is refused with the name of the first wrong place', () => {
    const error = errorOf(() => decode(schema, encode({ list: [{ count: 1 }, { count: 'x' }] }), MAX_BYTES));
    expect(error).toMatchObject({ code: 'protocol/invalid', data: { path: 'list.1.count' } });
    expect(error.message).toContain('list.1.count');
  });
  test.each([
    ['', 7],
    ['extra', { list: [], extra: 1 }],
    ['list.0.more', { list: [{ count: 1, more: 2 }] }],
    ['list.0.count', { list: [{ count: 2 ** 53 }] }],
    ['maybe', { list: [], maybe: null }],
    ['list', {}],
  ])('at %j', (path, message) => {
    const error = errorOf(() => decode(schema, encode(message), MAX_BYTES));
    expect(error.data.path).toBe(path === '' ? '(the whole message)' : path);
  });
  test('undefined on the wire is no absent property', () => {
    expect(codeOfBytes(fromHex('a2646c69737480656d61796265f7'), schema)).toBe('protocol/invalid');
  });
  test('integers beyond the safe ones are refused, not rounded', () => {
    const bytes = concat([fromHex('a1646c69737481a165636f756e74'), fromHex('1b0020000000000001')]);
    expect(codeOfBytes(bytes, schema)).toBe('protocol/invalid');
  });
  test('a long complaint is cut', () => {
    const error = errorOf(() => decode(v.literal('x'), encode('y'.repeat(5_000)), MAX_BYTES));
    expect(String(error.data.issue).length).toBeLessThanOrEqual(200);
  });
});

describe('a map whose keys are not sorted', () => {
  const unsorted = fromHex('a2616201616102');
  const schema = v.strictObject({ a: v.number(), b: v.number() });
  test('is read like any other', () => {
    expect(decode(schema, unsorted, MAX_BYTES)).toEqual({ a: 2, b: 1 });
    expect(toHex(dagCbor.encode({ a: 2, b: 1 }))).not.toBe(toHex(unsorted));
  });
  test('is signed over the bytes received, not over what it would be when written again', async () => {
    const signer = identityOf(1);
    const envelope = sealBytes(signer, 'kiln/demand/1', unsorted);
    const opened = await open(envelope, 'kiln/demand/1', schema, MAX_BYTES);
    expect(opened.message).toEqual({ a: 2, b: 1 });
    const rewritten = { ...envelope, payload: encode(opened.message) };
    await expect(open(rewritten, 'kiln/demand/1', schema, MAX_BYTES)).rejects.toMatchObject({
      code: 'envelope/bad-signature',
    });
  });
});
