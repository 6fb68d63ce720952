import { fromUtf8 } from '../../../base/bytes.ts';
import type { ByteReader } from '../format/byte-reader.ts';
import { MAX_ARITY, MAX_ENTRIES, MAX_IMPORTS, MAX_NAME_CHARS } from '../guard-limits.ts';
import type { ModuleShape } from './module-shape.ts';
import { typeProposalOf } from '../format/proposals.ts';
import { readConstant } from '../format/read-constant.ts';
import { readIndex, readReferenceType, readValueType } from '../format/read-operands.ts';
import { importRefused, malformed, shownName, tooMany, typeRefused } from '../refusals.ts';
import { FUNCTION_KIND } from '../format/section-ids.ts';

/*
 * The sections that stay as they are: read once, to learn the module's shape and to find what is not allowed.
 */

const FUNCTION_TYPE = 0x60;
/** The only kind of element that is no expression: a function's index. */
const FUNCTION_ELEMENT = 0x00;

/** Decides which functions a module may import, and with which type; no bytes mean any. */
export interface ImportPolicy {
  readonly module: string;
  readonly functions: { get(name: string): Uint8Array | undefined };
}

/** Function types (core specification 5.5.4). */
export function readTypes(reader: ByteReader, shape: ModuleShape): void {
  const count = reader.count('function types', MAX_ENTRIES);
  for (let i = 0; i < count; i++) {
    const form = reader.byte();
    if (form !== FUNCTION_TYPE) throw typeRefused(form, typeProposalOf(form), reader.at - 1);
    shape.typeOffsets.push(reader.at);
    shape.typeArity.push(readTypeList(reader));
    readTypeList(reader);
  }
}

function readTypeList(reader: ByteReader): number {
  const count = reader.count('parameters or results of one type', MAX_ARITY);
  for (let i = 0; i < count; i++) readValueType(reader);
  return count;
}

/** Imports, of which only functions that the policy knows pass: `sandbox/import-refused` for others. */
export function readImports(reader: ByteReader, shape: ModuleShape, policy: ImportPolicy): void {
  const count = reader.count('imports', MAX_IMPORTS);
  for (let i = 0; i < count; i++) {
    const offset = reader.at;
    const from = reader.name();
    const name = reader.name();
    const kind = reader.byte();
    const refuse = (what: string, hint: string) => {
      const shown = `${shownName(from)}.${shownName(name)}`;
      return importRefused(`The module imports "${shown}"${what}.`, hint, { import: shown, kind, offset });
    };
    if (kind !== FUNCTION_KIND || exactName(from) !== policy.module) {
      throw refuse(
        '',
        `A guest may import only functions of ${policy.module}: build a WASI command (wasm32-wasi), and define what is left undefined.`,
      );
    }
    const known = exactName(name);
    const wanted = policy.functions.get(known);
    if (wanted === undefined) {
      throw refuse(
        `, which ${policy.module} does not have`,
        'Check its spelling, and build with a wasi-libc for preview 1.',
      );
    }
    const type = readIndex(reader, shape.typeArity.length, 'type');
    const typeAt = shape.typeOffsets[type]!;
    if (!wanted.every((byte, i) => reader.bytes[typeAt + i] === byte)) {
      throw refuse(
        ' with other parameters or results than it has',
        'Declare it as wasi-libc does; pointers and sizes are i32, file offsets and times i64.',
      );
    }
    shape.functionTypes.push(type);
    shape.imports.push(known);
  }
}

/** The name when it may be one that is looked up, else one that nothing has. */
function exactName(bytes: Uint8Array): string {
  try {
    return bytes.byteLength > MAX_NAME_CHARS ? '' : fromUtf8(bytes);
  } catch {
    return '';
  }
}

/** The types of the functions that have bodies. */
export function readFunctions(reader: ByteReader, shape: ModuleShape): void {
  const count = reader.count('functions', MAX_ENTRIES);
  for (let i = 0; i < count; i++) shape.functionTypes.push(readIndex(reader, shape.typeArity.length, 'type'));
}

/** The function that would run at instantiation; the runner calls it instead. */
export function readStart(reader: ByteReader, shape: ModuleShape): void {
  shape.start = readIndex(reader, shape.functionTypes.length, 'function');
}

/** Element segments in their eight forms (core specification 5.5.12). */
export function readElements(reader: ByteReader, shape: ModuleShape): void {
  const count = reader.count('element segments', MAX_ENTRIES);
  for (let i = 0; i < count; i++) {
    const at = reader.at;
    const form = reader.u32();
    if (form > 7) throw malformed('an element segment has an unknown form', at);
    const isActive = (form & 1) === 0;
    const hasExpressions = (form & 4) !== 0;
    if (isActive) {
      if ((form & 2) !== 0) readIndex(reader, shape.tables, 'table');
      readConstant(reader, shape);
    }
    if ((form & 3) !== 0) {
      if (hasExpressions) readReferenceType(reader);
      else if (reader.byte() !== FUNCTION_ELEMENT)
        throw malformed('an element kind is unknown', reader.at - 1);
    }
    for (let left = reader.u32(); left > 0; left--) {
      if (hasExpressions) readConstant(reader, shape);
      else readIndex(reader, shape.functionTypes.length, 'function');
    }
  }
}

/** Data segments in their three forms (core specification 5.5.14). */
export function readData(reader: ByteReader, shape: ModuleShape): void {
  const count = reader.count('data segments', MAX_ENTRIES);
  for (let i = 0; i < count; i++) {
    const at = reader.at;
    const form = reader.u32();
    if (form > 2) throw malformed('a data segment has an unknown form', at);
    if (form === 2) readIndex(reader, shape.memories, 'memory');
    if (form !== 1) readConstant(reader, shape);
    reader.skip(reader.u32());
  }
}

/** How many data segments code may name. */
export function readDataCount(reader: ByteReader): void {
  const at = reader.at;
  const count = reader.u32();
  if (count > MAX_ENTRIES) throw tooMany('data segments', count, MAX_ENTRIES, at);
}
