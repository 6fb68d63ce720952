import { MAX_NESTING } from './brackets.ts';
import type { CallGraph } from './call-graph.ts';
import type { ShaderModule } from './shader-module.ts';
import type { ShaderText, Span } from './shader-text.ts';
import type { ShaderType, ShaderTypes } from './shader-types.ts';

/** Names of variables with their types: the module's, then those of the function being read. */
export type Names = Map<string, ShaderType>;

/** Adds `name: type` pairs of a parameter list or of module variables. */
export function addTyped(shader: ShaderText, types: ShaderTypes, names: Names, { from, to }: Span): void {
  for (let i = from; i < to; i = shader.next(i)) {
    if (shader.at(i) === ':') addName(names, shader.at(i - 1), types.read(i + 1));
  }
}

/** Of two variables with one name the larger counts: the guard does not follow scopes. */
export function addName(names: Names, name: string, type: ShaderType): void {
  const known = names.get(name);
  if (known === undefined || sizeOf(known) < sizeOf(type)) names.set(name, type);
}

function sizeOf({ words, target }: ShaderType): number {
  return Math.max(words, target?.words ?? 0);
}

/** The variables of a module, whatever their address space. */
export function moduleNames(shader: ShaderText, types: ShaderTypes, { declarations }: ShaderModule): Names {
  const names: Names = new Map();
  for (const { keyword, token, name } of declarations) {
    if (!['var', 'const', 'override'].includes(keyword)) continue;
    if (shader.at(token + 1) === ':') addName(names, name, types.read(token + 2));
    else {
      const type = new ValueReader(shader, types, names, new Map()).typeAt(token + 2);
      if (type !== undefined) addName(names, name, type);
    }
  }
  return names;
}

/** Tells the types of expressions as far as arrays and structures go: paths, calls and constructors. */
export class ValueReader {
  readonly #shader: ShaderText;
  readonly #types: ShaderTypes;
  readonly #globals: Names;
  readonly #own: Names;
  readonly #graph: CallGraph | undefined;

  /** `own` are the names of one function; whoever finds more adds them there. */
  constructor(shader: ShaderText, types: ShaderTypes, globals: Names, own: Names, graph?: CallGraph) {
    this.#shader = shader;
    this.#types = types;
    this.#globals = globals;
    this.#own = own;
    this.#graph = graph;
  }

  /** The type of the value that begins at a token, undefined where the guard cannot tell or it is no value. */
  typeAt(token: number, depth = 0): ShaderType | undefined {
    if (depth > MAX_NESTING) return undefined;
    const text = this.#shader.at(token);
    const next = depth + 1;
    if (text === '&') {
      const target = this.typeAt(token + 1, next);
      return target === undefined ? undefined : { words: 0, target };
    }
    if (text === '*') return this.typeAt(token + 1, next)?.target;
    if (text === '(') return this.#along(this.typeAt(token + 1, next), this.#shader.after(token));
    if (!this.#shader.isWord(token)) return undefined;
    const template = this.#shader.at(token + 1) === '<' ? this.#shader.after(token + 1) : token + 1;
    const isCall = template > token && this.#shader.at(template) === '(';
    if (!isCall) return this.#along(this.#named(text), token + 1);
    return this.#along(this.#resultAt(token), this.#shader.after(template));
  }

  /** The larger one where a local name hides a module's. */
  #named(name: string): ShaderType | undefined {
    const own = this.#own.get(name);
    const global = this.#globals.get(name);
    if (own === undefined || global === undefined) return own ?? global;
    return sizeOf(own) < sizeOf(global) ? global : own;
  }

  #resultAt(token: number): ShaderType | undefined {
    const name = this.#shader.at(token);
    const called = this.#graph?.functions.get(name);
    if (called !== undefined) return called.result && this.#types.read(called.result.from);
    if (name === 'array' && this.#shader.at(token + 1) === '(') return this.#listAt(token + 1);
    return this.#types.isComposite(name) ? this.#types.read(token) : undefined;
  }

  /** `array(a, b, c)`: as many as there are, each like the first. */
  #listAt(open: number): ShaderType {
    const close = this.#shader.pair(open);
    let count = close > open + 1 ? 1 : 0;
    for (let i = open + 1; i < close - 1; i = this.#shader.next(i)) if (this.#shader.at(i) === ',') count++;
    const element = this.typeAt(open + 1) ?? { words: 4 };
    return { words: count * element.words, element };
  }

  /** Follows `[…]` and `.name`. */
  #along(start: ShaderType | undefined, token: number): ShaderType | undefined {
    let type = start;
    for (let i = token; type !== undefined;) {
      const text = this.#shader.at(i);
      if (text !== '[' && text !== '.') return type;
      const place: ShaderType = type.target ?? type;
      type =
        text === '['
          ? (place.element ?? { words: 1 })
          : (place.members?.get(this.#shader.at(i + 1)) ?? { words: 4 });
      i = text === '[' ? this.#shader.after(i) : i + 2;
    }
    return type;
  }
}
