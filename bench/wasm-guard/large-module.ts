/** Sections of the binary format that are looked at here (core specification 5.5). */
const FUNCTION_SECTION = 3;
const CODE_SECTION = 10;
const HEADER_BYTES = 8;

/**
 * A module of at least so many bytes that is all real code: the given one with its functions again and again behind its
 * own. Indices stay right, because they only point forwards to what was there before.
 */
export function enlargeModule(module: Uint8Array, bytes: number): Uint8Array<ArrayBuffer> {
  const sections = readSections(module);
  const types = readList(sections.get(FUNCTION_SECTION)!);
  const code = readList(sections.get(CODE_SECTION)!);
  const times = Math.ceil(bytes / code.entries.length);
  const longer = [...sections].map(([id, content]) => {
    const { count, entries } = id === FUNCTION_SECTION ? types : code;
    const isRepeated = id === FUNCTION_SECTION || id === CODE_SECTION;
    const parts = isRepeated
      ? [leb(count * times), ...Array.from({ length: times }, () => entries)]
      : [content];
    const size = parts.reduce((sum, part) => sum + part.length, 0);
    return [Uint8Array.of(id), leb(size), ...parts];
  });
  return Uint8Array.from(Buffer.concat([module.subarray(0, HEADER_BYTES), ...longer.flat()]));
}

function readSections(module: Uint8Array): Map<number, Uint8Array> {
  const sections = new Map<number, Uint8Array>();
  let at = HEADER_BYTES;
  while (at < module.length) {
    const id = module[at]!;
    const { value, next } = readLeb(module, at + 1);
    if (id !== 0) sections.set(id, module.subarray(next, next + value));
    at = next + value;
  }
  return sections;
}

function readList(content: Uint8Array): { count: number; entries: Uint8Array } {
  const { value, next } = readLeb(content, 0);
  return { count: value, entries: content.subarray(next) };
}

function readLeb(bytes: Uint8Array, from: number): { value: number; next: number } {
  let value = 0;
  let at = from;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++]!;
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return { value, next: at };
  }
}

function leb(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest & 0x7f) | 0x80);
  return Uint8Array.from([...bytes, rest]);
}
