import type { Bytes } from '../../../base/bytes.ts';
import { ByteReader } from '../format/byte-reader.ts';
import { ByteWriter } from '../format/byte-writer.ts';
import {
  GROWTH_ALLOWANCE_BYTES,
  MAX_FUNCTION_BYTES,
  MAX_GROWTH,
  MAX_GROWTH_WITH_NANS,
  MAX_MERGE_WORK,
  MAX_OUTPUT_BYTES,
} from '../guard-limits.ts';
import { emptyShape, type ModuleShape } from './module-shape.ts';
import { EXCEPTIONS } from '../format/proposals.ts';
import {
  type ImportPolicy,
  readData,
  readDataCount,
  readElements,
  readFunctions,
  readImports,
  readStart,
  readTypes,
} from './read-sections.ts';
import { malformed, partRefused, tooMany } from '../refusals.ts';
import { FunctionRewriter } from './rewrite-function.ts';
import * as id from '../format/section-ids.ts';
import { rewriteExports, rewriteGlobals, rewriteMemory, rewriteTables } from './write-sections.ts';

const HEADER = new Uint8Array([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]);

/** What metering usually makes of a module's size, with room: one buffer then does. */
const EXPECTED_GROWTH = 1.6;

/** What a rewritten module is held to. */
export interface RewriteRules {
  readonly memoryBytes: number;
  readonly tableElements: number;
  readonly canonicalNans: boolean;
  readonly imports: ImportPolicy;
}

/** Where a section's content lies in the original. */
interface Section {
  readonly from: number;
  readonly to: number;
}

/** The content of a section that is not there. */
const EMPTY_LIST = new Uint8Array([0]);

/**
 * Reads a module once, section by section, and writes it metered and clamped; custom sections are left out. Throws
 * `sandbox/*` for whatever is malformed or not allowed, but does not check types: the engine does that.
 */
export function rewriteModule(bytes: Uint8Array, rules: RewriteRules): { module: Bytes; shape: ModuleShape } {
  const growth = rules.canonicalNans ? MAX_GROWTH_WITH_NANS : MAX_GROWTH;
  const limitBytes = Math.min(MAX_OUTPUT_BYTES, growth * bytes.byteLength + GROWTH_ALLOWANCE_BYTES);
  const reader = new ByteReader(bytes);
  const out = new ByteWriter(Math.ceil(bytes.byteLength * EXPECTED_GROWTH) + 1_024, limitBytes);
  const shape = emptyShape();
  const sections = readSections(reader);
  const start = sections.get(id.START_SECTION);
  out.copy(HEADER, 0, HEADER.byteLength);
  for (const sectionId of id.SECTION_ORDER) {
    if (sectionId === id.EXPORT_SECTION && start !== undefined)
      within(reader, start, () => readStart(reader, shape));
    if (sectionId === id.START_SECTION) continue;
    const section = sections.get(sectionId);
    const write = (content: ByteReader) => writeSection(sectionId, content, out, shape, rules);
    if (section !== undefined) within(reader, section, () => write(reader));
    // These two the guard adds to; without them it makes its own.
    else if (sectionId === id.GLOBAL_SECTION || sectionId === id.EXPORT_SECTION)
      write(new ByteReader(EMPTY_LIST));
  }
  return { module: out.finish(), shape };
}

function within(reader: ByteReader, { from, to }: Section, read: () => void): void {
  reader.at = from;
  reader.end = to;
  read();
  if (reader.at !== to) throw malformed('a section is longer than what it holds', reader.at);
}

/** Where each section lies; custom ones are passed over, all others come at most once and in order. */
function readSections(reader: ByteReader): Map<number, Section> {
  const { bytes } = reader;
  if (HEADER.some((byte, i) => bytes[i] !== byte))
    throw malformed('it does not begin with the header of a core module of version 1', 0);
  reader.skip(HEADER.byteLength);
  const sections = new Map<number, Section>();
  let last = -1;
  while (reader.at < bytes.byteLength) {
    const offset = reader.at;
    const sectionId = reader.byte();
    const size = reader.u32();
    const from = reader.skip(size);
    if (sectionId === id.CUSTOM_SECTION) continue;
    if (sectionId === id.TAG_SECTION) {
      throw partRefused('section', `The WASM module uses ${EXCEPTIONS.name} (tags).`, EXCEPTIONS.hint, {
        section: sectionId,
        offset,
        proposal: EXCEPTIONS.name,
      });
    }
    const rank = id.SECTION_ORDER.indexOf(sectionId);
    if (rank < 0) {
      throw partRefused(
        'section',
        `The WASM module has an unknown section, ${sectionId}.`,
        'Build for the WebAssembly 2.0 core format.',
        { section: sectionId, offset },
      );
    }
    if (rank <= last) throw malformed(`section ${sectionId} comes twice or too late`, offset);
    last = rank;
    sections.set(sectionId, { from, to: from + size });
  }
  return sections;
}

function writeSection(
  sectionId: number,
  reader: ByteReader,
  out: ByteWriter,
  shape: ModuleShape,
  rules: RewriteRules,
): void {
  out.byte(sectionId);
  const place = out.reserve();
  const from = reader.at;
  const begin = out.length;
  switch (sectionId) {
    case id.TABLE_SECTION:
      rewriteTables(reader, out, shape, rules.tableElements);
      break;
    case id.MEMORY_SECTION:
      rewriteMemory(reader, out, shape, rules.memoryBytes);
      break;
    case id.GLOBAL_SECTION:
      rewriteGlobals(reader, out, shape);
      break;
    case id.EXPORT_SECTION:
      rewriteExports(reader, out, shape);
      break;
    case id.CODE_SECTION:
      rewriteCode(reader, out, shape, rules.canonicalNans);
      break;
    default:
      readSection(sectionId, reader, shape, rules.imports);
      out.copy(reader.bytes, from, reader.at);
  }
  out.fill(place, out.length - begin);
}

/** Reads a section that stays as it is. */
function readSection(sectionId: number, reader: ByteReader, shape: ModuleShape, imports: ImportPolicy): void {
  switch (sectionId) {
    case id.TYPE_SECTION:
      return readTypes(reader, shape);
    case id.IMPORT_SECTION:
      return readImports(reader, shape, imports);
    case id.FUNCTION_SECTION:
      return readFunctions(reader, shape);
    case id.ELEMENT_SECTION:
      return readElements(reader, shape);
    case id.DATA_COUNT_SECTION:
      return readDataCount(reader);
    case id.DATA_SECTION:
      return readData(reader, shape);
  }
}

function rewriteCode(reader: ByteReader, out: ByteWriter, shape: ModuleShape, hasNans: boolean): void {
  const { end } = reader;
  const imported = shape.imports.length;
  const at = reader.at;
  const count = reader.u32();
  if (count !== shape.functionTypes.length - imported)
    throw malformed('it has not as many function bodies as functions', at);
  out.u32(count);
  const rewriter = new FunctionRewriter(reader, out, shape, hasNans);
  for (let i = 0; i < count; i++) {
    const size = reader.count(`bytes in function ${imported + i}`, MAX_FUNCTION_BYTES);
    const body = reader.at;
    reader.skip(size);
    reader.at = body;
    reader.end = body + size;
    rewriter.rewrite(imported + i);
    reader.end = end;
    if (rewriter.mergeWork > MAX_MERGE_WORK)
      throw tooMany('locals times branches', rewriter.mergeWork, MAX_MERGE_WORK, body);
  }
}
