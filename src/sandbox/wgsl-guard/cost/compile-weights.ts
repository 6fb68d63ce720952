/*
 * GPU compilers inline every call, and what they do with the result grows by about the square of its length. Measured
 * in Chromium 156 on SwiftShader, on 4 cores that others used too, one invocation's code:
 *
 * | what one function holds                        | count             | compiles for                     |
 * |------------------------------------------------|-------------------|----------------------------------|
 * | `x = x * 3u + 1u`                              | 2,400             | 0.2 s                            |
 * | stores to a buffer                             | 1,600             | 2.2 s                            |
 * | `pow` of scalars                               | 500, 1,000, 2,000 | 0.5, 1.7, 8.9 s                  |
 * | `firstLeadingBit` of vectors                   | 500, 2,849        | 10 s, the GPU process dies       |
 * | quotients of integer vectors                   | 500, 2,492        | 2.3 s, over 25 s                 |
 * | packing into and unpacking out of words        | 1,000, 1,994      | 6.5 s, over 25 s                 |
 * | cases of a switch                              | 400, 800, 1,600   | 0.6, 2.3, 12.5 s                 |
 * | guarded loops in a row                         | 300, 600, 1,200   | 1.6, 5.4, over 15 s              |
 * | products of 4 × 4 matrices                     | 100, 400, 3,000   | 0.1, 1.9, over 30 s              |
 * | copies of an array of 1 KiB                    | 32, 128, 512      | 0.4, 1.7 s, the GPU process dies |
 * | copies between buffer and variable, 4 and 8 KB | 3                 | 2.3, 10 s                        |
 * | the same of 64 KB                              | 3                 | the GPU process dies after 17 s  |
 * | arrays of 1 KiB, each a variable               | 16, 64            | 0.3, 6.7 s                       |
 * | one private array of 8, 16, 32, 64 KB          | 1                 | 0.2, 0.6, 2.6, 9.2 s             |
 *
 * So the inlined size counts in tokens, and what costs more than its tokens weighs more, such that 20,000 compile
 * within about the usual limit of 5 s; memory has a limit of its own. Compilers refuse for themselves: expressions
 * deeper than 512, nesting beyond 127, arrays of 65,536 elements and more, variables above 64 KiB.
 */

/** What a word or mark weighs beside its one token. */
const EXTRA_TOKENS: Readonly<Record<string, number>> = {
  // A loop brings its counter with it.
  for: 22,
  while: 22,
  loop: 22,
  case: 10,
  if: 6,
  '&&': 4,
  '||': 4,
  // Of integers; the guard does not know them from floats.
  '/': 14,
  '%': 14,
  '/=': 14,
  '%=': 14,
};

/** Built-in functions that compilers spell out in many instructions. */
const CALL_TOKENS: ReadonlyMap<string, number> = new Map(
  Object.entries({
    40: 'firstLeadingBit firstTrailingBit countLeadingZeros countTrailingZeros',
    20: 'ldexp insertBits determinant',
    14: 'workgroupBarrier storageBarrier workgroupUniformLoad pow atan2 pack2x16float unpack2x16float pack4xU8 pack4xI8 unpack4xU8 unpack4xI8 pack4xU8Clamp pack4xI8Clamp',
    12: 'pack4x8unorm pack4x8snorm unpack4x8unorm unpack4x8snorm pack2x16unorm pack2x16snorm unpack2x16unorm unpack2x16snorm',
    10: 'extractBits reverseBits acos acosh asin asinh atan atanh cosh sinh tanh dot4I8Packed dot4U8Packed',
    5: 'cos sin tan exp exp2 log log2 smoothstep refract clamp quantizeToF16 frexp modf round countOneBits transpose',
  }).flatMap(([tokens, names]) => names.split(' ').map((name) => [name, Number(tokens)] as const)),
);

/** `*` where matrices are near: 64 multiplications. */
const MATRIX_PRODUCT_TOKENS = 30;
/** `[` where matrices are near: a column chosen at run time. */
const MATRIX_INDEX_TOKENS = 6;

/** Values with more scalars than a matrix weigh one token a scalar each time they are copied … */
const FREE_WORDS = 16;
/** … and beyond these more and more: a copy from a buffer costs by the square. */
const SQUARE_WORDS = 128;

/** What a token weighs beside itself, by the token after it and by whether its function has matrices. */
export function extraTokens(text: string, next: string, hasMatrices: boolean): number {
  if (hasMatrices && (text === '*' || text === '*=')) return MATRIX_PRODUCT_TOKENS;
  if (hasMatrices && text === '[') return MATRIX_INDEX_TOKENS;
  if (next === '(' && CALL_TOKENS.has(text)) return CALL_TOKENS.get(text)!;
  return Object.hasOwn(EXTRA_TOKENS, text) ? EXTRA_TOKENS[text]! : 0;
}

/** What copying a value of so many scalars weighs. */
export function tokensOfCopy(words: number): number {
  if (words <= FREE_WORDS) return 0;
  return Math.min(Math.ceil(words * Math.max(1, words / SQUARE_WORDS)), Number.MAX_SAFE_INTEGER);
}
