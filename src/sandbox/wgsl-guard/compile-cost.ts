import type { CallGraph } from './call-graph.ts';
import { matrixFunctions } from './matrix-functions.ts';
import { quote, refuse } from './refuse.ts';
import type { ShaderFunction, ShaderModule } from './shader-module.ts';
import type { ShaderText } from './shader-text.ts';
import { type ShaderType, ShaderTypes } from './shader-types.ts';
import { addName, addTyped, moduleNames, type Names, ValueReader } from './value-types.ts';

/*
 * GPU compilers inline every call, and what they do with the result grows faster than its length. Measured in
 * Chromium 156 on SwiftShader, compilation on a loaded 4-core machine:
 *
 * | what one function holds                    | count                    | compiles for                     |
 * |--------------------------------------------|--------------------------|----------------------------------|
 * | `x = x * 3u + 1u`                          | 2,400                    | 0.2 s                            |
 * | stores to a buffer                         | 1,600                    | 2.2 s                            |
 * | `pow`                                      | 500, 1,000, 2,000        | 0.5, 1.7, 8.9 s                  |
 * | cases of a switch                          | 400, 800, 1,600          | 0.6, 2.3, 12.5 s                 |
 * | guarded loops in a row                     | 300, 600, 1,200          | 1.6, 5.4, over 15 s              |
 * | products of 4 × 4 matrices                 | 100, 200, 400, 3,000     | 0.1, 0.4, 1.9, over 30 s         |
 * | copies of an array of 1 KiB                | 32, 128, 512             | 0.4, 1.7 s, the GPU process dies |
 * | copies of an array of 4 KiB                | 4, 16                    | 0.9, 2.1 s                       |
 * | arrays of 1 KiB, each a variable           | 16, 64                   | 0.3, 6.7 s                       |
 * | one private array of 8, 16, 32, 64 KB      |                          | 0.2, 0.6, 2.6, 9.2 s             |
 * | `let copy = buffer` of 64 KB               | 1                        | the GPU process dies after 17 s  |
 *
 * So the inlined size counts in tokens, but what costs more than its tokens weighs more, such that 20,000 compile
 * within the usual limit of 5 s; and the variables of an invocation have a limit of their own, which holds for any
 * limit of the job. Compilers refuse for themselves: expressions deeper than 512, nesting beyond 127, arrays of 65,536
 * elements and more, variables above 64 KiB.
 */

/** A loop with its counter. */
const LOOP_TOKENS = 22;
/** A case of a switch. */
const CASE_TOKENS = 6;
/** `*` where matrices are near: 64 multiplications. */
const MATRIX_PRODUCT_TOKENS = 30;
/** Built-in functions that compilers spell out. */
const LONG_FUNCTION_TOKENS = 5;
const LONG_FUNCTIONS: ReadonlySet<string> = new Set(
  'acos acosh asin asinh atan atan2 atanh cos cosh determinant exp exp2 log log2 pow sin sinh tan tanh'.split(
    ' ',
  ),
);
/** Values with more scalars than a matrix weigh one token a scalar each time they are copied. */
const FREE_WORDS = 16;
/** All variables of one invocation, calls inlined: WGSL promises 8 KiB each of private and function memory (13.4.1). */
export const MAX_VARIABLE_BYTES = 16_384;
const WORD_BYTES = 4;

/** What a function costs a compiler: weighed tokens, and the scalars of its variables. */
interface Cost {
  readonly tokens: number;
  readonly words: number;
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
): void {
  const types = new ShaderTypes(shader, module);
  const globals = moduleNames(shader, types, module);
  const withMatrices = matrixFunctions(shader, module);
  const around = costAround(shader, module, globals);
  const costs = new Map<string, Cost>();
  for (const one of graph.order) {
    let { tokens, words } = costOf(shader, types, globals, graph, one, withMatrices.has(one.name));
    for (const { callee } of graph.callsOf(one.name)) {
      tokens = Math.min(tokens + costs.get(callee)!.tokens, Number.MAX_SAFE_INTEGER);
      words = Math.min(words + costs.get(callee)!.words, Number.MAX_SAFE_INTEGER);
    }
    costs.set(one.name, { tokens, words });
    refuseLarge(shader, one, { tokens: tokens + around.tokens, words: words + around.words }, limit);
  }
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
    if (keyword === 'var' && shader.at(span.from + 2) === 'private') words += globals.get(name)?.words ?? 0;
  }
  return { tokens: shader.tokens.length - inside, words };
}

function costOf(
  shader: ShaderText,
  types: ShaderTypes,
  globals: Names,
  graph: CallGraph,
  { parameters, body }: ShaderFunction,
  hasMatrices: boolean,
): Cost {
  const own: Names = new Map();
  addTyped(shader, types, own, parameters);
  let words = [...own.values()].reduce((sum, one) => sum + one.words, 0);
  const names: Names = new Map([...globals, ...own]);
  const reader = new ValueReader(shader, types, names, graph);
  let tokens = body.to - body.from;
  for (let i = body.from; i < body.to; i++) {
    const text = shader.at(i);
    if (text === 'for' || text === 'while' || text === 'loop') tokens += LOOP_TOKENS;
    else if (text === 'case') tokens += CASE_TOKENS;
    else if (text === '*' || text === '*=') tokens += hasMatrices ? MATRIX_PRODUCT_TOKENS : 0;
    else if (text === 'var' || text === 'let') {
      const token = declaredToken(shader, i);
      i = token;
      const type = declaredType(shader, types, reader, token);
      addName(names, shader.at(token), type);
      if (text === 'var' || type.words > FREE_WORDS) words += type.words;
    } else if (shader.isWord(i)) {
      if (LONG_FUNCTIONS.has(text) && shader.at(i + 1) === '(') tokens += LONG_FUNCTION_TOKENS;
      tokens += copiedWords(shader, reader, i);
    }
  }
  return { tokens, words };
}

/** The token of the name that `let` or `var` declares. */
function declaredToken(shader: ShaderText, keyword: number): number {
  const next = keyword + 1;
  return shader.at(next) === '<' && shader.pair(next) > 0 ? shader.after(next) : next;
}

/** A variable whose type cannot be told is no array and no structure: a vector at most. */
function declaredType(
  shader: ShaderText,
  types: ShaderTypes,
  reader: ValueReader,
  token: number,
): ShaderType {
  if (shader.at(token + 1) === ':') return types.read(token + 2);
  return reader.typeAt(token + 2) ?? { words: 4 };
}

/** What a word copies: all of a large array or structure, unless only its address is taken. */
function copiedWords(shader: ShaderText, reader: ValueReader, token: number): number {
  let start = token;
  while (shader.at(start - 1) === '(' && !shader.isWord(start - 2)) start--;
  const before = shader.at(start - 1);
  if (shader.at(token - 1) === '.' || before === '&' || before === '@') return 0;
  const words = reader.typeAt(before === '*' ? start - 1 : token)?.words ?? 0;
  return words > FREE_WORDS ? words : 0;
}
