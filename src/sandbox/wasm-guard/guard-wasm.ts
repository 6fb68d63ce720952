import type { Bytes } from '../../base/bytes.ts';
import { KilnError } from '../../base/errors.ts';
import { BinaryReader, readSections } from './binary-reader.ts';
import { clampMemory } from './clamp-memory.ts';

const IMPORT_SECTION = 2;
const FUNCTION_IMPORT = 0x00;
/** The only module a guest may import from. */
const WASI_MODULE = 'wasi_snapshot_preview1';

/** What the guard holds a module to. */
export interface WasmLimits {
  readonly moduleBytes: number;
  readonly memoryBytes: number;
  readonly tableElements: number;
  /** Gives every NaN that arithmetic makes one bit pattern. @default false */
  readonly canonicalNans?: boolean;
}

/** A module that may be compiled. */
export interface GuardedWasm {
  readonly module: Bytes;
  /** Names of the WASI functions that it imports. */
  readonly imports: readonly string[];
}

/**
 * The module as it may be compiled. Throws `sandbox/module-too-large`, `sandbox/import-refused`,
 * `sandbox/memory-refused` or `sandbox/bad-module`. Pure: fuel and the list of allowed opcodes belong here too.
 */
export function guardWasm(module: Uint8Array, limits: WasmLimits): GuardedWasm {
  if (module.byteLength > limits.moduleBytes) {
    throw new KilnError('sandbox/module-too-large', 'The WASM module is too large.', {
      data: { bytes: module.byteLength, limitBytes: limits.moduleBytes },
      hint: 'Strip debug information, or move data into input files.',
    });
  }
  checkImports(module);
  return {
    module: clampMemory(module, limits.memoryBytes),
    imports: readImports(module).map(({ name }) => name),
  };
}

function checkImports(module: Uint8Array): void {
  for (const { from, name, kind } of readImports(module)) {
    if (from === WASI_MODULE && kind === FUNCTION_IMPORT) continue;
    throw new KilnError('sandbox/import-refused', `The module imports "${from}.${name}".`.slice(0, 200), {
      data: { kind },
      hint: `A guest may import only functions of ${WASI_MODULE}.`,
    });
  }
}

function readImports(module: Uint8Array): { from: string; name: string; kind: number }[] {
  const imports = [];
  for (const section of readSections(module)) {
    if (section.id !== IMPORT_SECTION) continue;
    const reader = new BinaryReader(module, section.content, section.end);
    for (let left = reader.u32(); left > 0; left--) {
      const found = { from: reader.name(), name: reader.name(), kind: reader.byte() };
      imports.push(found);
      // What follows another kind has another form; such a module is refused anyway.
      if (found.kind !== FUNCTION_IMPORT) return imports;
      reader.u32();
    }
  }
  return imports;
}
