import { readAttributes, type ShaderFunction } from './shader-module.ts';
import type { ShaderText, Span } from './shader-text.ts';

/** `{ … }`: statements, and the token of the brace that opens it. */
export interface Block {
  readonly open: number;
  readonly statements: readonly Statement[];
}

/** A loop of any form: `heads` are what is computed around its body (condition, initialiser, step). */
export interface LoopStatement {
  readonly kind: 'loop';
  readonly form: 'loop' | 'while' | 'for';
  /** Its first token, attributes included. */
  readonly from: number;
  readonly keyword: number;
  readonly heads: readonly Statement[];
  /** The condition of `while` and `for`; empty where a `for` has none. */
  readonly condition: Span;
  readonly body: Block;
}

/** A statement, with enough structure to find loops, calls, and how control leaves it. */
export type Statement =
  | LoopStatement
  | { readonly kind: 'block'; readonly block: Block }
  | {
      readonly kind: 'branch';
      readonly form: 'if' | 'switch';
      /** Conditions or the selector. */
      readonly heads: readonly Span[];
      readonly blocks: readonly Block[];
      /** Does it have an `else`? A `switch` always has a default. */
      readonly isTotal: boolean;
    }
  | { readonly kind: 'continuing'; readonly block: Block }
  | { readonly kind: 'simple'; readonly keyword: string; readonly span: Span };

/** A function's body as statements (specification, 9). Throws `sandbox/shader-syntax`. */
export function parseBody(shader: ShaderText, { body }: ShaderFunction): Block {
  return readBlock(shader, body.from - 1);
}

function readBlock(shader: ShaderText, open: number): Block {
  const end = shader.pair(open);
  const statements: Statement[] = [];
  for (let i = open + 1; i < end;) {
    if (shader.at(i) === ';') {
      i++;
      continue;
    }
    const { statement, next } = readStatement(shader, i, end);
    statements.push(statement);
    i = next;
  }
  return { open, statements };
}

interface Read {
  readonly statement: Statement;
  readonly next: number;
}

function readStatement(shader: ShaderText, from: number, end: number): Read {
  const { next: start } = readAttributes(shader, from);
  switch (shader.at(start)) {
    case '{':
      return { statement: { kind: 'block', block: readBlock(shader, start) }, next: shader.after(start) };
    case 'if':
      return readIf(shader, start, end);
    case 'switch':
      return readSwitch(shader, start, end);
    case 'loop':
    case 'while':
      return readLoop(shader, from, start, end);
    case 'for':
      return readFor(shader, from, start, end);
    case 'continuing': {
      const open = shader.find('{', { from: start, to: end });
      const block = readBlock(shader, open);
      return { statement: { kind: 'continuing', block }, next: shader.after(open) };
    }
    default: {
      const to = shader.find(';', { from: start, to: end });
      return { statement: simple(shader, start, to), next: to + 1 };
    }
  }
}

/** `break if` stays apart from `break`: it may only end a `continuing` block. */
function simple(shader: ShaderText, from: number, to: number): Statement {
  const keyword = shader.at(from);
  const isBreakIf = keyword === 'break' && shader.at(from + 1) === 'if';
  return { kind: 'simple', keyword: isBreakIf ? 'break if' : keyword, span: { from, to } };
}

function readIf(shader: ShaderText, start: number, end: number): Read {
  const heads: Span[] = [];
  const blocks: Block[] = [];
  for (let i = start; ;) {
    const open = shader.find('{', { from: i, to: end });
    const isElse = shader.at(i) === '{';
    if (!isElse) heads.push({ from: i + 1, to: open });
    blocks.push(readBlock(shader, open));
    const next = shader.after(open);
    if (isElse || next >= end || shader.at(next) !== 'else') {
      return { statement: { kind: 'branch', form: 'if', heads, blocks, isTotal: isElse }, next };
    }
    i = readAttributes(shader, next + 1).next;
    if (shader.at(i) !== 'if' && shader.at(i) !== '{') {
      throw shader.syntaxError(i, 'After "else" comes "if" or a block.');
    }
  }
}

function readSwitch(shader: ShaderText, start: number, end: number): Read {
  const open = shader.find('{', { from: start, to: end });
  const close = shader.pair(open);
  const blocks: Block[] = [];
  for (let i = open + 1; i < close;) {
    const word = shader.at(readAttributes(shader, i).next);
    if (word !== 'case' && word !== 'default') {
      throw shader.syntaxError(i, 'A switch holds "case" and "default" only.');
    }
    const brace = shader.find('{', { from: i, to: close });
    blocks.push(readBlock(shader, brace));
    i = shader.after(brace);
  }
  const heads = [{ from: start + 1, to: open }];
  return { statement: { kind: 'branch', form: 'switch', heads, blocks, isTotal: true }, next: close + 1 };
}

function readLoop(shader: ShaderText, from: number, keyword: number, end: number): Read {
  const open = shader.find('{', { from: keyword, to: end });
  const form = shader.at(keyword) === 'while' ? 'while' : 'loop';
  const condition = { from: keyword + 1, to: form === 'while' ? open : keyword + 1 };
  const body = readBlock(shader, open);
  const statement: Statement = { kind: 'loop', form, from, keyword, heads: [], condition, body };
  return { statement, next: shader.after(open) };
}

function readFor(shader: ShaderText, from: number, keyword: number, end: number): Read {
  const paren = keyword + 1;
  if (shader.at(paren) !== '(') throw shader.syntaxError(keyword, 'A "(" is missing after "for".');
  const close = shader.pair(paren);
  const first = shader.find(';', { from: paren + 1, to: close });
  const second = shader.find(';', { from: first + 1, to: close });
  const heads = [
    { from: paren + 1, to: first },
    { from: second + 1, to: close },
  ]
    .filter((span) => span.from < span.to)
    .map((span) => simple(shader, span.from, span.to));
  const open = shader.find('{', { from: close + 1, to: end });
  const condition = { from: first + 1, to: second };
  const body = readBlock(shader, open);
  const statement: Statement = { kind: 'loop', form: 'for', from, keyword, heads, condition, body };
  return { statement, next: shader.after(open) };
}
