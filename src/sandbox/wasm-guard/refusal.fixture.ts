import { expect } from 'vitest';
import { guardWasm, type WasmLimits } from './guard-wasm.ts';
import { PAGE_BYTES } from './module-bytes.fixture.ts';

/** What modules of these tests are held to, unless they say otherwise. */
export const TIGHT: WasmLimits = { moduleBytes: 1_048_576, memoryBytes: 4 * PAGE_BYTES, tableElements: 100 };

/** What the guard throws at a module; undefined when it lets it pass. */
export function refusal(bytes: Uint8Array, held: WasmLimits = TIGHT): unknown {
  try {
    guardWasm(bytes, held);
  } catch (error) {
    return error;
  }
  return undefined;
}

/** Expects a refusal with this code and a hint. */
export function expectCode(bytes: Uint8Array, code: string): void {
  expect(refusal(bytes)).toMatchObject({ name: 'KilnError', code, hint: expect.any(String) });
}
