import type { Position } from './positions.ts';
import { quote, refuse } from '../refuse.ts';
import type { Token } from './tokens.ts';

/** Brackets, blocks and templates inside each other; compilers recurse over them (Tint stops at 128). */
export const MAX_NESTING = 96;

const CLOSERS: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

/**
 * The partner of each bracket, by token index: -1 for other tokens. `<` and `>` have one where they hold a template
 * list, found as the specification says (3.9). Throws `sandbox/shader-syntax` and `sandbox/shader-too-nested`.
 */
export function pairBrackets(tokens: readonly Token[], at: (token: number) => Position): Int32Array {
  const pairs = new Int32Array(tokens.length).fill(-1);
  const open: number[] = [];
  /** `<` after a word, with the number of brackets that were open there. */
  const candidates: { readonly token: number; readonly depth: number }[] = [];
  const drop = (depth: number) => {
    while (candidates.length > 0 && candidates.at(-1)!.depth >= depth) candidates.pop();
  };
  for (let i = 0; i < tokens.length; i++) {
    const { text } = tokens[i]!;
    if (text in CLOSERS) {
      if (text === '{') candidates.length = 0;
      open.push(i);
      if (open.length > MAX_NESTING) throw tooNested(at(i));
    } else if (text === ')' || text === ']' || text === '}') {
      const start = open.pop();
      if (start === undefined || CLOSERS[tokens[start]!.text] !== text) {
        throw refuse('shader-syntax', `${quote(text)} closes nothing.`, at(i), 'Balance the brackets.');
      }
      drop(open.length + 1);
      pairs[start] = i;
      pairs[i] = start;
    } else if (text === '<' && mayOpenTemplate(tokens, i)) {
      candidates.push({ token: i, depth: open.length });
      if (candidates.length > MAX_NESTING) throw tooNested(at(i));
    } else if (text === '>' && candidates.at(-1)?.depth === open.length) {
      const start = candidates.pop()!.token;
      pairs[start] = i;
      pairs[i] = start;
    } else if (text === ';' || text === ':' || isAssignment(tokens, i)) {
      candidates.length = 0;
    } else if (text === '&&' || text === '||') {
      drop(open.length);
    }
  }
  const unclosed = open.at(-1);
  if (unclosed !== undefined) {
    const what = `${quote(tokens[unclosed]!.text)} is never closed.`;
    throw refuse('shader-syntax', what, at(unclosed), 'Balance the brackets.');
  }
  return pairs;
}

function mayOpenTemplate(tokens: readonly Token[], i: number): boolean {
  const [before, after] = [tokens[i - 1], tokens[i + 1]];
  if (before?.kind !== 'word') return false;
  const isGlued = after?.at === tokens[i]!.at + 1;
  return !(isGlued && (after.text === '<' || after.text === '=' || after.text === '=='));
}

/** `=` alone; in `<=`, `>=` and shifts the marks before it say otherwise, and they end no template either. */
function isAssignment(tokens: readonly Token[], i: number): boolean {
  const token = tokens[i]!;
  if (token.text !== '=') return false;
  const before = tokens[i - 1];
  return !(
    before !== undefined &&
    before.at + 1 === token.at &&
    (before.text === '<' || before.text === '>')
  );
}

function tooNested(position: Position): Error {
  const hint = `At most ${MAX_NESTING} brackets may be open at once.`;
  return refuse('shader-too-nested', 'The shader is nested too deeply.', position, hint);
}
