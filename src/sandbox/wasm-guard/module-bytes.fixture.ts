import type { Bytes } from '../../base/bytes.ts';
import { utf8 } from '../../base/bytes.ts';
import { guardWasm, type WasmLimits } from './guard-wasm.ts';
import { FUEL_EXPORT, START_EXPORT } from './reserved-exports.ts';

/*
 * Modules for tests, put together byte by byte where no tool would make them, or by wabt from text.
 */

const HEADER = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const MIB = 1_048_576;

export const PAGE_BYTES = 65_536;
export const ROOMY: WasmLimits = { moduleBytes: 64 * MIB, memoryBytes: 1_024 * MIB, tableElements: 100_000 };
/** More than any test uses. */
export const PLENTY = 10n ** 12n;

/** Unsigned LEB128. */
export function leb(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest % 128;
    rest = Math.floor(rest / 128);
    bytes.push(rest > 0 ? low | 0x80 : low);
  } while (rest > 0);
  return bytes;
}

export function section(id: number, content: readonly number[]): number[] {
  return [id, ...leb(content.length), ...content];
}

/** A section of so many equal entries or of given ones. */
export function list(id: number, entries: readonly (readonly number[])[]): number[] {
  return section(id, [...leb(entries.length), ...entries.flat()]);
}

export function moduleOf(...sections: readonly number[][]): Bytes {
  return new Uint8Array([...HEADER, ...sections.flat()]);
}

export function named(text: string): number[] {
  return [...leb(utf8(text).byteLength), ...utf8(text)];
}

/** A module of one function `() → ()`, exported as `f`, with the given instructions before its end. */
export function moduleOfCode(code: readonly number[], ...between: readonly number[][]): Bytes {
  return moduleOf(
    list(1, [[0x60, 0, 0]]),
    list(3, [[0]]),
    ...between,
    list(7, [[...named('f'), 0, 0]]),
    list(10, [[...leb(code.length + 2), 0, ...code, 0x0b]]),
  );
}

/** The module that a text describes. */
export async function fromText(text: string): Promise<Bytes> {
  const { default: load } = await import('wabt');
  const wabt = await load();
  const parsed = wabt.parseWat('test.wat', text, { simd: true, bulk_memory: true, reference_types: true });
  try {
    return new Uint8Array(parsed.toBinary({}).buffer);
  } finally {
    parsed.destroy();
  }
}

/** A running module and what its fuel is. */
export interface Running {
  readonly call: (name: string, ...values: unknown[]) => unknown;
  readonly exports: WebAssembly.Exports;
  readonly memory: () => Uint8Array;
  fuel: bigint;
}

/** Instantiates a guarded module, gives it fuel and runs its start function. */
export function runGuarded(
  module: Bytes,
  { fuel = PLENTY, imports = {} }: { fuel?: bigint; imports?: WebAssembly.ModuleImports } = {},
): Running {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module), {
    wasi_snapshot_preview1: imports,
  });
  const tank = exports[FUEL_EXPORT] as WebAssembly.Global;
  const running: Running = {
    exports,
    call: (name, ...values) => (exports[name] as (...values: unknown[]) => unknown)(...values),
    memory: () => new Uint8Array((exports['memory'] as WebAssembly.Memory).buffer),
    get fuel() {
      return tank.value as bigint;
    },
    set fuel(value) {
      tank.value = value;
    },
  };
  running.fuel = fuel;
  if (START_EXPORT in exports) running.call(START_EXPORT);
  return running;
}

/** A text's module, guarded and running. */
export async function runText(
  text: string,
  given: { fuel?: bigint; imports?: WebAssembly.ModuleImports; limits?: Partial<WasmLimits> } = {},
): Promise<Running> {
  return runGuarded(guardWasm(await fromText(text), { ...ROOMY, ...given.limits }).module, given);
}
