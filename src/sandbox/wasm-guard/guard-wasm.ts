import type { Bytes } from '../../base/bytes.ts';
import { KilnError } from '../../base/errors.ts';
import { WASI_FUNCTIONS, WASI_MODULE } from './wasi-functions.ts';
import { type RewriteRules, rewriteModule } from './rewrite/rewrite-module.ts';

const WASI_POLICY: RewriteRules['imports'] = { module: WASI_MODULE, functions: WASI_FUNCTIONS };

/** What the guard holds a module to. */
export interface WasmLimits {
  readonly moduleBytes: number;
  readonly memoryBytes: number;
  /** Elements of all tables together. */
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
 * The module as it may be compiled: only what the allow-list has, memory and tables clamped, fuel metered
 * (`reserved-exports.ts` says how to give it fuel), custom sections left out, function indices unchanged. Linear in
 * time and memory whatever the bytes are; changes nothing that a guest can observe but its end.
 *
 * Throws `sandbox/module-too-large`, `sandbox/module-too-complex`, `sandbox/bad-module`, or
 * `sandbox/{import,export,opcode,type,section,memory,table}-refused`; their `data` names function, byte offset and
 * proposal where there is one, their `hint` what to change in the build.
 *
 * @example
 * const { module, imports } = guardWasm(bytes, effectiveLimits(manifest.limits));
 */
export function guardWasm(bytes: Uint8Array, limits: WasmLimits): GuardedWasm {
  if (bytes.byteLength > limits.moduleBytes) {
    throw new KilnError('sandbox/module-too-large', 'The WASM module is too large.', {
      data: { bytes: bytes.byteLength, limitBytes: limits.moduleBytes },
      hint: 'Strip debug information (-s), move data into input files, or raise limits.moduleBytes.',
    });
  }
  const { module, shape } = rewriteModule(bytes, {
    memoryBytes: limits.memoryBytes,
    tableElements: limits.tableElements,
    canonicalNans: limits.canonicalNans ?? false,
    imports: WASI_POLICY,
  });
  checkTypes(bytes);
  return { module, imports: shape.imports };
}

/** Types are the engine's to check, on the original: rewriting keeps a well-typed module so. */
function checkTypes(bytes: Uint8Array): void {
  const source = bytes as Bytes;
  if (WebAssembly.validate(source)) return;
  throw new KilnError('sandbox/bad-module', `The WASM module is not valid: ${objection(source)}.`, {
    hint: 'Build it again; the message is the browser’s, its offset counts bytes of your module.',
  });
}

/** What the engine says; compiling is the only way to ask, and it fails before it begins. */
function objection(bytes: Bytes): string {
  try {
    new WebAssembly.Module(bytes);
    return 'the engine refuses it';
  } catch (error) {
    return String(error instanceof Error ? error.message : error).slice(0, 200);
  }
}
