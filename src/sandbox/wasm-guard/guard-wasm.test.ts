import { describe, expect, test } from 'vitest';
import type { Bytes } from '../../base/bytes.ts';
import { guardWasm, type WasmLimits } from './guard-wasm.ts';
import {
  leb,
  list,
  moduleOf,
  moduleOfCode,
  named,
  PAGE_BYTES,
  ROOMY,
  section,
} from './module-bytes.fixture.ts';
import { fromText } from './module-text.fixture.ts';
import { DENIED_EXPORT, FUEL_EXPORT, START_EXPORT } from './reserved-exports.ts';

const FUNCTION_TYPE = list(1, [[0x60, 0, 0]]);
const NOTE = section(0, [...named('note'), 1, 2, 3]);
const limits: WasmLimits = { moduleBytes: 1_048_576, memoryBytes: 4 * PAGE_BYTES, tableElements: 100 };

function refusal(bytes: Uint8Array, held: WasmLimits = limits): unknown {
  try {
    guardWasm(bytes, held);
  } catch (error) {
    return error;
  }
  return undefined;
}

function expectCode(bytes: Uint8Array, code: string): void {
  expect(refusal(bytes)).toMatchObject({ name: 'KilnError', code, hint: expect.any(String) });
}

const importOf = (from: string, name: string, kind: number[]) =>
  moduleOf(
    list(1, [
      [0x60, 0, 0],
      [0x60, 2, 0x7f, 0x7f, 1, 0x7f],
      [0x60, 2, 0x7f, 0x7e, 1, 0x7f],
      [0x60, 2, 0x7f, 0x7f, 2, 0x7f, 0x7f],
    ]),
    list(2, [[...named(from), ...named(name), ...kind]]),
  );

describe('imports', () => {
  test('lets functions of WASI in and names them', async () => {
    const bytes = importOf('wasi_snapshot_preview1', 'random_get', [0, 1]);
    const { module, imports } = guardWasm(bytes, limits);
    expect(await WebAssembly.compile(module)).toBeInstanceOf(WebAssembly.Module);
    expect(imports).toEqual(['random_get']);
  });

  test.each([
    ['another module', 'env', 'f', [0, 0]],
    ['the next preview', 'wasi:io/streams', 'read', [0, 0]],
    ['an unknown function', 'wasi_snapshot_preview1', 'sock_connect', [0, 0]],
    ['a name that only begins right', 'wasi_snapshot_preview1', 'fd_read\0', [0, 0]],
    ['a long name', 'wasi_snapshot_preview1', 'x'.repeat(500), [0, 0]],
    ['a property of every object', 'wasi_snapshot_preview1', 'toString', [0, 0]],
    ['other parameters', 'wasi_snapshot_preview1', 'random_get', [0, 2]],
    ['no parameters', 'wasi_snapshot_preview1', 'random_get', [0, 0]],
    ['other results', 'wasi_snapshot_preview1', 'random_get', [0, 3]],
    ['a memory', 'wasi_snapshot_preview1', 'memory', [2, 0, 1]],
    ['a table', 'wasi_snapshot_preview1', 't', [1, 0x70, 0, 1]],
    ['a global', 'wasi_snapshot_preview1', 'g', [3, 0x7f, 0]],
    ['a tag', 'wasi_snapshot_preview1', 't', [4, 0, 0]],
  ])('refuses %s', (_, from, name, kind) => {
    expectCode(importOf(from, name, kind), 'sandbox/import-refused');
  });

  test('refuses names that are not text, and shows them harmlessly', () => {
    const bytes = moduleOf(FUNCTION_TYPE, list(2, [[1, 0xff, 2, 0x0a, 0x61, 0, 0]]));
    expect(refusal(bytes)).toMatchObject({
      code: 'sandbox/import-refused',
      message: 'The module imports "?.?a".',
    });
  });
});

describe('exports', () => {
  const exporting = (name: string, kind = 0, index = 0) =>
    moduleOf(
      FUNCTION_TYPE,
      list(3, [[0]]),
      list(7, [[...named(name), kind, index]]),
      list(10, [[2, 0, 0x0b]]),
    );

  test('keeps the guest’s and adds what the guard tells', async () => {
    const module = await WebAssembly.compile(guardWasm(exporting('_start'), limits).module);
    expect(WebAssembly.Module.exports(module)).toEqual([
      { name: '_start', kind: 'function' },
      { name: FUEL_EXPORT, kind: 'global' },
      { name: DENIED_EXPORT, kind: 'global' },
    ]);
  });

  test.each(['kiln:', 'kiln:fuel', 'kiln:start', 'kiln:other'])('refuses %s', (name) => {
    expectCode(exporting(name), 'sandbox/export-refused');
  });

  test('refuses the guard’s own globals, by any number', () => {
    expectCode(exporting('g', 3, 0), 'sandbox/bad-module');
    expectCode(exporting('g', 3, 1), 'sandbox/bad-module');
    expectCode(exporting('g', 3, 2), 'sandbox/bad-module');
    expectCode(exporting('f', 0, 1), 'sandbox/bad-module');
    expectCode(exporting('t', 4, 0), 'sandbox/export-refused');
  });

  test('lets names come near', () => {
    expect(refusal(exporting('kiln'))).toBeUndefined();
    expect(refusal(exporting('Kiln:fuel'))).toBeUndefined();
  });
});

describe('the guard’s globals and locals are out of reach', () => {
  const I64_0 = [0x42, 0];
  test.each([
    ['global.set of the fuel', [...I64_0, 0x24, 0]],
    ['global.get of the fuel', [0x23, 0, 0x1a]],
    ['global.set of denied growth', [0x41, 0, 0x24, 1]],
    ['local.set of the fuel', [...I64_0, 0x21, 0]],
    ['local.get of scratch', [0x20, 1, 0x1a]],
  ])('%s', (_, code) => {
    expectCode(moduleOfCode(code), 'sandbox/bad-module');
  });
});

describe('memory', () => {
  const memory = (...types: number[][]) => list(5, types);
  const EXPORT = list(7, [[...named('m'), 2, 0]]);

  /** What the engine really lets the module's memory grow to, in pages. */
  async function growth(bytes: Bytes): Promise<number> {
    const { instance } = await WebAssembly.instantiate(bytes);
    const grown = instance.exports['m'] as WebAssembly.Memory;
    for (;;) {
      try {
        grown.grow(1);
      } catch {
        return grown.buffer.byteLength / PAGE_BYTES;
      }
    }
  }

  test.each([
    ['no maximum', [0, 1], 4, 4],
    ['a large maximum', [1, 2, ...leb(65_536)], 5, 5],
    ['a smaller maximum', [1, 1, 3], 300, 3],
    ['minimum at the limit', [0, 4], 4, 4],
    ['a limit between pages', [0, 1], 2.9, 2],
  ])('clamps %s', async (_, type, limitPages, pages) => {
    const bytes = moduleOf(memory(type), EXPORT, NOTE);
    const { module } = guardWasm(bytes, { ...limits, memoryBytes: limitPages * PAGE_BYTES });
    expect(await growth(module)).toBe(pages);
  });

  test.each([
    ['a minimum above the limit', memory([0, 5])],
    ['two memories', memory([0, 1], [0, 1])],
    ['a shared memory', memory([3, 1, 2])],
    ['a 64-bit memory', memory([4, 1])],
    ['another page size', memory([8, 1, 0])],
  ])('refuses %s', (_, bytes) => {
    expectCode(moduleOf(bytes), 'sandbox/memory-refused');
  });

  test.each([
    ['two memory sections', [memory([0, 1]), memory([0, 1])]],
    ['trailing bytes', [section(5, [1, 0, 1, 9])]],
    ['a maximum below the minimum', [memory([1, 3, 2])]],
    ['unknown flags', [memory([0x10, 1])]],
  ])('finds %s malformed', (_, sections) => {
    expectCode(moduleOf(...sections), 'sandbox/bad-module');
  });
});

describe('tables', () => {
  const tables = (...types: number[][]) => list(4, types);

  async function growths(bytes: Uint8Array, tableElements: number): Promise<number[]> {
    const { instance } = await WebAssembly.instantiate(guardWasm(bytes, { ...limits, tableElements }).module);
    return ['a', 'b'].map((name) => {
      const table = instance.exports[name] as WebAssembly.Table;
      for (;;) {
        try {
          table.grow(1);
        } catch {
          return table.length;
        }
      }
    });
  }

  test('share the limit: each has its minimum, the first grow by what is over', async () => {
    const bytes = moduleOf(
      tables([0x70, 0, 2], [0x6f, 1, 3, 50]),
      list(7, [
        [...named('a'), 1, 0],
        [...named('b'), 1, 1],
      ]),
    );
    expect(await growths(bytes, 10)).toEqual([7, 3]);
    const bounded = moduleOf(
      tables([0x70, 1, 2, 4], [0x6f, 1, 3, 50]),
      list(7, [
        [...named('a'), 1, 0],
        [...named('b'), 1, 1],
      ]),
    );
    expect(await growths(bounded, 10)).toEqual([4, 6]);
  });

  test.each([
    ['minima above the limit together', tables([0x70, 0, 60], [0x70, 0, 41])],
    ['a 64-bit table', tables([0x70, 4, 1])],
    ['a shared table', tables([0x70, 3, 1, 1])],
  ])('refuses %s', (_, bytes) => {
    expectCode(moduleOf(bytes), 'sandbox/table-refused');
  });

  test('refuses too many, and types outside the list', () => {
    expectCode(
      moduleOf(tables(...Array.from({ length: 101 }, () => [0x70, 0, 0]))),
      'sandbox/module-too-complex',
    );
    expectCode(moduleOf(tables([0x6e, 0, 1])), 'sandbox/type-refused');
    expectCode(moduleOf(tables([0x40, 0, 0x70, 0, 1, 0xd0, 0x70, 0x0b])), 'sandbox/type-refused');
  });
});

describe('the start function', () => {
  test('no longer runs by itself', async () => {
    const bytes = await fromText(
      '(module (global $g (export "g") (mut i32) (i32.const 0)) (func $s (global.set $g (i32.const 7))) (start $s))',
    );
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(guardWasm(bytes, limits).module));
    const global = exports['g'] as WebAssembly.Global;
    expect(global.value).toBe(0);
    (exports[FUEL_EXPORT] as WebAssembly.Global).value = 100n;
    (exports[START_EXPORT] as () => void)();
    expect(global.value).toBe(7);
  });

  test('must exist and have no parameters', async () => {
    expectCode(
      moduleOf(FUNCTION_TYPE, list(3, [[0]]), section(8, [1]), list(10, [[2, 0, 0x0b]])),
      'sandbox/bad-module',
    );
    expectCode(
      await fromText('(module (func))').then((bytes) => new Uint8Array([...bytes, 8, 1, 0])),
      'sandbox/bad-module',
    );
    const typed = moduleOf(
      list(1, [[0x60, 1, 0x7f, 0]]),
      list(3, [[0]]),
      section(8, [0]),
      list(10, [[2, 0, 0x0b]]),
    );
    expectCode(typed, 'sandbox/bad-module');
  });
});

test('the module owns exactly its bytes, and the original stays as it was', async () => {
  const bytes = await fromText('(module (memory 1) (func (export "f") (loop (br 0))))');
  const before = bytes.slice();
  const { module } = guardWasm(bytes, limits);
  expect(module.buffer.byteLength).toBe(module.byteLength);
  expect(bytes).toEqual(before);
  // The same bytes in make the same bytes out, also as a part of something larger.
  const part = new Uint8Array([7, ...bytes, 7]).subarray(1, bytes.length + 1);
  expect(guardWasm(part, limits).module).toEqual(module);
});

describe('sections', () => {
  test('custom ones are left out', async () => {
    const module = await WebAssembly.compile(guardWasm(moduleOf(NOTE, FUNCTION_TYPE, NOTE), limits).module);
    expect(WebAssembly.Module.customSections(module, 'note')).toEqual([]);
  });

  test('every kind that stays, at once', async () => {
    const bytes = await fromText(`(module
      (type $t (func (param i32) (result i32)))
      (import "wasi_snapshot_preview1" "proc_exit" (func (param i32)))
      (table $a 3 funcref) (table $b 2 externref)
      (memory (export "memory") 1)
      (global $g (mut v128) (v128.const i64x2 1 2)) (global (mut funcref) (ref.func $f)) (global externref (ref.null extern))
      (func $f (export "f") (type $t) (local.get 0))
      (elem (i32.const 0) $f) (elem (table $a) (i32.const 1) funcref (ref.func $f) (ref.null func))
      (elem $p func $f) (elem declare func $f) (elem $q externref (ref.null extern))
      (data (i32.const 0) "active") (data $d "passive")
      (func (export "g") (result i32)
        (memory.init $d (i32.const 8) (i32.const 0) (i32.const 7)) (data.drop $d)
        (table.init $a $p (i32.const 2) (i32.const 0) (i32.const 1)) (elem.drop $p)
        (call_indirect $a (type $t) (i32.const 5) (i32.const 2))))`);
    const { module } = guardWasm(bytes, limits);
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module), {
      wasi_snapshot_preview1: { proc_exit() {} },
    });
    (exports[FUEL_EXPORT] as WebAssembly.Global).value = 1_000n;
    expect((exports['g'] as () => number)()).toBe(5);
    const memory = new Uint8Array((exports['memory'] as WebAssembly.Memory).buffer, 0, 15);
    expect(new TextDecoder().decode(memory)).toBe('active\0\0passive');
  });

  test('exception tags and unknown sections are refused', () => {
    expectCode(moduleOf(FUNCTION_TYPE, list(13, [[0, 0]])), 'sandbox/section-refused');
    expectCode(moduleOf(section(14, [0])), 'sandbox/section-refused');
    expectCode(moduleOf(section(99, [])), 'sandbox/section-refused');
  });

  test.each([
    ['no header', new Uint8Array([1, 2, 3])],
    ['nothing', new Uint8Array(0)],
    ['a component', new Uint8Array([0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0])],
    ['text', new TextEncoder().encode('(module)')],
    ['a cut section', moduleOf([5, 9, 1])],
    ['an endless number', moduleOf([5, 0xff, 0xff, 0xff, 0xff, 0xff, 1])],
    ['a number above 32 bits', moduleOf(section(5, [1, 0, 0xff, 0xff, 0xff, 0xff, 0x7f]))],
    ['sections out of order', moduleOf(list(5, [[0, 1]]), FUNCTION_TYPE)],
    ['bodies without functions', moduleOf(list(10, [[2, 0, 0x0b]]))],
    ['functions without bodies', moduleOf(FUNCTION_TYPE, list(3, [[0]]))],
    ['a function of an unknown type', moduleOf(FUNCTION_TYPE, list(3, [[1]]), list(10, [[2, 0, 0x0b]]))],
    ['a body that goes on after its end', moduleOfCode([0x0b, 0x01])],
    ['a body without an end', moduleOf(FUNCTION_TYPE, list(3, [[0]]), list(10, [[2, 0, 0x01]]))],
    ['an else without an if', moduleOfCode([0x05])],
    ['an else in a block', moduleOfCode([0x02, 0x40, 0x05, 0x0b])],
    ['two elses', moduleOfCode([0x41, 1, 0x04, 0x40, 0x05, 0x05, 0x0b])],
    ['a jump too far out', moduleOfCode([0x0c, 1])],
    ['a type error', moduleOfCode([0x41, 0])],
    ['data without a memory', moduleOf(list(11, [[0, 0x41, 0, 0x0b, 0]]))],
    ['an unknown data form', moduleOf(list(5, [[0, 1]]), list(11, [[3, 0]]))],
    ['an unknown element form', moduleOf(list(4, [[0x70, 0, 1]]), list(9, [[8, 0]]))],
    ['a global that is half mutable', moduleOf(list(6, [[0x7f, 2, 0x41, 0, 0x0b]]))],
  ])('%s is malformed', (_, bytes) => {
    expectCode(bytes, 'sandbox/bad-module');
  });
});

describe('bounds', () => {
  const many = (count: number, one: number[]) => Array.from({ length: count }, () => one).flat();

  test('bytes', () => {
    expectCode(new Uint8Array(limits.moduleBytes + 1), 'sandbox/module-too-large');
  });

  test.each([
    ['types', section(1, leb(100_001))],
    ['parameters', section(1, [1, 0x60, ...leb(1_001)])],
    ['imports', section(2, leb(1_001))],
    ['functions', section(3, leb(100_001))],
    ['globals', section(6, leb(100_001))],
    ['exports', section(7, leb(100_001))],
    ['element segments', section(9, leb(100_001))],
    ['data segments', section(11, leb(100_001))],
    ['data count', section(12, leb(100_001))],
  ])('too many %s', (_, bytes) => {
    expectCode(moduleOf(bytes), 'sandbox/module-too-complex');
  });

  test('locals, blocks, branch targets', () => {
    const locals = moduleOf(FUNCTION_TYPE, list(3, [[0]]), list(10, [[6, 1, ...leb(49_001), 0x7f, 0x0b]]));
    expectCode(locals, 'sandbox/module-too-complex');
    const wrapping = moduleOf(
      FUNCTION_TYPE,
      list(3, [[0]]),
      list(10, [[14, 2, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x7f, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x7f, 0x0b]]),
    );
    expectCode(wrapping, 'sandbox/module-too-complex');
    const blocks = moduleOfCode([...many(16_385, [0x02, 0x40]), ...many(16_385, [0x0b])]);
    expectCode(blocks, 'sandbox/module-too-complex');
    expectCode(moduleOfCode([0x41, 0, 0x0e, ...leb(65_521)]), 'sandbox/module-too-complex');
  });

  test('deep nesting below the bound is fine', async () => {
    const bytes = moduleOfCode([...many(16_000, [0x02, 0x40]), ...many(16_000, [0x0b])]);
    expect(await WebAssembly.compile(guardWasm(bytes, limits).module)).toBeInstanceOf(WebAssembly.Module);
  });

  test('growth by metering, and locals times branches', () => {
    const loops = moduleOfCode(many(100_000, [0x03, 0x40, 0x0b]));
    expectCode(loops, 'sandbox/module-too-complex');
    const code = many(50_000, [0x02, 0x40, 0x0b]);
    const body = [1, ...leb(45_000), 0x7f, ...code, 0x0b];
    const merges = moduleOf(FUNCTION_TYPE, list(3, [[0]]), list(10, [[...leb(body.length), ...body]]));
    expectCode(merges, 'sandbox/module-too-complex');
  });

  test('a well-made module of many small functions is fine', () => {
    const count = 50_000;
    const module = moduleOf(
      FUNCTION_TYPE,
      section(3, [...leb(count), ...many(count, [0])]),
      section(10, [...leb(count), ...many(count, [8, 1, 1, 0x7f, 0x41, 5, 0x21, 0, 0x0b])]),
    );
    expect(refusal(module, ROOMY)).toBeUndefined();
  });
});
