import { KilnError } from '../base/errors.ts';

/** Longest expression that is parsed; the manifest's schema has the same bound. */
const MAX_EXPRESSION_CHARS = 200;
/** Deepest nesting of brackets and signs, so that a hostile text cannot exhaust the stack. */
const MAX_DEPTH = 32;

/** The values that names in an expression stand for. */
export type Parameters = Readonly<Record<string, number>>;

/** An expression that was read once and can be evaluated many times. */
export interface ParsedExpression {
  /** Names it needs, each once; none means that its value is the same for every task. */
  readonly names: ReadonlySet<string>;
  /** Its value; throws `expression/unknown-name`, `expression/division-by-zero` or `expression/not-finite`. */
  evaluate(parameters: Parameters): number;
}

type Node = (parameters: Parameters) => number;

const FUNCTIONS: Readonly<Record<string, { arity: number; apply: (a: number, b: number) => number }>> = {
  floor: { arity: 1, apply: Math.floor },
  ceil: { arity: 1, apply: Math.ceil },
  min: { arity: 2, apply: Math.min },
  max: { arity: 2, apply: Math.max },
};

/**
 * Reads arithmetic over a task's parameters: numbers, names, `+ - * / % ( )`, `floor`, `ceil`, `min`, `max`, in
 * double precision. Throws `expression/bad-syntax` with the column.
 *
 * @example
 * parseExpression('ceil(width / 8) * frame').evaluate({ width: 100, frame: 2 }); // 26
 */
export function parseExpression(expression: number | string): ParsedExpression {
  const names = new Set<string>();
  if (typeof expression === 'number') {
    const value = finite(expression, String(expression));
    return { names, evaluate: () => value };
  }
  const root = new Parser(expression, names).parse();
  return { names, evaluate: (parameters) => finite(root(parameters), expression) };
}

/** Reads and evaluates in one step; see {@link parseExpression}. */
export function evaluateExpression(expression: number | string, parameters: Parameters): number {
  return parseExpression(expression).evaluate(parameters);
}

function finite(value: number, text: string): number {
  if (Number.isFinite(value)) return value;
  throw new KilnError('expression/not-finite', `The value of "${text}" is not a finite number.`, {
    hint: 'Keep its parts within the range of double precision.',
  });
}

class Parser {
  readonly #text: string;
  readonly #names: Set<string>;
  #at = 0;
  #depth = 0;

  constructor(text: string, names: Set<string>) {
    this.#text = text;
    this.#names = names;
    if (text.length > MAX_EXPRESSION_CHARS) this.#fail(`is longer than ${MAX_EXPRESSION_CHARS} characters`);
  }

  parse(): Node {
    const node = this.#sum();
    if (this.#peek() !== '') this.#fail(`has an unexpected "${this.#peek()}"`);
    return node;
  }

  #sum(): Node {
    let left = this.#product();
    for (;;) {
      const a = left;
      if (this.#take('+')) {
        const b = this.#product();
        left = (parameters) => a(parameters) + b(parameters);
      } else if (this.#take('-')) {
        const b = this.#product();
        left = (parameters) => a(parameters) - b(parameters);
      } else return left;
    }
  }

  #product(): Node {
    let left = this.#unary();
    for (;;) {
      const a = left;
      if (this.#take('*')) {
        const b = this.#unary();
        left = (parameters) => a(parameters) * b(parameters);
      } else if (this.#take('/')) {
        const b = this.#divisor();
        left = (parameters) => a(parameters) / b(parameters);
      } else if (this.#take('%')) {
        const b = this.#divisor();
        left = (parameters) => a(parameters) % b(parameters);
      } else return left;
    }
  }

  #divisor(): Node {
    const node = this.#unary();
    const text = this.#text;
    return (parameters) => {
      const value = node(parameters);
      if (value !== 0) return value;
      throw new KilnError('expression/division-by-zero', `"${text}" divides by zero.`);
    };
  }

  #unary(): Node {
    if (++this.#depth > MAX_DEPTH) this.#fail('is nested too deeply');
    try {
      if (this.#take('-')) {
        const inner = this.#unary();
        return (parameters) => -inner(parameters);
      }
      return this.#atom();
    } finally {
      this.#depth--;
    }
  }

  #atom(): Node {
    if (this.#take('(')) {
      const inner = this.#sum();
      this.#expect(')');
      return inner;
    }
    const number = this.#match(/(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y);
    if (number !== undefined) {
      const value = Number(number);
      return () => value;
    }
    const name = this.#match(/[A-Za-z_][A-Za-z0-9_]*/y);
    if (name === undefined)
      return this.#fail(this.#peek() === '' ? 'ends too early' : `has an unexpected "${this.#peek()}"`);
    return this.#take('(') ? this.#call(name) : this.#name(name);
  }

  #call(name: string): Node {
    const known = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
    if (known === undefined) return this.#fail(`calls an unknown function "${name}"`);
    const first = this.#sum();
    let second = first;
    if (known.arity === 2) {
      this.#expect(',');
      second = this.#sum();
    }
    this.#expect(')');
    return (parameters) => known.apply(first(parameters), second(parameters));
  }

  #name(name: string): Node {
    this.#names.add(name);
    return (parameters) => {
      const value = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
      if (value !== undefined) return value;
      throw new KilnError('expression/unknown-name', `"${name}" is not a parameter of this task.`, {
        data: { name },
        hint: `Use one of: ${Object.keys(parameters).join(', ')}.`,
      });
    };
  }

  #expect(character: string): void {
    if (!this.#take(character)) this.#fail(`misses a "${character}"`);
  }

  #take(character: string): boolean {
    if (this.#peek() !== character) return false;
    this.#at++;
    return true;
  }

  #peek(): string {
    while (/\s/.test(this.#text[this.#at] ?? '')) this.#at++;
    return this.#text[this.#at] ?? '';
  }

  #match(pattern: RegExp): string | undefined {
    this.#peek();
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  #fail(what: string): never {
    throw new KilnError('expression/bad-syntax', `The expression "${this.#text.slice(0, 80)}" ${what}.`, {
      data: { column: this.#at + 1 },
      hint: "Use numbers, the task's parameters, + - * / % ( ), floor, ceil, min and max.",
    });
  }
}
