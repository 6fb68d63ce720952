import { type Bytes, concat } from '../../base/bytes.ts';
import { KilnError } from '../../base/errors.ts';
import { BinaryReader, encodeU32, malformed, readSections } from './binary-reader.ts';

const MEMORY_SECTION = 5;
const PAGE_BYTES = 65_536;
/** Flag bits of a memory type; all others (shared, 64-bit, page size) are refused. */
const HAS_MAXIMUM = 0x01;

function refuse(message: string, data: Record<string, number>): KilnError {
  return new KilnError('sandbox/memory-refused', message, {
    data,
    hint: 'Build for one plain 32-bit memory, or raise limits.memoryBytes in the manifest.',
  });
}

/**
 * The module with its memory's maximum cut to the limit, so that the engine itself stops growth. Refuses a minimum
 * above the limit, several memories, shared and 64-bit ones. The memory section is the only one rewritten.
 */
export function clampMemory(module: Uint8Array, memoryBytes: number): Bytes {
  const sections = readSections(module).filter(({ id }) => id === MEMORY_SECTION);
  if (sections.length === 0) return new Uint8Array(module);
  const section = sections[0]!;
  const reader = new BinaryReader(module, section.content, section.end);
  const count = reader.u32();
  if (sections.length > 1 || count > 1) throw refuse('The module has more than one memory.', { count });
  if (count === 0) return new Uint8Array(module);
  const flags = reader.byte();
  if ((flags & ~HAS_MAXIMUM) !== 0)
    throw refuse('The memory is shared, 64-bit or of another page size.', { flags });
  const minimum = reader.u32();
  const declared = flags === HAS_MAXIMUM ? reader.u32() : Number.POSITIVE_INFINITY;
  if (!reader.isAtEnd) throw malformed('its memory section is too long');
  const limit = Math.floor(memoryBytes / PAGE_BYTES);
  if (minimum > limit) {
    throw refuse('The module asks for more memory at its start than the job allows.', {
      minimumBytes: minimum * PAGE_BYTES,
      limitBytes: memoryBytes,
    });
  }
  const content = [1, HAS_MAXIMUM, ...encodeU32(minimum), ...encodeU32(Math.min(declared, limit))];
  const rewritten = new Uint8Array([MEMORY_SECTION, ...encodeU32(content.length), ...content]);
  return concat([module.subarray(0, section.start), rewritten, module.subarray(section.end)]);
}
