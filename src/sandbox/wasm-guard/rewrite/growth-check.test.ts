import { describe, expect, test } from 'vitest';
import { PAGE_BYTES, type Running } from '../fixtures/module-bytes.fixture.ts';
import { runText } from '../fixtures/module-text.fixture.ts';
import { DENIED_EXPORT } from '../reserved-exports.ts';

const denials = (running: Running) => (running.exports[DENIED_EXPORT] as WebAssembly.Global).value as number;
/** What every engine has for the elements of one table, whatever its maximum (WebAssembly JavaScript Interface). */
const ENGINE_TABLE_ELEMENTS = 10_000_000;
const ROOMY_TABLES = { tableElements: 2 * ENGINE_TABLE_ELEMENTS };

const memory = (type: string) => `(module (memory ${type})
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "loop") (param i32) (result i32) (loop (result i32) (memory.grow (local.get 0)))))`;

/** The second table may grow, the first may not: each is held to its own maximum. */
const TABLES = `(module (table 2 2 funcref) (table 1 externref)
  (func (export "first") (param i32) (result i32) (table.grow 0 (ref.null func) (local.get 0)))
  (func (export "grow") (param i32) (result i32) (table.grow 1 (ref.null extern) (local.get 0)))
  (func (export "loop") (param i32) (result i32)
    (loop (result i32) (table.grow 1 (ref.null extern) (local.get 0)))))`;

describe('growth', () => {
  test.each([
    ['of memory to the limit', memory('1'), 8, 7],
    ['of memory to its own maximum', memory('1 4'), 8, 3],
    ['of a table to what the tables share', TABLES, 0, 97],
  ])('%s succeeds, and beyond it is −1', async (_, text, pages, spare) => {
    for (const name of ['grow', 'loop']) {
      const running = await runText(text, {
        limits: { memoryBytes: pages * PAGE_BYTES, tableElements: 100 },
      });
      const size = running.call(name, 0) as number;
      expect(running.call(name, spare + 1)).toBe(-1);
      expect(running.call(name, -1)).toBe(-1);
      expect(running.call(name, spare)).toBe(size);
      expect(running.call(name, 0)).toBe(size + spare);
      expect(running.call(name, 1)).toBe(-1);
      expect(denials(running)).toBe(0);
    }
  });

  test.each(['grow', 'loop'])('that only the engine denies ends the guest (%s)', async (name) => {
    const running = await runText(TABLES, { limits: ROOMY_TABLES });
    expect(running.call('first', 1)).toBe(-1);
    expect(running.call(name, 2 * ENGINE_TABLE_ELEMENTS)).toBe(-1);
    expect(running.call(name, 10)).toBe(1);
    expect(denials(running)).toBe(0);
    expect(() => running.call(name, ENGINE_TABLE_ELEMENTS)).toThrow(WebAssembly.RuntimeError);
    expect(denials(running)).toBe(1);
    // Not for want of fuel: nothing may take the one for the other.
    expect(running.fuel).toBeGreaterThan(0n);
  });
});
