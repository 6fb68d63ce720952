import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { equalBytes } from '../../base/bytes.ts';
import { KilnError } from '../../base/errors.ts';
import { guardWasm } from './guard-wasm.ts';
import { PLENTY, ROOMY } from './fixtures/module-bytes.fixture.ts';
import { fromText } from './fixtures/module-text.fixture.ts';
import { observe, type Seen } from './fixtures/observe.fixture.ts';
import { randomProgram } from './fixtures/random-program.fixture.ts';

const seeds = fc.integer();
const limits = { ...ROOMY, memoryBytes: 4 * 65_536 };
function expectSame(a: Seen, b: Seen): void {
  expect(a.calls).toEqual(b.calls);
  expect(a.globals).toEqual(b.globals);
  expect(equalBytes(a.memory, b.memory)).toBe(true);
}

describe('random programs', () => {
  test.each([false, true])('do the same with and without the guard (canonical NaNs: %s)', (canonicalNans) => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const { module, functions } = randomProgram(seed);
        const guarded = guardWasm(module, { ...limits, canonicalNans }).module;
        expect(WebAssembly.validate(guarded)).toBe(true);
        const bare = observe(module, functions);
        const first = observe(guarded, functions);
        if (bare.isOverflown || first.isOverflown) return;
        expectSame(first, bare);
        for (const fuel of first.fuel) expect(fuel).toBeGreaterThanOrEqual(0n);
        const second = observe(guarded, functions);
        expect(second.fuel).toEqual(first.fuel);
      }),
      { numRuns: 400 },
    );
  });

  test('end at the same place each time when fuel runs out', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 0, max: 500 }), (seed, fuel) => {
        const { module, functions } = randomProgram(seed);
        const guarded = guardWasm(module, limits).module;
        const first = observe(guarded, functions, BigInt(fuel));
        const second = observe(guarded, functions, BigInt(fuel));
        expectSame(first, second);
        expect(second.fuel).toEqual(first.fuel);
        first.fuel.forEach((left, i) => {
          if (left < 0n) expect(first.calls[i]).toBe('RuntimeError: unreachable');
        });
      }),
      { numRuns: 250 },
    );
  });

  test('use no more fuel when another is given, and no less', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const { module, functions } = randomProgram(seed);
        const guarded = guardWasm(module, limits).module;
        const plenty = observe(guarded, functions);
        const more = observe(guarded, functions, 2n * PLENTY);
        expect(more.fuel.map((left) => 2n * PLENTY - left)).toEqual(plenty.fuel.map((left) => PLENTY - left));
      }),
      { numRuns: 100 },
    );
  });
});

describe('hostile bytes', () => {
  /** Guarded, or refused by name; what passes compiles. */
  function expectNamed(bytes: Uint8Array): void {
    for (const canonicalNans of [false, true]) {
      try {
        const { module } = guardWasm(bytes, { ...limits, canonicalNans });
        expect(WebAssembly.validate(module)).toBe(true);
      } catch (error) {
        expect(error).toBeInstanceOf(KilnError);
        expect((error as KilnError).code).toMatch(/^sandbox\//);
        expect((error as KilnError).hint).toBeTruthy();
      }
    }
  }

  test('changed bytes', () => {
    const changes = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), {
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(seeds, changes, (seed, changed) => {
        const bytes = new Uint8Array(randomProgram(seed).module);
        for (const [at, value] of changed) bytes[8 + (at % (bytes.length - 8))] = value;
        expectNamed(bytes);
      }),
      { numRuns: 1_000 },
    );
  });

  test('cut, doubled and moved bytes', () => {
    fc.assert(
      fc.property(seeds, fc.nat(), fc.nat(), fc.nat({ max: 20 }), (seed, from, to, length) => {
        const { module } = randomProgram(seed);
        const start = from % module.length;
        expectNamed(module.subarray(0, start));
        const moved = new Uint8Array(module);
        moved.copyWithin(to % module.length, start, start + length);
        expectNamed(moved);
        const doubled = new Uint8Array([...module.subarray(0, start + length), ...module.subarray(start)]);
        expectNamed(doubled);
      }),
      { numRuns: 500 },
    );
  });

  test('each byte of each section as every fourth other', async () => {
    const bytes = await fromText(
      `(module (import "wasi_snapshot_preview1" "sched_yield" (func (result i32))) (memory 1) (table 1 funcref)
        (global i64 (i64.const 3)) (func $f (export "f") (loop (br 0))) (start $f) (elem (i32.const 0) $f) (data (i32.const 0) "x"))`,
    );
    for (let at = 0; at < bytes.length; at++) {
      for (let value = at % 4; value < 256; value += 4) {
        const changed = new Uint8Array(bytes);
        changed[at] = value;
        expectNamed(changed);
      }
    }
  });

  test('noise behind a header', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (noise) => {
        expectNamed(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...noise]));
      }),
      { numRuns: 500 },
    );
  });
});
