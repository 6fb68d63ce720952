import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ElementType } from '../protocol/manifest.ts';
import type { Comparator } from '../protocol/policy.ts';
import type { Exit } from '../protocol/task.ts';
import { type ComparedResult, compareResults } from './compare.ts';

const exact: Comparator = { class: 'exact' };
const tolerance: Comparator = { class: 'tolerance', rtol: 1e-3, atol: 1e-5, maxOutliers: 0 };

function ok(...numbers: number[]): ComparedResult {
  return {
    exit: { kind: 'ok' },
    outputs: [{ path: 'out', bytes: new Uint8Array(Float32Array.of(...numbers).buffer) }],
  };
}
function bytes(...values: number[]): ComparedResult {
  return { exit: { kind: 'ok' }, outputs: [{ path: 'out', bytes: Uint8Array.of(...values) }] };
}
const f32 = (comparator: Comparator, a: ComparedResult, b: ComparedResult) =>
  compareResults(comparator, a, b, () => 'f32');
const u8 = (comparator: Comparator, a: ComparedResult, b: ComparedResult) =>
  compareResults(comparator, a, b, () => 'u8');

describe('exact', () => {
  test('one other bit disagrees and is located', () => {
    expect(u8(exact, bytes(1, 2), bytes(1, 2))).toEqual({ agrees: true });
    expect(u8(exact, bytes(1, 2), bytes(1, 3))).toEqual({ agrees: false, reason: 'out has other bytes' });
  });
  test('−0 and 0 differ', () => expect(f32(exact, ok(0), ok(-0)).agrees).toBe(false));
});

describe('tolerance', () => {
  test('holds relative and absolute bounds', () => {
    expect(f32(tolerance, ok(1000), ok(1000.9)).agrees).toBe(true);
    expect(f32(tolerance, ok(1000), ok(1001.2)).agrees).toBe(false);
    expect(f32(tolerance, ok(0), ok(0.9e-5)).agrees).toBe(true);
    expect(f32(tolerance, ok(0), ok(1.2e-5)).agrees).toBe(false);
  });
  test('NaN only matches NaN, infinity only itself', () => {
    expect(f32(tolerance, ok(NaN), ok(NaN)).agrees).toBe(true);
    expect(f32(tolerance, ok(NaN), ok(0)).agrees).toBe(false);
    expect(f32(tolerance, ok(Infinity), ok(1)).agrees).toBe(false);
    expect(f32(tolerance, ok(Infinity), ok(-Infinity)).agrees).toBe(false);
    expect(f32(tolerance, ok(Infinity), ok(Infinity)).agrees).toBe(true);
  });
  test('a share of outliers may pass, one more may not', () => {
    const lenient: Comparator = { ...tolerance, maxOutliers: 0.25 };
    expect(f32(lenient, ok(1, 1, 1, 1), ok(1, 1, 1, 9)).agrees).toBe(true);
    expect(f32(lenient, ok(1, 1, 1, 1), ok(1, 1, 9, 9))).toEqual({
      agrees: false,
      reason: 'out: 2 of 4 elements lie beyond the tolerance',
    });
  });
  test('the mean error catches a small shift of a whole picture', () => {
    const picture: Comparator = { class: 'tolerance', rtol: 0, atol: 8, maxOutliers: 0.1, maxMeanError: 0.5 };
    expect(u8(picture, bytes(10, 20, 30, 40), bytes(10, 21, 30, 40)).agrees).toBe(true);
    expect(u8(picture, bytes(10, 20, 30, 40), bytes(11, 21, 31, 41)).agrees).toBe(false);
  });
  test('a NaN that may pass as an outlier still breaks a mean error', () => {
    const lenient: Comparator = { ...tolerance, maxOutliers: 1, maxMeanError: 1e30 };
    expect(f32(lenient, ok(NaN, 1), ok(1, 1)).agrees).toBe(false);
  });
  test('signed elements are not read as unsigned', () => {
    const near: Comparator = { class: 'tolerance', rtol: 0, atol: 2, maxOutliers: 0 };
    const int = (value: number): ComparedResult => ({
      exit: { kind: 'ok' },
      outputs: [{ path: 'out', bytes: new Uint8Array(Int32Array.of(value).buffer) }],
    });
    expect(compareResults(near, int(-1), int(1), () => 'i32').agrees).toBe(true);
    expect(compareResults(near, int(-1), int(1), () => 'u32').agrees).toBe(false);
  });
  test('16-bit floats are read as such', () => {
    const half = (...bits: number[]): ComparedResult => ({
      exit: { kind: 'ok' },
      outputs: [{ path: 'out', bytes: new Uint8Array(Uint16Array.of(...bits).buffer) }],
    });
    const f16 = (atol: number, a: ComparedResult, b: ComparedResult) =>
      compareResults({ class: 'tolerance', rtol: 0, atol, maxOutliers: 0 }, a, b, () => 'f16').agrees;
    // 1 and the next number above it, 2⁻¹⁰ apart; the largest, 65504, and infinity; the smallest, 2⁻²⁴, and −0.
    expect(f16(2 ** -10, half(0x3c00), half(0x3c01))).toBe(true);
    expect(f16(2 ** -11, half(0x3c00), half(0x3c01))).toBe(false);
    expect(f16(1e9, half(0x7bff), half(0x7c00))).toBe(false);
    expect(f16(2 ** -24, half(0x0001), half(0x8000))).toBe(true);
    expect(f16(2 ** -25, half(0x0001), half(0x8000))).toBe(false);
    expect(f16(65_503, half(0x7bff), half(0))).toBe(false);
    expect(f16(65_504, half(0x7bff), half(0))).toBe(true);
    expect(f16(0, half(0x7e00), half(0xfe01))).toBe(true);
    expect(f16(0, half(0x7e00), half(0x3c00))).toBe(false);
  });
  test('every 16-bit float differs from its neighbour by what their numbers say', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0x7bfe }), (bits) => {
        // Spacing of binary16: 2⁻²⁴ for the subnormals, then 2^(exponent − 25).
        const gap = 2 ** (Math.max(1, bits >> 10) - 25);
        const of = (value: number): ComparedResult => bytes(value & 0xff, value >> 8);
        const near = (atol: number): Comparator => ({ class: 'tolerance', rtol: 0, atol, maxOutliers: 0 });
        const agrees = (atol: number) =>
          compareResults(near(atol), of(bits), of(bits + 1), () => 'f16').agrees;
        expect([agrees(gap), agrees(gap / 2)]).toEqual([true, false]);
      }),
    );
  });
  test('8-byte integers are read as signed ones, 8 bytes each', () => {
    const near: Comparator = { class: 'tolerance', rtol: 0, atol: 2, maxOutliers: 0 };
    const long = (value: bigint): ComparedResult => ({
      exit: { kind: 'ok' },
      outputs: [{ path: 'out', bytes: new Uint8Array(BigInt64Array.of(value).buffer) }],
    });
    expect(compareResults(near, long(-1n), long(1n), () => 'i64').agrees).toBe(true);
    expect(compareResults(near, long(-1n), long(2n), () => 'i64').agrees).toBe(false);
  });
  test('bytes that are no whole elements, at an odd offset', () => {
    expect(f32(tolerance, bytes(1, 2, 3), bytes(1, 2, 4)).reason).toBe('out is no whole number of f32');
    const shifted = new Uint8Array(5);
    shifted.set(ok(1).outputs[0]!.bytes, 1);
    const odd: ComparedResult = {
      exit: { kind: 'ok' },
      outputs: [{ path: 'out', bytes: shifted.subarray(1) }],
    };
    expect(f32(tolerance, odd, ok(1.0001)).agrees).toBe(true);
  });
});

describe('form', () => {
  test('exits, paths, counts and lengths must be the same', () => {
    const failed: ComparedResult = { ...bytes(1), exit: { kind: 'exit-code', code: 1 } };
    expect(u8(tolerance, bytes(1), failed).reason).toBe('ended differently: exit code 1 and ok');
    const renamed: ComparedResult = {
      exit: { kind: 'ok' },
      outputs: [{ path: 'b', bytes: Uint8Array.of(1) }],
    };
    expect(u8(tolerance, bytes(1), renamed).reason).toBe('has other outputs: b and out');
    expect(u8(tolerance, bytes(1), { exit: { kind: 'ok' }, outputs: [] }).reason).toBe(
      'has another number of outputs',
    );
    expect(u8(tolerance, bytes(1), bytes(1, 1)).reason).toBe('out has another length');
  });
  test('the order of outputs and the words of an exit do not matter', () => {
    const a = { path: 'a', bytes: Uint8Array.of(1) };
    const b = { path: 'b', bytes: Uint8Array.of(2) };
    const exit: Exit = { kind: 'ok' };
    expect(u8(exact, { exit, outputs: [a, b] }, { exit, outputs: [b, a] }).agrees).toBe(true);
    const trap = (message: string): ComparedResult => ({ exit: { kind: 'trap', message }, outputs: [] });
    expect(u8(exact, trap('x'), trap('y')).agrees).toBe(true);
  });
});

describe('any bytes', () => {
  const exits: fc.Arbitrary<Exit> = fc.oneof(
    fc.constant<Exit>({ kind: 'ok' }),
    fc.integer({ min: 0, max: 2 }).map((code): Exit => ({ kind: 'exit-code', code })),
  );
  // Few lengths and paths, so that many pairs reach the comparison of elements.
  const outputs = fc.array(
    fc.record({ path: fc.constantFrom('a', 'b'), bytes: fc.uint8Array({ minLength: 8, maxLength: 9 }) }),
    { maxLength: 3 },
  );
  const results = fc.record({ exit: exits, outputs });
  const comparators: fc.Arbitrary<Comparator> = fc.oneof(
    fc.constant(exact),
    fc.record({
      class: fc.constant('tolerance' as const),
      rtol: fc.double({ min: 0, max: 1, noNaN: true }),
      atol: fc.double({ min: 0, max: 300, noNaN: true }),
      maxOutliers: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  );
  const types = fc.constantFrom<ElementType>('u8', 'u32', 'i32', 'f16', 'f32');

  test('a result agrees with itself', () => {
    fc.assert(
      fc.property(comparators, results, types, (comparator, result, type) => {
        expect(compareResults(comparator, result, structuredClone(result), () => type)).toEqual({
          agrees: true,
        });
      }),
    );
  });
  test('both sides see the same, reason included', () => {
    fc.assert(
      fc.property(comparators, results, results, types, (comparator, a, b, type) => {
        expect(compareResults(comparator, a, b, () => type)).toEqual(
          compareResults(comparator, b, a, () => type),
        );
      }),
    );
  });
});
