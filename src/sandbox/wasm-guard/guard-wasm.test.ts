import { describe, expect, test } from 'vitest';
import { utf8 } from '../../base/bytes.ts';
import { encodeU32 } from './binary-reader.ts';
import { clampMemory } from './clamp-memory.ts';
import { guardWasm } from './guard-wasm.ts';

const HEADER = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const PAGE = 65_536;

function section(id: number, content: readonly number[]): number[] {
  return [id, ...encodeU32(content.length), ...content];
}

function moduleOf(...sections: number[][]): Uint8Array<ArrayBuffer> {
  return new Uint8Array([...HEADER, ...sections.flat()]);
}

function memory(...types: number[][]): number[] {
  return section(5, [types.length, ...types.flat()]);
}

const named = (text: string) => [text.length, ...utf8(text)];
const FUNCTION_TYPE = section(1, [1, 0x60, 0, 0]);
const importOf = (from: string, name: string, kind: number[]) =>
  section(2, [1, ...named(from), ...named(name), ...kind]);
const EXPORT = section(7, [1, ...named('m'), 2, 0]);
const NOTE = section(0, [...named('note'), 1, 2, 3]);

/** What the engine really lets the module's memory grow to, in pages. */
async function growth(bytes: Uint8Array<ArrayBuffer>): Promise<number> {
  const { instance } = await WebAssembly.instantiate(bytes);
  const grown = instance.exports['m'] as WebAssembly.Memory;
  for (;;) {
    try {
      grown.grow(1);
    } catch {
      return grown.buffer.byteLength / PAGE;
    }
  }
}

describe('clampMemory', () => {
  test.each([
    ['no maximum', [0, 1], 4, 4],
    ['a large maximum', [1, 2, ...encodeU32(65_536)], 5, 5],
    ['a smaller maximum', [1, 1, 3], 300, 3],
    ['minimum at the limit', [0, 4], 4, 4],
    ['a limit between pages', [0, 1], 2.9, 2],
  ])('%s', async (_, type, limitPages, pages) => {
    const clamped = clampMemory(moduleOf(memory(type), EXPORT, NOTE), limitPages * PAGE);
    expect(await growth(clamped)).toBe(pages);
    expect([...clamped.slice(-NOTE.length)]).toEqual(NOTE);
  });

  test('a module without a memory stays as it is', () => {
    expect([...clampMemory(moduleOf(NOTE), PAGE)]).toEqual([...moduleOf(NOTE)]);
    expect([...clampMemory(moduleOf(memory()), PAGE)]).toEqual([...moduleOf(memory())]);
  });

  test.each([
    ['a minimum above the limit', moduleOf(memory([0, 5])), 'sandbox/memory-refused'],
    ['two memories', moduleOf(memory([0, 1], [0, 1])), 'sandbox/memory-refused'],
    ['two memory sections', moduleOf(memory([0, 1]), memory([0, 1])), 'sandbox/memory-refused'],
    ['a shared memory', moduleOf(memory([3, 1, 2])), 'sandbox/memory-refused'],
    ['a 64-bit memory', moduleOf(memory([4, 1])), 'sandbox/memory-refused'],
    ['another page size', moduleOf(memory([8, 1, 0])), 'sandbox/memory-refused'],
    ['trailing bytes', moduleOf(section(5, [1, 0, 1, 9])), 'sandbox/bad-module'],
    ['a cut section', moduleOf([5, 9, 1]), 'sandbox/bad-module'],
    ['an endless number', moduleOf([5, 0xff, 0xff, 0xff, 0xff, 0xff, 1]), 'sandbox/bad-module'],
    [
      'a number above 32 bits',
      moduleOf(section(5, [1, 0, 0xff, 0xff, 0xff, 0xff, 0x7f])),
      'sandbox/bad-module',
    ],
    ['no header', new Uint8Array([1, 2, 3]), 'sandbox/bad-module'],
    ['nothing', new Uint8Array(0), 'sandbox/bad-module'],
  ])('refuses %s', (_, bytes, code) => {
    expect(() => clampMemory(bytes, 4 * PAGE)).toThrow(expect.objectContaining({ code }));
  });
});

describe('guardWasm', () => {
  const limits = { moduleBytes: 64 * 1_048_576, memoryBytes: 4 * PAGE, tableElements: 100 };
  const wasi = moduleOf(FUNCTION_TYPE, importOf('wasi_snapshot_preview1', 'random_get', [0, 0]));

  test('lets functions of WASI in', async () => {
    const { module, imports } = guardWasm(wasi, limits);
    expect(await WebAssembly.compile(module)).toBeInstanceOf(WebAssembly.Module);
    expect(imports).toEqual(['random_get']);
  });

  test.each([
    ['another module', importOf('env', 'f', [0, 0])],
    ['a memory', importOf('wasi_snapshot_preview1', 'memory', [2, 0, 1])],
    ['a table', importOf('wasi_snapshot_preview1', 't', [1, 0x70, 0, 1])],
    ['a global', importOf('wasi_snapshot_preview1', 'g', [3, 0x7f, 0])],
  ])('refuses the import of %s', (_, imports) => {
    expect(() => guardWasm(moduleOf(FUNCTION_TYPE, imports), limits)).toThrow(
      expect.objectContaining({ code: 'sandbox/import-refused' }),
    );
  });

  test('refuses a huge module, and names that are not text', () => {
    expect(() => guardWasm(new Uint8Array(64 * 1_048_576 + 1), limits)).toThrow(
      expect.objectContaining({ code: 'sandbox/module-too-large' }),
    );
    expect(() => guardWasm(moduleOf(section(2, [1, 1, 0xff, 1, 0x61, 0, 0])), limits)).toThrow(
      expect.objectContaining({ code: 'sandbox/bad-module' }),
    );
  });
});
