import type { Position } from './positions.ts';
import { quote, refuse } from '../refuse.ts';

/** A word, a number or a mark of a shader; comments and blanks are none. */
export interface Token {
  readonly kind: 'word' | 'number' | 'mark';
  readonly text: string;
  /** Offset of its first character. */
  readonly at: number;
}

/** Longest word: real names are shorter, and compilers copy names into every message and symbol. */
const MAX_WORD_CHARS = 255;

/** WGSL's blankspace (specification, 3.3). */
const BLANK = /[\t\n\v\f\r \u0085\u200e\u200f\u2028\u2029]+/y;
/** What ends a line comment. */
const LINE_BREAK = /[\n\v\f\r\u0085\u2028\u2029]/g;
const WORD = /[_\p{XID_Start}]\p{XID_Continue}*/uy;
/** Generous: what is no number to a compiler is refused there (specification, 3.5.2). */
const NUMBER =
  /(?:0[xX](?:[\da-fA-F]+\.?[\da-fA-F]*|\.[\da-fA-F]+)(?:[pP][+-]?\d+)?|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)[iufh]?/y;
/** `<` and `>` stay single: only templates tell whether `>>` is a shift or two ends. */
const MARK = /&&|\|\||->|\+\+|--|[=!+\-*/%&|^]=|[&|^+\-*/%!~@,:;.=<>()[\]{}]/y;

/**
 * Cuts WGSL into tokens, in linear time. Throws `sandbox/shader-syntax` for characters and comments that no shader
 * has; `at` gives the place of an offset.
 */
export function tokenize(text: string, at: (offset: number) => Position): readonly Token[] {
  const tokens: Token[] = [];
  const take = (pattern: RegExp, from: number): string | undefined => {
    pattern.lastIndex = from;
    return pattern.exec(text)?.[0];
  };
  let i = 0;
  while (i < text.length) {
    const blank = take(BLANK, i);
    if (blank !== undefined) {
      i += blank.length;
      continue;
    }
    if (text.startsWith('//', i)) {
      LINE_BREAK.lastIndex = i;
      i = LINE_BREAK.exec(text)?.index ?? text.length;
      continue;
    }
    if (text.startsWith('/*', i)) {
      i = commentEnd(text, i, at);
      continue;
    }
    const token = take(WORD, i);
    const number = token === undefined ? take(NUMBER, i) : undefined;
    const found = token ?? number ?? take(MARK, i);
    if (found === undefined) {
      throw refuse('shader-syntax', `WGSL has no ${quote(charAt(text, i))}.`, at(i), 'Remove the character.');
    }
    if (found.length > MAX_WORD_CHARS) {
      const hint = `Names and numbers may have ${MAX_WORD_CHARS} characters.`;
      throw refuse('shader-syntax', `${quote(found)} is too long.`, at(i), hint);
    }
    const kind = token !== undefined ? 'word' : number !== undefined ? 'number' : 'mark';
    tokens.push({ kind, text: found, at: i });
    i += found.length;
    if (kind === 'number' && take(WORD, i) !== undefined) {
      throw refuse('shader-syntax', `${quote(found)} runs into a name.`, at(i), 'Put a space between them.');
    }
  }
  return tokens;
}

function charAt(text: string, i: number): string {
  return String.fromCodePoint(text.codePointAt(i) ?? 0);
}

/** Block comments nest (specification, 3.4). */
function commentEnd(text: string, start: number, at: (offset: number) => Position): number {
  const edge = /\/\*|\*\//g;
  edge.lastIndex = start;
  let depth = 0;
  for (let match = edge.exec(text); match !== null; match = edge.exec(text)) {
    depth += match[0] === '/*' ? 1 : -1;
    if (depth === 0) return edge.lastIndex;
  }
  throw refuse('shader-syntax', 'The comment has no end.', at(start), 'End it with */.');
}
