import { describe, expect, test } from 'vitest';
import { guardWasm } from './guard-wasm.ts';
import { PLENTY, ROOMY, runGuarded, type Running } from './fixtures/module-bytes.fixture.ts';
import { fromText, runText } from './fixtures/module-text.fixture.ts';
import { FUEL_EXPORT, START_EXPORT } from './reserved-exports.ts';

/** What one call burns. */
function burnt(running: Running, name: string, ...values: unknown[]): number {
  running.fuel = PLENTY;
  running.call(name, ...values);
  return Number(PLENTY - running.fuel);
}

/** A body as the exported function `f`. */
const f = (body: string, signature = '') => `(module (memory 1) (func (export "f") ${signature} ${body}))`;

describe('the cost of straight code', () => {
  test.each([
    ['nothing costs one, as every call does', '', 1],
    ['each instruction costs one', '(drop (i32.add (i32.const 1) (i32.const 2)))', 5],
    ['blocks and nops cost nothing', '(block (nop) (block (nop)))', 1],
    ['code that nothing reaches costs nothing', '(return) (drop (i32.const 1)) (loop (br 0))', 2],
    [
      'locals are cleared, eight for one',
      '(local i32 i32 i32 i32 i32 i32 i32 i32 i64 i64 i64 i64 i64 i64 i64 i64)',
      3,
    ],
    [
      'the dearer branch of an if counts',
      '(if (i32.const 0) (then (drop (i32.const 1)) (drop (i32.const 1))) (else (drop (i32.const 1))))',
      7,
    ],
    ['an if without else may be skipped, and is paid', '(if (i32.const 0) (then (drop (i32.const 1))))', 5],
    ['a loop that turns once', '(loop (drop (i32.const 1)))', 3],
  ])('%s', async (_, body, cost) => {
    expect(burnt(await runText(f(body)), 'f')).toBe(cost);
  });

  test('a switch costs its dearest case, not all of them', async () => {
    const work = '(drop (i32.const 0))';
    const running = await runText(
      f(
        `(block $out (block $c (block $b (block $a (br_table $a $b $c (local.get 0)))
           ${work.repeat(10)} (br $out))
           ${work.repeat(30)} (br $out))
           ${work.repeat(20)})`,
        '(param i32)',
      ),
    );
    // entry 1, local.get and br_table 2, the second case 30 × 2 and its br.
    for (const which of [0, 1, 2, 9]) expect(burnt(running, 'f', which)).toBe(1 + 2 + 60 + 1);
  });

  test('falling through from case to case costs the sum', async () => {
    const work = '(drop (i32.const 0))';
    const running = await runText(
      f(
        `(block $b (block $a (br_table $a $b (local.get 0))) ${work.repeat(10)}) ${work.repeat(5)}`,
        '(param i32)',
      ),
    );
    expect(burnt(running, 'f', 0)).toBe(1 + 2 + 20 + 10);
  });
});

describe('loops', () => {
  const counting =
    '(local $i i32) (loop $l (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get 0))))';

  test('each turn pays the body', async () => {
    const running = await runText(f(counting, '(param i32)'));
    for (const turns of [1, 2, 10, 1_000]) expect(burnt(running, 'f', turns)).toBe(1 + 7 * turns);
  });

  test('inner loops pay for themselves, what follows them belongs to the outer', async () => {
    const running = await runText(
      f(
        `(local $j i32) (loop $outer
           (local.set $j (i32.const 0))
           (block $done (loop $inner
             (br_if $done (i32.ge_u (local.get $j) (i32.const 4)))
             (local.set $j (i32.add (local.get $j) (i32.const 1)))
             (br $inner)))
           (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
           (br_if $outer (local.get 0)))`,
        '(param i32)',
      ),
    );
    // outer turn: 2 + 4 + 2; inner turns: five heads of 4 + 4 + 1.
    for (const turns of [1, 3]) expect(burnt(running, 'f', turns)).toBe(1 + turns * (8 + 5 * 9));
  });

  test('a loop with parameters and results', async () => {
    const running = await runText(
      `(module (func (export "f") (param i32) (result i32)
         (local.get 0) (loop $l (param i32) (result i32)
           (i32.sub (i32.const 1)) (local.tee 0) (local.get 0) (br_if $l) ) ))`,
    );
    expect(running.call('f', 5)).toBe(0);
    expect(burnt(running, 'f', 5)).toBe(2 + 5 * 5);
  });

  test('every way out writes the fuel back', async () => {
    const running = await runText(`(module
      (func (export "fall") (loop))
      (func (export "return") (loop (return)))
      (func (export "br") (loop (br 1)))
      (func (export "br_if") (loop (br_if 1 (i32.const 1))))
      (func (export "br_table") (loop (br_table 1 (i32.const 0))))
      (func (export "value") (result i32) (loop (result i32) (br 1 (i32.const 7))))
      (func $callee (loop (drop (i32.const 1))))
      (func (export "call") (loop (call $callee)) (call $callee)))`);
    const costs = Object.fromEntries(
      ['fall', 'return', 'br', 'br_if', 'br_table', 'value', 'call'].map((name) => [
        name,
        burnt(running, name),
      ]),
    );
    expect(costs).toEqual({
      fall: 1,
      return: 2,
      br: 2,
      br_if: 3,
      br_table: 3,
      value: 3,
      call: 1 + 1 + 1 + 2 * 3,
    });
  });

  test('an import sees what is left, and may charge for itself', async () => {
    const seen: bigint[] = [];
    const running: Running = await runText(
      `(module (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
         (func (export "f") (loop (drop (call $yield))) (drop (call $yield))))`,
      {
        imports: {
          sched_yield() {
            seen.push(running.fuel);
            running.fuel -= 100n;
            return 0;
          },
        },
      },
    );
    expect(burnt(running, 'f')).toBe(1 + 2 + 2 + 200);
    expect(seen.map((left) => Number(PLENTY - left))).toEqual([5, 105]);
  });
});

describe('bulk operations are charged by length', () => {
  const EIGHTH = 8;
  test.each([
    ['memory.fill', '(memory.fill (i32.const 0) (i32.const 7) (local.get 0))'],
    ['memory.copy', '(memory.copy (i32.const 0) (i32.const 8) (local.get 0))'],
    ['memory.init', '(memory.init 0 (i32.const 0) (i32.const 0) (local.get 0))'],
  ])('%s', async (_, body) => {
    const data = `(data "${'x'.repeat(4_096)}")`;
    for (const code of [body, `(loop ${body})`]) {
      const running = await runText(`(module (memory 1) ${data} (func (export "f") (param i32) ${code}))`);
      const none = burnt(running, 'f', 0);
      expect(none).toBe(1 + 4 + 16);
      for (const length of [1, 8, 100, 4_096])
        expect(burnt(running, 'f', length)).toBe(none + Math.floor(length / EIGHTH));
    }
  });

  test.each([
    ['table.fill', '(table.fill 0 (i32.const 0) (ref.null func) (local.get 0))'],
    ['table.copy', '(table.copy 0 0 (i32.const 0) (i32.const 1) (local.get 0))'],
    ['table.init', '(table.init 0 0 (i32.const 0) (i32.const 0) (local.get 0))'],
  ])('%s', async (_, body) => {
    const running = await runText(
      `(module (table 10 funcref) (elem func $f $f $f $f) (func $f (export "f") (param i32) (loop ${body})))`,
    );
    expect(burnt(running, 'f', 4)).toBe(burnt(running, 'f', 0) + 4);
  });

  test('growth pays when it succeeds, and only then', async () => {
    const running = await runText(
      `(module (memory 1 100) (table 1 50 funcref)
         (func (export "memory") (param i32) (result i32) (memory.grow (local.get 0)))
         (func (export "loop") (param i32) (result i32) (loop (result i32) (memory.grow (local.get 0))))
         (func (export "table") (param i32) (result i32) (table.grow 0 (ref.null func) (local.get 0))))`,
    );
    for (const name of ['memory', 'loop']) {
      expect(burnt(running, name, 0)).toBe(3 + 256);
      expect(burnt(running, name, 3)).toBe(3 + 256 + 3 * 8_192);
      expect(burnt(running, name, 1_000)).toBe(3 + 256);
      expect(burnt(running, name, -1)).toBe(3 + 256);
    }
    expect(running.call('memory', 0)).toBe(7);
    expect(running.call('memory', 94)).toBe(-1);
    expect(burnt(running, 'table', 5)).toBe(4 + 64 + 5);
    expect(burnt(running, 'table', 100)).toBe(4 + 64);
    expect(running.call('table', 0)).toBe(6);
  });
});

describe('out of fuel', () => {
  function expectSpent(running: Running, run: () => unknown): void {
    expect(run).toThrow(WebAssembly.RuntimeError);
    expect(running.fuel).toBeLessThan(0n);
  }

  test.each([
    ['an endless loop', '(loop $l (br $l))'],
    ['an endless loop around a call', '(loop $l (call 0) (br $l))'],
    ['an endless loop by br_table', '(loop $l (br_table $l $l (i32.const 5)))'],
    ['an endless loop of an inner loop', '(loop $a (loop $b (br $a)))'],
    ['an endless loop inside blocks that nothing leaves', '(block (loop $l (block (block (br $l)))))'],
  ])('%s', async (_, body) => {
    const running = await runText(`(module (func) (func (export "f") ${body}))`, { fuel: 1_000_000n });
    expectSpent(running, () => running.call('f'));
  });

  test('in the start function', async () => {
    const bytes = await fromText('(module (func $s (loop $l (br $l))) (start $s))');
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(guardWasm(bytes, ROOMY).module));
    const fuel = exports[FUEL_EXPORT] as WebAssembly.Global;
    fuel.value = 1_000_000n;
    expect(exports[START_EXPORT] as () => void).toThrow(WebAssembly.RuntimeError);
    expect(fuel.value).toBeLessThan(0n);
  });

  test('in recursion, direct and through a table, before the stack ends', async () => {
    const running = await runText(
      `(module (table 1 funcref) (elem (i32.const 0) $g)
         (func $f (export "f") (call $f)) (func $g (export "g") (call_indirect (i32.const 0))))`,
    );
    for (const name of ['f', 'g']) {
      running.fuel = 2_000n;
      expectSpent(running, () => running.call(name));
    }
  });

  test('in memory.fill of a gibibyte, before a byte is written', async () => {
    const running = await runText(
      `(module (memory (export "memory") 16384)
         (func (export "f") (memory.fill (i32.const 0) (i32.const 7) (i32.const 0x40000000))))`,
      { fuel: 1_000_000n },
    );
    expectSpent(running, () => running.call('f'));
    expect(running.memory()[0]).toBe(0);
  });

  test('in memory.grow', async () => {
    const running = await runText(
      '(module (memory 1) (func (export "f") (loop $l (drop (memory.grow (i32.const 1))) (br $l))))',
      { fuel: 100_000n },
    );
    expectSpent(running, () => running.call('f'));
  });

  test('lengths that look negative are long', async () => {
    const running = await runText(f('(memory.fill (i32.const 0) (i32.const 0) (i32.const -8))'), {
      fuel: 1_000_000n,
    });
    expectSpent(running, () => running.call('f'));
  });

  test('it stays out until it is given more', async () => {
    const running = await runText(f(''), { fuel: 1n });
    running.call('f');
    expect(running.fuel).toBe(0n);
    expectSpent(running, () => running.call('f'));
    expectSpent(running, () => running.call('f'));
    running.fuel = 1n;
    running.call('f');
  });

  test('a guest that nobody gave fuel does not run', async () => {
    const { exports } = new WebAssembly.Instance(
      new WebAssembly.Module(guardWasm(await fromText(f('')), ROOMY).module),
    );
    expect(exports['f'] as () => void).toThrow(WebAssembly.RuntimeError);
  });
});

describe('traps', () => {
  test.each([
    ['unreachable', '(unreachable)'],
    ['division by zero', '(drop (i32.div_u (i32.const 1) (i32.const 0)))'],
    ['an access out of bounds', '(drop (i32.load (i32.const -1)))'],
  ])('%s leaves the same fuel each time, never below 0', async (_, trap) => {
    const text = f(
      `(loop $l (local.set 0 (i32.sub (local.get 0) (i32.const 1))) (br_if $l (local.get 0))) ${trap}`,
      '(param i32)',
    );
    const bytes = guardWasm(await fromText(text), ROOMY).module;
    const left = Array.from({ length: 3 }, () => {
      const running = runGuarded(bytes, { fuel: 10_000n });
      expect(() => running.call('f', 100)).toThrow(WebAssembly.RuntimeError);
      return running.fuel;
    });
    expect(new Set(left).size).toBe(1);
    expect(left[0]).toBeGreaterThanOrEqual(0n);
  });

  test('the exact budget is enough, one less is not', async () => {
    const text = f(
      '(loop $l (local.set 0 (i32.sub (local.get 0) (i32.const 1))) (br_if $l (local.get 0)))',
      '(param i32)',
    );
    const bytes = guardWasm(await fromText(text), ROOMY).module;
    const used =
      PLENTY -
      (() => {
        const running = runGuarded(bytes);
        running.call('f', 50);
        return running.fuel;
      })();
    const enough = runGuarded(bytes, { fuel: used });
    enough.call('f', 50);
    expect(enough.fuel).toBe(0n);
    const short = runGuarded(bytes, { fuel: used - 1n });
    expect(() => short.call('f', 50)).toThrow(WebAssembly.RuntimeError);
    expect(short.fuel).toBe(-1n);
  });
});
