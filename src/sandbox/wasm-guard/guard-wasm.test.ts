import { describe, expect, test } from 'vitest';
import { guardWasm } from './guard-wasm.ts';
import { leb, list, moduleOf, moduleOfCode, named, ROOMY, section } from './fixtures/module-bytes.fixture.ts';
import { fromText } from './fixtures/module-text.fixture.ts';
import { expectCode, refusal, TIGHT } from './fixtures/refusal.fixture.ts';
import { FUEL_EXPORT } from './reserved-exports.ts';

const FUNCTION_TYPE = list(1, [[0x60, 0, 0]]);
const NOTE = section(0, [...named('note'), 1, 2, 3]);

test('the module owns exactly its bytes, and the original stays as it was', async () => {
  const bytes = await fromText('(module (memory 1) (func (export "f") (loop (br 0))))');
  const before = bytes.slice();
  const { module } = guardWasm(bytes, TIGHT);
  expect(module.buffer.byteLength).toBe(module.byteLength);
  expect(bytes).toEqual(before);
  // The same bytes in make the same bytes out, also as a part of something larger.
  const part = new Uint8Array([7, ...bytes, 7]).subarray(1, bytes.length + 1);
  expect(guardWasm(part, TIGHT).module).toEqual(module);
});

describe('sections', () => {
  test('custom ones are left out', async () => {
    const module = await WebAssembly.compile(guardWasm(moduleOf(NOTE, FUNCTION_TYPE, NOTE), TIGHT).module);
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
    const { module } = guardWasm(bytes, TIGHT);
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
    expectCode(new Uint8Array(TIGHT.moduleBytes + 1), 'sandbox/module-too-large');
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
    expect(await WebAssembly.compile(guardWasm(bytes, TIGHT).module)).toBeInstanceOf(WebAssembly.Module);
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
