import type { CallGraph } from '../read/call-graph.ts';
import { constantGrowth } from '../loops/constant-growth.ts';
import { extraTokens, tokensOfCopy } from './compile-weights.ts';
import { matrixFunctions } from './matrix-functions.ts';
import { quote, refuse } from '../refuse.ts';
import type { ShaderFunction, ShaderModule } from '../read/shader-module.ts';
import type { ShaderText, Span } from '../read/shader-text.ts';
import { type ShaderType, ShaderTypes } from '../read/shader-types.ts';
import { addName, addTyped, moduleNames, type Names, ValueReader } from '../read/value-types.ts';

/** All variables of one invocation, calls inlined: WGSL promises 8 KiB each of private and function memory (13.4.1). */
export const MAX_VARIABLE_BYTES = 16_384;
const WORD_BYTES = 4;
const VECTOR_WORDS = 4;

/** What a function costs a compiler: weighed tokens, and the scalars of its variables. */
interface Cost {
  readonly tokens: number;
  readonly words: number;
}

/** What spans of functions weigh in tokens, with all calls inlined. */
export interface Weights {
  of(span: Span): number;
}

/**
 * Holds each function, with all its calls inlined, to `limit` weighed tokens and to {@link MAX_VARIABLE_BYTES}. Linear
 * in the source; sums stop growing at 2⁵³. Throws `sandbox/shader-too-complex`, `sandbox/shader-variables-too-large`
 * and `sandbox/shader-size-unknown`.
 */
export function checkCompileCost(
  shader: ShaderText,
  module: ShaderModule,
  graph: CallGraph,
  limit: number,
): Weights {
  const own = new Float64Array(shader.tokens.length + 1).fill(1);
  const types = new ShaderTypes(shader, module);
  const globals = moduleNames(shader, types, module);
  const withMatrices = matrixFunctions(shader, module);
  const around = costAround(shader, module, globals);
  const costs = new Map<string, Cost>();
  for (const one of graph.order) {
    let { tokens, words } = costOf(shader, types, globals, graph, one, withMatrices.has(one.name), own);
    for (const { callee } of graph.callsOf(one.name)) {
      tokens = Math.min(tokens + costs.get(callee)!.tokens, Number.MAX_SAFE_INTEGER);
      words = Math.min(words + costs.get(callee)!.words, Number.MAX_SAFE_INTEGER);
    }
    costs.set(one.name, { tokens, words });
    refuseLarge(shader, one, { tokens: tokens + around.tokens, words: words + around.words }, limit);
  }
  return inlinedWeights(graph, own, costs);
}

/** Sums up what each token weighs itself, and what it calls. */
function inlinedWeights(graph: CallGraph, own: Float64Array, costs: ReadonlyMap<string, Cost>): Weights {
  const sums = new Float64Array(own.length + 1);
  for (const { name } of graph.order) {
    for (const { callee, token } of graph.callsOf(name)) own[token]! += costs.get(callee)!.tokens;
  }
  for (const [i, weight] of own.entries()) sums[i + 1] = sums[i]! + weight;
  return { of: ({ from, to }) => sums[to]! - sums[from]! };
}

function refuseLarge(shader: ShaderText, { name, token }: ShaderFunction, cost: Cost, limit: number): void {
  const place = shader.position(token);
  if (cost.tokens > limit) {
    const what = `${quote(name)} weighs ${cost.tokens} tokens once its calls are inlined; the limit is ${limit}.`;
    const hint = 'Call functions from a loop instead of many places, or raise limits.inlinedTokens.';
    throw refuse('shader-too-complex', what, place, hint);
  }
  const bytes = cost.words * WORD_BYTES;
  if (bytes > MAX_VARIABLE_BYTES) {
    const what = `${quote(name)} has ${bytes} bytes of variables once its calls are inlined; the limit is ${MAX_VARIABLE_BYTES}.`;
    throw refuse(
      'shader-variables-too-large',
      what,
      place,
      'Keep large arrays in buffers or workgroup memory.',
    );
  }
}

/** Declarations outside functions, and private variables: every entry point may use them. */
function costAround(shader: ShaderText, { functions, declarations }: ShaderModule, globals: Names): Cost {
  const inside = functions.reduce((sum, { body }) => sum + body.to - body.from, 0);
  let words = 0;
  for (const { keyword, name, span } of declarations) {
    if (keyword === 'var' && shader.at(span.from + 2) === 'private') words += memoryWords(globals.get(name));
  }
  return { tokens: shader.tokens.length - inside + constantGrowth(shader), words };
}

function costOf(
  shader: ShaderText,
  types: ShaderTypes,
  globals: Names,
  graph: CallGraph,
  { parameters, body }: ShaderFunction,
  hasMatrices: boolean,
  weights: Float64Array,
): Cost {
  const own: Names = new Map();
  addTyped(shader, types, own, parameters);
  let words = [...own.values()].reduce((sum, one) => sum + memoryWords(one), 0);
  const reader = new ValueReader(shader, types, globals, own, graph);
  for (let i = body.from; i < body.to; i++) {
    const text = shader.at(i);
    weights[i]! += extraTokens(text, shader.at(i + 1), hasMatrices);
    if (text === 'var' || text === 'let') {
      const token = declaredToken(shader, i);
      i = token;
      const type = declaredType(shader, types, reader, token);
      addName(own, shader.at(token), type);
      words += memoryWords(type);
    } else if (shader.isWord(i)) {
      weights[i]! += copyTokens(shader, reader, i);
    }
  }
  const tokens = weights.subarray(body.from, body.to).reduce((sum, weight) => sum + weight, 0);
  return { tokens, words };
}

/** The token of the name that `let` or `var` declares. */
function declaredToken(shader: ShaderText, keyword: number): number {
  const next = keyword + 1;
  return shader.at(next) === '<' && shader.pair(next) > 0 ? shader.after(next) : next;
}

/** Scalars and vectors live in registers. */
function memoryWords(type: ShaderType | undefined): number {
  return type === undefined || type.words <= VECTOR_WORDS ? 0 : type.words;
}

/** A variable whose type cannot be told is no array and no structure: a vector at most. */
function declaredType(
  shader: ShaderText,
  types: ShaderTypes,
  reader: ValueReader,
  token: number,
): ShaderType {
  if (shader.at(token + 1) === ':') return types.read(token + 2);
  return reader.typeAt(token + 2) ?? { words: VECTOR_WORDS };
}

/** What it weighs that a word copies all of a large array or structure; nothing where only its address is taken. */
function copyTokens(shader: ShaderText, reader: ValueReader, token: number): number {
  let start = token;
  while (shader.at(start - 1) === '(' && !shader.isWord(start - 2)) start--;
  const before = shader.at(start - 1);
  if (shader.at(token - 1) === '.' || before === '&' || before === '@') return 0;
  const words = reader.typeAt(before === '*' ? start - 1 : token)?.words ?? 0;
  return tokensOfCopy(words);
}
