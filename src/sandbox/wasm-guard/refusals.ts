import { KilnError } from '../../base/errors.ts';
import { MAX_NAME_CHARS } from './guard-limits.ts';
import type { Proposal } from './format/proposals.ts';

/** Bytes that are no WebAssembly module. */
export function malformed(what: string, offset: number): KilnError {
  return new KilnError('sandbox/bad-module', `The WASM module is malformed at byte ${offset}: ${what}.`, {
    data: { offset },
    hint: 'Build it again; it must be a core WebAssembly module, neither a component nor text.',
  });
}

/** A module, section or function that ends before it should. */
export function cutShort(offset: number): KilnError {
  return malformed('it ends too early', offset);
}

/** More of something than the guard lets through. */
export function tooMany(what: string, count: number, limit: number, offset: number): KilnError {
  return new KilnError('sandbox/module-too-complex', `The WASM module has too many ${what}: ${count}.`, {
    data: { what, count, limit, offset },
    hint: `At most ${limit} are allowed. Split the program, or build it with optimisation (-O2).`,
  });
}

/** A module, or one of its functions, that metering makes larger than allowed. */
export function grewTooLarge(limitBytes: number, functionIndex?: number): KilnError {
  const what = functionIndex === undefined ? 'The WASM module' : `Function ${functionIndex}`;
  return new KilnError('sandbox/module-too-complex', `${what} grows too large when fuel is metered.`, {
    data: { limitBytes, ...(functionIndex === undefined ? {} : { function: functionIndex }) },
    hint: 'Build with optimisation (-O2), and split very large functions.',
  });
}

/** An instruction outside the allow-list, or not defined at all; its numbers, or a description of it. */
export function opcodeRefused(
  instruction: string | readonly number[],
  proposal: Proposal | undefined,
  offset: number,
  functionIndex?: number,
): KilnError {
  const where = functionIndex === undefined ? `byte ${offset}` : `function ${functionIndex}, byte ${offset}`;
  const opcode =
    typeof instruction === 'string'
      ? instruction
      : instruction.map((number) => `0x${number.toString(16).padStart(2, '0')}`).join(' ');
  const what =
    proposal === undefined
      ? `The WASM module has an unknown instruction (${opcode})`
      : `The WASM module uses ${proposal.name} (instruction ${opcode})`;
  return new KilnError('sandbox/opcode-refused', `${what} in ${where}.`, {
    data: {
      opcode,
      offset,
      ...(functionIndex === undefined ? {} : { function: functionIndex }),
      ...(proposal === undefined ? {} : { proposal: proposal.name }),
    },
    hint: proposal?.hint ?? 'Build for the WebAssembly 2.0 core instructions.',
  });
}

/** A value or function type outside the allow-list. */
export function typeRefused(type: number, proposal: Proposal, offset: number): KilnError {
  const named = `0x${type.toString(16)}`;
  return new KilnError(
    'sandbox/type-refused',
    `The WASM module uses ${proposal.name} (type ${named}) at byte ${offset}.`,
    { data: { type: named, offset, proposal: proposal.name }, hint: proposal.hint },
  );
}

/** An import that no guest may have. */
export function importRefused(
  message: string,
  hint: string,
  data: Record<string, string | number>,
): KilnError {
  return new KilnError('sandbox/import-refused', message, { hint, data });
}

/** Any other part of a module that is not allowed: `memory`, `table`, `export`, `section`. */
export function partRefused(
  part: 'memory' | 'table' | 'export' | 'section',
  message: string,
  hint: string,
  data: Record<string, string | number>,
): KilnError {
  return new KilnError(`sandbox/${part}-refused`, message, { hint, data });
}

const lenient = new TextDecoder();

/** A name of the module's as a message may show it: cut, printable, never an error. */
export function shownName(bytes: Uint8Array): string {
  const text = lenient.decode(bytes.subarray(0, MAX_NAME_CHARS)).replaceAll(/[^\x20-\x7e]/g, '?');
  return bytes.byteLength > MAX_NAME_CHARS ? `${text}…` : text;
}
