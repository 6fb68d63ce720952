import load from 'wabt';
import type { Bytes } from '../../base/bytes.ts';
import { guardWasm, type WasmLimits } from './guard-wasm.ts';
import { ROOMY, runGuarded, type Running } from './module-bytes.fixture.ts';

/** The module that a text describes. */
export async function fromText(text: string): Promise<Bytes> {
  const wabt = await load();
  const parsed = wabt.parseWat('test.wat', text, { simd: true, bulk_memory: true, reference_types: true });
  try {
    return new Uint8Array(parsed.toBinary({}).buffer);
  } finally {
    parsed.destroy();
  }
}

/** A text's module, guarded and running. */
export async function runText(
  text: string,
  given: { fuel?: bigint; imports?: WebAssembly.ModuleImports; limits?: Partial<WasmLimits> } = {},
): Promise<Running> {
  return runGuarded(guardWasm(await fromText(text), { ...ROOMY, ...given.limits }).module, given);
}
