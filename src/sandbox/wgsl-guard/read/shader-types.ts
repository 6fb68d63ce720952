import { MAX_NESTING } from './brackets.ts';
import { Constants } from './constants.ts';
import { quote, refuse } from '../refuse.ts';
import type { ShaderDeclaration, ShaderModule } from './shader-module.ts';
import type { ShaderText } from './shader-text.ts';

/** What the guard knows of a type: how many scalars it holds, and where its parts lead. */
export interface ShaderType {
  readonly words: number;
  /** Of arrays. */
  readonly element?: ShaderType;
  /** Of structures. */
  readonly members?: ReadonlyMap<string, ShaderType>;
  /** Of pointers. */
  readonly target?: ShaderType;
}

const SCALAR: ShaderType = { words: 1 };
/** No variable of a function or an invocation has one: runtime arrays, and those that an override sizes. */
const UNSIZED = 0;
const VECTOR = /^vec([234])[iuf]?$/;
const MATRIX = /^mat([234])x([234])f?$/;

/** The sizes of the types that a module names. */
export class ShaderTypes {
  readonly #shader: ShaderText;
  readonly #constants: Constants;
  readonly #named = new Map<string, ShaderDeclaration>();
  readonly #known = new Map<string, ShaderType>();
  readonly #overrides = new Set<string>();

  constructor(shader: ShaderText, { declarations }: ShaderModule) {
    this.#shader = shader;
    this.#constants = new Constants(shader);
    for (let i = 0; i < shader.tokens.length; i++) {
      if (shader.at(i) === 'const') this.#constants.add(shader.at(i + 1), this.#constantAt(i));
    }
    for (const one of declarations) {
      if (one.keyword === 'struct' || one.keyword === 'alias') this.#named.set(one.name, one);
      if (one.keyword === 'override') this.#overrides.add(one.name);
    }
  }

  #constantAt(token: number) {
    let to = token;
    while (to < this.#shader.tokens.length && this.#shader.at(to) !== ';') to = this.#shader.next(to);
    return { from: token + 2, to };
  }

  /** Is this word the name of a type that holds other values? */
  isComposite(name: string): boolean {
    return name === 'array' || this.#named.has(name);
  }

  /**
   * The type that begins at a token. Throws `sandbox/shader-size-unknown` for an array whose count cannot be told and
   * `sandbox/shader-too-nested` for types inside types without end.
   */
  read(token: number, depth = 0): ShaderType {
    if (depth > MAX_NESTING) {
      const hint = `At most ${MAX_NESTING} types may lie inside each other.`;
      throw refuse(
        'shader-too-nested',
        'This type is nested too deeply.',
        this.#shader.position(token),
        hint,
      );
    }
    const name = this.#shader.at(token);
    const named = this.#named.get(name);
    if (named !== undefined) return this.#readNamed(named, depth);
    if (name === 'array') return this.#readArray(token, depth);
    if (name === 'ptr') return this.#readPointer(token, depth);
    const vector = VECTOR.exec(name);
    if (vector !== null) return { words: Number(vector[1]) };
    const matrix = MATRIX.exec(name);
    if (matrix !== null) {
      const rows = Number(matrix[2]);
      return { words: Number(matrix[1]) * rows, element: { words: rows } };
    }
    return SCALAR;
  }

  #readNamed(one: ShaderDeclaration, depth: number): ShaderType {
    const known = this.#known.get(one.name);
    if (known !== undefined) return known;
    const found =
      one.keyword === 'alias' ? this.read(one.token + 2, depth + 1) : this.#readStruct(one, depth);
    this.#known.set(one.name, found);
    return found;
  }

  #readStruct({ token, span }: ShaderDeclaration, depth: number): ShaderType {
    const members = new Map<string, ShaderType>();
    let words = 0;
    for (let i = token + 2; i < span.to; i = this.#shader.next(i)) {
      if (this.#shader.at(i) !== ':') continue;
      const type = this.read(i + 1, depth + 1);
      members.set(this.#shader.at(i - 1), type);
      words += type.words;
    }
    return { words, members };
  }

  #readArray(token: number, depth: number): ShaderType {
    const open = token + 1;
    const close = this.#shader.at(open) === '<' ? this.#shader.pair(open) : -1;
    if (close < 0) return { words: UNSIZED, element: SCALAR };
    const element = this.read(open + 1, depth + 1);
    let comma = open + 1;
    while (comma < close && this.#shader.at(comma) !== ',') comma = this.#shader.next(comma);
    const span = { from: comma + 1, to: close };
    if (span.from >= span.to) return { words: UNSIZED, element };
    for (let i = span.from; i < span.to; i++) {
      if (this.#overrides.has(this.#shader.at(i))) return { words: UNSIZED, element };
    }
    const count = this.#constants.evaluate(span);
    if (count === undefined || count < 0) {
      const what = `The guard cannot tell the count ${quote(this.#shader.join(span))} of this array.`;
      const hint = 'Write a number, or constants of whole numbers joined by + - * / % << >>.';
      throw refuse('shader-size-unknown', what, this.#shader.position(token), hint);
    }
    return { words: Math.min(element.words * count, Number.MAX_SAFE_INTEGER), element };
  }

  #readPointer(token: number, depth: number): ShaderType {
    const open = token + 1;
    const close = this.#shader.at(open) === '<' ? this.#shader.pair(open) : -1;
    for (let i = open + 1; i < close; i = this.#shader.next(i)) {
      if (this.#shader.at(i) === ',') return { words: UNSIZED, target: this.read(i + 1, depth + 1) };
    }
    return { words: UNSIZED };
  }
}
