import { describe, expect, test } from 'vitest';
import { guardWasm } from './guard-wasm.ts';
import { list, moduleOf, moduleOfCode, named, section } from './fixtures/module-bytes.fixture.ts';
import { fromText } from './fixtures/module-text.fixture.ts';
import { expectCode, refusal, TIGHT } from './fixtures/refusal.fixture.ts';
import { DENIED_EXPORT, FUEL_EXPORT, START_EXPORT } from './reserved-exports.ts';

const FUNCTION_TYPE = list(1, [[0x60, 0, 0]]);

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
    const { module, imports } = guardWasm(bytes, TIGHT);
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
    const module = await WebAssembly.compile(guardWasm(exporting('_start'), TIGHT).module);
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

describe('the start function', () => {
  test('no longer runs by itself', async () => {
    const bytes = await fromText(
      '(module (global $g (export "g") (mut i32) (i32.const 0)) (func $s (global.set $g (i32.const 7))) (start $s))',
    );
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(guardWasm(bytes, TIGHT).module));
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
