import type { ShaderText, Span } from '../read/shader-text.ts';

/**
 * Tokens that one token of a constant inside another weighs. Four tables of ten, each out of ten of the one before, took
 * Tint 5 s to write down in 150 tokens (measured; the time grows with the square of the elements).
 */
const TOKENS_PER_COPY = 4;
/** Constants made of each other deeper than this are taken to be endless. */
const MAX_CHAIN = 64;

/**
 * What a shader's constants weigh in tokens beyond their own: whoever writes a constant's name into the constructor of
 * another copies it, so that tables of tables grow by powers. Names count wherever they are declared.
 */
export function constantGrowth(shader: ShaderText): number {
  const spans = constantSpans(shader);
  const known = new Map<string, number>();
  /** Tokens of a constant with all that it copies. */
  const sizeOf = (name: string, depth: number): number => {
    const done = known.get(name);
    if (done !== undefined) return done;
    if (depth > MAX_CHAIN) return Number.MAX_SAFE_INTEGER;
    // A constant made of itself is refused by the compiler.
    known.set(name, 0);
    let size = 0;
    for (const { from, to } of spans.get(name)!) {
      size += to - from;
      for (let i = from; i < to; i++) {
        if (spans.has(shader.at(i)) && shader.at(i - 1) !== '.') size += sizeOf(shader.at(i), depth + 1);
      }
    }
    size = Math.min(size, Number.MAX_SAFE_INTEGER);
    known.set(name, size);
    return size;
  };
  let growth = 0;
  for (const [name, list] of spans) {
    const own = list.reduce((sum, { from, to }) => sum + to - from, 0);
    growth += sizeOf(name, 0) - own;
  }
  return Math.min(growth * TOKENS_PER_COPY, Number.MAX_SAFE_INTEGER);
}

/** The values of constants that a call or constructor makes; numbers alone stay as small as they are. */
function constantSpans(shader: ShaderText): ReadonlyMap<string, readonly Span[]> {
  const spans = new Map<string, Span[]>();
  for (let i = 0; i < shader.tokens.length; i++) {
    if (shader.at(i) !== 'const') continue;
    const span = { from: i + 2, to: shader.find(';', { from: i, to: shader.tokens.length }) };
    const name = shader.at(i + 1);
    if (isMade(shader, span)) spans.set(name, [...(spans.get(name) ?? []), span]);
  }
  return spans;
}

function isMade(shader: ShaderText, { from, to }: Span): boolean {
  for (let i = from; i < to; i++)
    if (shader.at(i) === '(' && (shader.isWord(i - 1) || shader.at(i - 1) === '>')) return true;
  return false;
}
