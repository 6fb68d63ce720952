import { describe, expect, test } from 'vitest';
import type { Bytes } from '../../base/bytes.ts';
import { guardWasm } from './guard-wasm.ts';
import { leb, list, moduleOf, named, PAGE_BYTES, section } from './fixtures/module-bytes.fixture.ts';
import { expectCode, TIGHT } from './fixtures/refusal.fixture.ts';

const NOTE = section(0, [...named('note'), 1, 2, 3]);

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
    const { module } = guardWasm(bytes, { ...TIGHT, memoryBytes: limitPages * PAGE_BYTES });
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
    const { instance } = await WebAssembly.instantiate(guardWasm(bytes, { ...TIGHT, tableElements }).module);
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
