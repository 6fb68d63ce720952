import { utf8 } from '../../../base/bytes.ts';
import type { ByteReader } from '../format/byte-reader.ts';
import type { ByteWriter } from '../format/byte-writer.ts';
import { MAX_ENTRIES, MAX_TABLES } from '../guard-limits.ts';
import type { ModuleShape } from './module-shape.ts';
import { END, I32_TYPE, I64_TYPE } from '../format/opcodes.ts';
import { EXCEPTIONS, MEMORY64, MULTI_MEMORY, PAGE_SIZES, THREADS } from '../format/proposals.ts';
import { readConstant } from '../format/read-constant.ts';
import { readIndex, readReferenceType, readValueType } from '../format/read-operands.ts';
import { malformed, partRefused, shownName } from '../refusals.ts';
import { DENIED_EXPORT, FUEL_EXPORT, START_EXPORT } from '../reserved-exports.ts';
import { FUNCTION_KIND, GLOBAL_KIND, MEMORY_KIND, TABLE_KIND } from '../format/section-ids.ts';

/*
 * The sections that the guard changes. Each function reads one section's content, if there is one, and writes its own.
 */

const PAGE_BYTES = 65_536;
const HAS_MAXIMUM = 0x01;
const IS_SHARED = 0x02;
const IS_64_BIT = 0x04;
const HAS_PAGE_SIZE = 0x08;
const MUTABLE = 1;
const I32_CONST = 0x41;
const I64_CONST = 0x42;
/** Globals that the guard adds. */
const OWN_GLOBALS = 2;
const RESERVED_PREFIX = utf8('kiln:');

/** A table's or memory's size, of which no maximum means no bound. */
interface Size {
  readonly minimum: number;
  readonly maximum: number;
}

function readSize(reader: ByteReader, part: 'memory' | 'table'): Size {
  const offset = reader.at;
  const flags = reader.byte();
  if ((flags & ~HAS_MAXIMUM) !== 0) {
    const proposal =
      (flags & IS_64_BIT) !== 0 ? MEMORY64 : (flags & HAS_PAGE_SIZE) !== 0 ? PAGE_SIZES : THREADS;
    if (flags > (IS_SHARED | IS_64_BIT | HAS_PAGE_SIZE | HAS_MAXIMUM))
      throw malformed(`a ${part} has unknown flags`, offset);
    throw partRefused(part, `The module's ${part} uses ${proposal.name}.`, proposal.hint, {
      flags,
      offset,
      proposal: proposal.name,
    });
  }
  const minimum = reader.u32();
  return { minimum, maximum: flags === HAS_MAXIMUM ? reader.u32() : Number.POSITIVE_INFINITY };
}

function writeSize(out: ByteWriter, { minimum, maximum }: Size): void {
  out.byte(HAS_MAXIMUM);
  out.u32(minimum);
  out.u32(maximum);
}

/** Tables share what elements are allowed: each keeps its minimum, and the first ones may grow by what is over. */
export function rewriteTables(reader: ByteReader, out: ByteWriter, shape: ModuleShape, limit: number): void {
  const offset = reader.at;
  const count = reader.count('tables', MAX_TABLES);
  const tables = Array.from({ length: count }, () => ({
    type: readReferenceType(reader),
    size: readSize(reader, 'table'),
  }));
  const elements = tables.reduce((sum, { size }) => sum + size.minimum, 0);
  if (elements > limit) {
    throw partRefused(
      'table',
      `The module's tables begin with ${elements} elements, more than the job allows.`,
      'Raise limits.tableElements in the manifest, or keep fewer function pointers.',
      { elements, limitElements: limit, offset },
    );
  }
  let spare = limit - elements;
  out.u32(count);
  for (const { type, size } of tables) {
    const growth = Math.min(spare, Math.max(0, size.maximum - size.minimum));
    spare -= growth;
    out.byte(type);
    const maximum = size.minimum + growth;
    writeSize(out, { minimum: size.minimum, maximum });
    shape.tableMaxima.push(maximum);
  }
  shape.tables = count;
}

/** The memory's maximum is cut to the limit, so that the engine itself stops growth. */
export function rewriteMemory(
  reader: ByteReader,
  out: ByteWriter,
  shape: ModuleShape,
  limitBytes: number,
): void {
  const offset = reader.at;
  const count = reader.u32();
  if (count > 1) {
    throw partRefused('memory', `The module has ${count} memories.`, MULTI_MEMORY.hint, {
      count,
      offset,
      proposal: MULTI_MEMORY.name,
    });
  }
  shape.memories = count;
  out.u32(count);
  if (count === 0) return;
  const { minimum, maximum } = readSize(reader, 'memory');
  if (minimum * PAGE_BYTES > limitBytes) {
    throw partRefused(
      'memory',
      'The module asks for more memory at its start than the job allows.',
      'Raise limits.memoryBytes in the manifest, or lower --initial-memory and the size of static arrays.',
      { minimumBytes: minimum * PAGE_BYTES, limitBytes, offset },
    );
  }
  if (maximum < minimum) throw malformed('a memory has a maximum below its minimum', offset);
  shape.memoryMaximum = Math.min(maximum, Math.floor(limitBytes / PAGE_BYTES));
  writeSize(out, { minimum, maximum: shape.memoryMaximum });
}

/** The guest's globals, then the guard's own. */
export function rewriteGlobals(reader: ByteReader, out: ByteWriter, shape: ModuleShape): void {
  const count = reader.count('globals', MAX_ENTRIES);
  const from = reader.at;
  for (let i = 0; i < count; i++) {
    readValueType(reader);
    if (reader.byte() > MUTABLE) throw malformed('a global is neither constant nor mutable', reader.at - 1);
    readConstant(reader, shape);
  }
  out.u32(count + OWN_GLOBALS);
  out.copy(reader.bytes, from, reader.at);
  shape.globals = count;
  out.two(I64_TYPE, MUTABLE);
  out.two(I64_CONST, 0);
  out.byte(END);
  out.two(I32_TYPE, MUTABLE);
  out.two(I32_CONST, 0);
  out.byte(END);
}

/** The guest's exports, then the guard's globals and the start function. */
export function rewriteExports(reader: ByteReader, out: ByteWriter, shape: ModuleShape): void {
  const { start } = shape;
  const count = reader.count('exports', MAX_ENTRIES);
  const from = reader.at;
  for (let i = 0; i < count; i++) checkExport(reader, shape);
  out.u32(count + OWN_GLOBALS + (start === undefined ? 0 : 1));
  out.copy(reader.bytes, from, reader.at);
  writeExport(out, FUEL_EXPORT, GLOBAL_KIND, shape.globals);
  writeExport(out, DENIED_EXPORT, GLOBAL_KIND, shape.globals + 1);
  if (start !== undefined) writeExport(out, START_EXPORT, FUNCTION_KIND, start);
}

function checkExport(reader: ByteReader, shape: ModuleShape): void {
  const offset = reader.at;
  const name = reader.name();
  if (RESERVED_PREFIX.every((byte, i) => name[i] === byte)) {
    const shown = shownName(name);
    throw partRefused(
      'export',
      `The module exports "${shown}".`,
      'Rename it: names that begin with "kiln:" are the sandbox\'s own.',
      { export: shown, offset },
    );
  }
  const kind = reader.byte();
  const counts: Readonly<Record<number, number>> = {
    [FUNCTION_KIND]: shape.functionTypes.length,
    [TABLE_KIND]: shape.tables,
    [MEMORY_KIND]: shape.memories,
    [GLOBAL_KIND]: shape.globals,
  };
  const known = counts[kind];
  if (known === undefined) {
    throw partRefused('export', `The module exports a tag, "${shownName(name)}".`, EXCEPTIONS.hint, {
      kind,
      offset,
      proposal: EXCEPTIONS.name,
    });
  }
  readIndex(reader, known, 'exported item');
}

function writeExport(out: ByteWriter, name: string, kind: number, index: number): void {
  const bytes = utf8(name);
  out.u32(bytes.byteLength);
  out.copy(bytes, 0, bytes.byteLength);
  out.byte(kind);
  out.u32(index);
}
