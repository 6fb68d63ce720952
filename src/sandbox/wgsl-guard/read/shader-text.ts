import { pairBrackets } from './brackets.ts';
import { lineStarts, type Position, positionAt } from './positions.ts';
import { refuse } from '../refuse.ts';
import { type Token, tokenize } from './tokens.ts';

/** A range of tokens: from the first to before `to`. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** A shader cut into tokens with their brackets paired: what all rules of the guard read. */
export class ShaderText {
  readonly text: string;
  readonly tokens: readonly Token[];
  readonly #lineStarts: readonly number[];
  readonly #pairs: Int32Array;

  /** Throws `sandbox/shader-syntax` or `sandbox/shader-too-nested`. */
  constructor(text: string) {
    this.text = text;
    this.#lineStarts = lineStarts(text);
    this.tokens = tokenize(text, (offset) => this.place(offset));
    this.#pairs = pairBrackets(this.tokens, (token) => this.position(token));
  }

  /** The text of a token; empty beyond the last one. */
  at(token: number): string {
    return this.tokens[token]?.text ?? '';
  }

  isWord(token: number): boolean {
    return this.tokens[token]?.kind === 'word';
  }

  /** The bracket that closes or opens this one, -1 where the token is none. */
  pair(token: number): number {
    return this.#pairs[token] ?? -1;
  }

  /** The token after a bracket's partner. */
  after(bracket: number): number {
    return this.pair(bracket) + 1;
  }

  /** Line and column of a token; of the last one for what is beyond. */
  position(token: number): Position {
    const last = this.tokens[Math.min(token, this.tokens.length - 1)];
    return this.place(last?.at ?? 0);
  }

  /** Line and column of an offset. */
  place(offset: number): Position {
    return positionAt(this.#lineStarts, offset);
  }

  /** The first token from `from` on that reads so, brackets skipped; throws when there is none before `to`. */
  find(wanted: string, { from, to }: Span): number {
    for (let i = from; i < to; i = this.next(i)) if (this.at(i) === wanted) return i;
    throw this.syntaxError(from, `A "${wanted}" is missing after this.`);
  }

  /** The token after this one, or after the bracket that it opens. */
  next(token: number): number {
    const pair = this.pair(token);
    return pair > token ? pair + 1 : token + 1;
  }

  syntaxError(token: number, what: string): Error {
    return refuse('shader-syntax', what, this.position(token), 'Let a WGSL compiler check the shader.');
  }

  /** The tokens of a span as text, single spaces between them. */
  join({ from, to }: Span): string {
    let text = '';
    for (let i = from; i < to; i++) text += i === from ? this.at(i) : ` ${this.at(i)}`;
    return text;
  }
}
