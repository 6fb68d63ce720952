import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Bytes } from '../../../base/bytes.ts';
import { guardWasm } from '../guard-wasm.ts';
import {
  leb,
  list,
  moduleOf,
  named,
  PAGE_BYTES,
  ROOMY,
  runGuarded,
} from '../fixtures/module-bytes.fixture.ts';
import { fromText } from '../fixtures/module-text.fixture.ts';

const limits = { ...ROOMY, memoryBytes: PAGE_BYTES, canonicalNans: true };
const F32_NAN = 0x7fc00000n;
const F64_NAN = 0x7ff8000000000000n;
/** NaNs of every kind: quiet and signalling, both signs, with payloads; and numbers around them. */
const F32_BITS = [
  0x7fc00000, 0xffc00000, 0x7f800001, 0xff812345, 0x7fffffff, 0x3f800000, 0xff800000, 0x7f800000, 0,
  0x80000000,
];
const F64_BITS = [
  0x7ff8000000000000n,
  0xfff8000000000000n,
  0x7ff0000000000001n,
  0xfff123456789abcdn,
  0x7fffffffffffffffn,
  0x3ff0000000000000n,
  0xfff0000000000000n,
  0x7ff0000000000000n,
  0n,
  0x8000000000000000n,
];

function isNan32(bits: bigint): boolean {
  return (bits & 0x7fffffffn) > 0x7f800000n;
}

function isNan64(bits: bigint): boolean {
  return (bits & 0x7fffffffffffffffn) > 0x7ff0000000000000n;
}

/** Runs `f` on the bytes given in memory at 0 and 16; what it wrote at 32, 16 bytes. */
function compute(module: Bytes, a: Uint8Array, b: Uint8Array): Uint8Array {
  const running = runGuarded(module);
  running.memory().set(a, 0);
  running.memory().set(b, 16);
  running.call('f');
  return running.memory().slice(32, 48);
}

function lanes(type: string, bits: readonly (number | bigint)[]): Uint8Array {
  return type === 'f32'
    ? new Uint8Array(new Uint32Array(bits.map(Number)).buffer)
    : new Uint8Array(new BigUint64Array(bits.map(BigInt)).buffer);
}

function bitsOf(type: string, bytes: Uint8Array): bigint[] {
  return type === 'f32'
    ? [...new Uint32Array(bytes.slice().buffer)].map(BigInt)
    : [...new BigUint64Array(bytes.slice().buffer)];
}

/** Each NaN the canonical one; and the same bits as without the guard where there is none. */
function expectCanonical(type: string, guarded: Uint8Array, bare: Uint8Array): void {
  const nan = type === 'f32' ? F32_NAN : F64_NAN;
  const isNan = type === 'f32' ? isNan32 : isNan64;
  bitsOf(type, guarded).forEach((bits, i) => {
    const plain = bitsOf(type, bare)[i]!;
    expect(bits).toBe(isNan(plain) ? nan : plain);
  });
}

async function both(text: string): Promise<{ guarded: Bytes; metered: Bytes }> {
  const bytes = await fromText(text);
  return {
    guarded: guardWasm(bytes, limits).module,
    metered: guardWasm(bytes, { ...limits, canonicalNans: false }).module,
  };
}

const load = (type: string, at: number) => `(${type}.load (i32.const ${at}))`;
const program = (store: string, value: string) =>
  `(module (memory (export "memory") 1) (func (export "f") (${store} (i32.const 32) ${value})))`;
const BINARY = ['add', 'sub', 'mul', 'div', 'min', 'max'];
const UNARY = ['sqrt', 'ceil', 'floor', 'trunc', 'nearest'];

describe('scalars', () => {
  const operations = ['f32', 'f64'].flatMap((type) => [
    ...BINARY.map(
      (name) => [`${type}.${name}`, type, `(${type}.${name} ${load(type, 0)} ${load(type, 16)})`] as const,
    ),
    ...UNARY.map((name) => [`${type}.${name}`, type, `(${type}.${name} ${load(type, 0)})`] as const),
  ]);
  test.each([
    ...operations,
    ['f64.promote_f32', 'f64', `(f64.promote_f32 ${load('f32', 0)})`] as const,
    ['f32.demote_f64', 'f32', `(f32.demote_f64 ${load('f64', 0)})`] as const,
  ])('%s', async (_, type, value) => {
    const { guarded, metered } = await both(program(`${type}.store`, value));
    for (const from of ['f32', 'f64']) {
      const bits = from === 'f32' ? F32_BITS : F64_BITS;
      for (const a of bits) {
        for (const b of bits) {
          const given = [lanes(from, [a]), lanes(from, [b])] as const;
          expectCanonical(type, compute(guarded, ...given), compute(metered, ...given));
        }
      }
    }
  });

  test('instructions that only move bits leave NaNs as they are', async () => {
    for (const [type, moved] of [
      ['f32', 'f32.neg'],
      ['f64', 'f64.abs'],
    ] as const) {
      const { guarded, metered } = await both(program(`${type}.store`, `(${moved} ${load(type, 0)})`));
      for (const bits of type === 'f32' ? F32_BITS : F64_BITS) {
        const given = [lanes(type, [bits]), lanes(type, [0])] as const;
        expect(compute(guarded, ...given)).toEqual(compute(metered, ...given));
      }
    }
  });

  test('a NaN’s sign is the same wherever it is looked at', async () => {
    const sum = `(f64.add ${load('f64', 0)} ${load('f64', 16)})`;
    const seen = [
      `(i64.reinterpret_f64 ${sum})`,
      `(i64.reinterpret_f64 (f64.neg (f64.neg ${sum})))`,
      `(i64.reinterpret_f64 (local.tee $x ${sum}))`,
      `(i64.reinterpret_f64 (select ${sum} (f64.const 1) (i32.const 1)))`,
      `(i64.reinterpret_f64 (call $same ${sum}))`,
      `(i64.reinterpret_f64 (block (result f64) ${sum}))`,
      `(i64.reinterpret_f64 (f64.copysign ${sum} (f64.const 1)))`,
    ];
    for (const value of seen) {
      const { guarded } = await both(
        `(module (memory (export "memory") 1) (func $same (param f64) (result f64) (local.get 0))
          (func (export "f") (local $x f64) (i64.store (i32.const 32) ${value})))`,
      );
      const result = compute(
        guarded,
        lanes('f64', [0xfff123456789abcdn]),
        lanes('f64', [0x7fffffffffffffffn]),
      );
      expect(bitsOf('f64', result)[0]).toBe(F64_NAN);
    }
  });
});

describe('vectors', () => {
  const shapes = [
    ['f32x4', 'f32'],
    ['f64x2', 'f64'],
  ] as const;
  const operations = shapes.flatMap(([shape, type]) => [
    ...BINARY.map(
      (name) =>
        [`${shape}.${name}`, type, `(${shape}.${name} ${load('v128', 0)} ${load('v128', 16)})`] as const,
    ),
    ...UNARY.map((name) => [`${shape}.${name}`, type, `(${shape}.${name} ${load('v128', 0)})`] as const),
  ]);
  test.each([
    ...operations,
    ['f32x4.demote_f64x2_zero', 'f32', `(f32x4.demote_f64x2_zero ${load('v128', 0)})`] as const,
    ['f64x2.promote_low_f32x4', 'f64', `(f64x2.promote_low_f32x4 ${load('v128', 0)})`] as const,
  ])('%s, lane by lane', async (_, type, value) => {
    const { guarded, metered } = await both(program('v128.store', value));
    for (let turn = 0; turn < 10; turn++) {
      for (const from of ['f32', 'f64']) {
        const bits: readonly (number | bigint)[] = from === 'f32' ? F32_BITS : F64_BITS;
        const rotated = [...bits.slice(turn), ...bits.slice(0, turn)];
        const count = from === 'f32' ? 4 : 2;
        const given = [
          lanes(from, rotated.slice(0, count)),
          lanes(from, rotated.slice(5, 5 + count)),
        ] as const;
        expectCanonical(type, compute(guarded, ...given), compute(metered, ...given));
      }
    }
  });

  test('what two lanes of 32 bits leave is not skipped for one of 64', async () => {
    const sum = `(f64x2.add (f32x4.add ${load('v128', 0)} ${load('v128', 16)}) (v128.const f64x2 0 0))`;
    const { guarded } = await both(program('v128.store', sum));
    const given = [0xffc12345, 0xffc12345, 0, 0];
    const result = compute(guarded, lanes('f32', given), lanes('f32', given));
    // Both lanes canonical first: 0x7fc00000_7fc00000 is a number of 64 bits, and adding 0 leaves it.
    expect(bitsOf('f64', result)[0]).toBe(0x7fc000007fc00000n);
  });
});

describe('any expression', () => {
  const UNARY_CODES = {
    f32: [0x8b, 0x8c, 0x8d, 0x8f, 0x90, 0x91],
    f64: [0x99, 0x9a, 0x9b, 0x9d, 0x9e, 0x9f],
  };
  const BINARY_CODES = {
    f32: [0x92, 0x93, 0x94, 0x95, 0x96, 0x97],
    f64: [0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5],
  };

  /** Code that leaves an f32 or f64, out of loads, constants, locals and arithmetic. */
  const { f32, f64 } = fc.letrec<{ f32: number[]; f64: number[] }>((tie) => {
    const code = (type: 'f32' | 'f64') => {
      const bits: readonly (number | bigint)[] = type === 'f32' ? F32_BITS : F64_BITS;
      const leaf = fc.oneof(
        fc.constantFrom(...bits).map((value) => [type === 'f32' ? 0x43 : 0x44, ...lanes(type, [value])]),
        fc.constantFrom(0, 8, 16).map((at) => [0x41, at, type === 'f32' ? 0x2a : 0x2b, 0, 0]),
        fc.constant<number[]>([0x20, type === 'f32' ? 0 : 1]),
      );
      const self = tie(type);
      return fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        leaf,
        fc.tuple(self, fc.constantFrom(...UNARY_CODES[type])).map(([a, code]) => [...a, code]),
        fc
          .tuple(self, self, fc.constantFrom(...BINARY_CODES[type]))
          .map(([a, b, code]) => [...a, ...b, code]),
        fc.tuple(self).map(([a]) => [...a, 0x22, type === 'f32' ? 0 : 1]),
        fc
          .tuple(self, self, self)
          .map(([a, b, c]) => [...a, ...b, ...c, ...c, type === 'f32' ? 0x5b : 0x61, 0x1b]),
        type === 'f32' ? tie('f64').map((a) => [...a, 0xb6]) : tie('f32').map((a) => [...a, 0xbb]),
      );
    };
    return { f32: code('f32'), f64: code('f64') };
  });

  function storing(value: readonly number[], isDouble: boolean): Bytes {
    const root = isDouble ? [...value, 0x9f] : [...value, 0x91];
    const code = [2, 1, 0x7d, 1, 0x7c, 0x41, 32, ...root, isDouble ? 0x39 : 0x38, 0, 0, 0x0b];
    return moduleOf(
      list(1, [[0x60, 0, 0]]),
      list(3, [[0]]),
      list(5, [[0, 1]]),
      list(7, [
        [...named('memory'), 2, 0],
        [...named('f'), 0, 0],
      ]),
      list(10, [[...leb(code.length), ...code]]),
    );
  }

  test.each([
    ['f32', f32],
    ['f64', f64],
  ] as const)('ends in the canonical NaN or in the same number: %s', (type, expressions) => {
    fc.assert(
      fc.property(expressions, fc.nat(9), fc.nat(9), (value, i, j) => {
        const bytes = storing(value, type === 'f64');
        const given = [
          lanes('f64', [F64_BITS[i]!, BigInt(F32_BITS[j]!)]),
          lanes('f64', [F64_BITS[j]!, BigInt(F32_BITS[i]!)]),
        ] as const;
        const guarded = compute(guardWasm(bytes, limits).module, ...given);
        const metered = compute(guardWasm(bytes, { ...limits, canonicalNans: false }).module, ...given);
        expectCanonical(
          type,
          guarded.subarray(0, type === 'f32' ? 4 : 8),
          metered.subarray(0, type === 'f32' ? 4 : 8),
        );
      }),
      { numRuns: 400 },
    );
  });
});
