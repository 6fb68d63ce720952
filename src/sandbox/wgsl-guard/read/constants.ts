import type { ShaderText, Span } from './shader-text.ts';

/** Binary operators of integers and how tightly they bind. */
const OPERATORS: Readonly<Record<string, readonly [number, (a: number, b: number) => number]>> = {
  '*': [3, (a, b) => a * b],
  '/': [3, (a, b) => Math.trunc(a / b)],
  '%': [3, (a, b) => a % b],
  '+': [2, (a, b) => a + b],
  '-': [2, (a, b) => a - b],
  '<<': [1, (a, b) => a * 2 ** b],
  '>>': [1, (a, b) => Math.floor(a / 2 ** b)],
};

const INTEGER = /^(?:(\d+)|(0[xX][\da-fA-F]+))[iu]?$/;

/** Constants that lead to each other further than this are not told. */
const MAX_CHAIN = 64;

/** The whole numbers among a shader's constants, so that array sizes can be told. */
export class Constants {
  readonly #shader: ShaderText;
  readonly #values = new Map<string, number | undefined>();
  /** Not yet evaluated. */
  readonly #pending = new Map<string, Span>();
  #chain = 0;

  constructor(shader: ShaderText) {
    this.#shader = shader;
  }

  /** Learns `name = value` or `name: type = value`; of two constants with one name neither is told. */
  add(name: string, { from, to }: Span): void {
    if (this.#pending.has(name)) return void this.#pending.set(name, { from: to, to });
    let equals = from;
    while (equals < to && this.#shader.at(equals) !== '=') equals = this.#shader.next(equals);
    this.#pending.set(name, { from: equals + 1, to });
  }

  /** The value of a constant. */
  #valueOf(name: string): number | undefined {
    const span = this.#pending.get(name);
    if (span === undefined || this.#values.has(name) || this.#chain > MAX_CHAIN)
      return this.#values.get(name);
    this.#values.set(name, undefined);
    this.#chain++;
    const value = this.evaluate(span);
    this.#chain--;
    this.#values.set(name, value);
    return value;
  }

  /** The value of an expression of whole numbers, undefined for any other. */
  evaluate({ from, to }: Span): number | undefined {
    const end = this.#shader.at(to - 1) === ',' ? to - 1 : to;
    const reader = { at: from, to: end };
    const value = this.#binary(reader, 1);
    return reader.at === end && value !== undefined && Number.isSafeInteger(value) ? value : undefined;
  }

  #binary(reader: Reader, level: number): number | undefined {
    let left = level > 3 ? this.#single(reader) : this.#binary(reader, level + 1);
    for (;;) {
      const text = this.#operatorAt(reader);
      const [binding, apply] = OPERATORS[text] ?? [0, undefined];
      if (apply === undefined || binding !== level) return left;
      reader.at += text === '<<' || text === '>>' ? 2 : 1;
      const right = this.#binary(reader, level + 1);
      if (left === undefined || right === undefined) return undefined;
      left = apply(left, right);
    }
  }

  #operatorAt({ at, to }: Reader): string {
    if (at >= to) return '';
    const text = this.#shader.at(at);
    return (text === '<' || text === '>') && this.#shader.at(at + 1) === text ? text + text : text;
  }

  #single(reader: Reader): number | undefined {
    const text = this.#shader.at(reader.at);
    if (reader.at >= reader.to) return undefined;
    if (text === '(' || ((text === 'u32' || text === 'i32') && this.#shader.at(reader.at + 1) === '(')) {
      const open = text === '(' ? reader.at : reader.at + 1;
      const close = this.#shader.pair(open);
      reader.at = close + 1;
      return this.evaluate({ from: open + 1, to: close });
    }
    reader.at++;
    const digits = INTEGER.exec(text);
    if (digits !== null) return Number(digits[1] ?? digits[2]);
    return this.#valueOf(text);
  }
}

interface Reader {
  at: number;
  readonly to: number;
}
