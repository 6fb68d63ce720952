import type { ByteReader } from './byte-reader.ts';
import { EMPTY_TYPE, isReferenceType, isValueType } from './opcodes.ts';
import { MULTI_MEMORY, typeProposalOf } from './proposals.ts';
import { malformed, opcodeRefused, typeRefused } from '../refusals.ts';

/** First byte that is a type when read as a signed number of one byte; below it begins an index. */
const FIRST_TYPE = 0x40;
/** In a load's or store's alignment: a memory index follows. */
const HAS_MEMORY_INDEX = 0x40;
/** Largest alignment of any access, 16 bytes, as a power of two. */
export const MAX_ALIGNMENT = 4;

/** An index below a count. */
export function readIndex(reader: ByteReader, count: number, what: string): number {
  const at = reader.at;
  const index = reader.u32();
  if (index >= count) throw malformed(`${what} ${index} does not exist`, at);
  return index;
}

/** A value type of the allow-list; throws `sandbox/type-refused` for others. */
export function readValueType(reader: ByteReader): number {
  const type = reader.byte();
  if (!isValueType(type)) throw typeRefused(type, typeProposalOf(type), reader.at - 1);
  return type;
}

/** `funcref` or `externref`. */
export function readReferenceType(reader: ByteReader): number {
  const type = reader.byte();
  if (!isReferenceType(type)) throw typeRefused(type, typeProposalOf(type), reader.at - 1);
  return type;
}

/** The type of a block: none, a value type, or the index of a function type (core specification 5.4.1). */
export function readBlockType(reader: ByteReader, types: number): void {
  const first = reader.byte();
  if (first === EMPTY_TYPE || isValueType(first)) return;
  if (first >= FIRST_TYPE && first < 0x80) throw typeRefused(first, typeProposalOf(first), reader.at - 1);
  reader.at--;
  readIndex(reader, types, 'type');
}

/** Alignment and offset of a load or store. */
export function readMemoryAccess(reader: ByteReader, functionIndex: number): void {
  const at = reader.at;
  const alignment = reader.u32();
  if (alignment > MAX_ALIGNMENT) {
    if ((alignment & HAS_MEMORY_INDEX) !== 0)
      throw opcodeRefused('load or store', MULTI_MEMORY, at, functionIndex);
    throw malformed('an alignment is larger than any access', at);
  }
  reader.u32();
}

/** The memory an instruction names: the only one. */
export function readMemoryIndex(reader: ByteReader, functionIndex: number): void {
  if (reader.byte() !== 0) throw opcodeRefused('memory index', MULTI_MEMORY, reader.at - 1, functionIndex);
}
