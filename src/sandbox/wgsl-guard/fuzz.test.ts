import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { utf8 } from '../../base/bytes.ts';
import { KilnError } from '../../base/errors.ts';
import { CORPUS } from './fixtures/corpus.ts';
import { generateShader } from './fixtures/generate-shader.ts';
import { type GuardedWgsl, guardWgsl } from './guard-wgsl.ts';

const LIMITS = { shaderBytes: 262_144, inlinedTokens: 60_000, loopTurns: 1_000 };

/** Guards it, or undefined when it is refused; anything else that is thrown fails the test. */
function tryGuard(source: string): GuardedWgsl | undefined {
  try {
    return guardWgsl(utf8(source), LIMITS);
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(KilnError);
    expect((thrown as KilnError).code).toMatch(/^sandbox\/shader-/);
    return undefined;
  }
}

const WORDS = (
  'fn f g main if else loop while for continuing break continue return switch case default let var const override ' +
  'struct alias enable diagnostic array vec4 vec4f mat4x4f u32 ptr function storage read_write workgroupBarrier ' +
  '@compute @group @binding ( ) [ ] { } < > , ; : = == += ++ & && | * - -> . 0 1u 0x1p3 1.5 // /* */ a b i x \n'
).split(' ');

describe('whatever the text, the guard answers or refuses by name', () => {
  test('any text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => void tryGuard(text)));
  });

  test('any order of words', () => {
    const soup = fc.array(fc.constantFrom(...WORDS), { maxLength: 120 }).map((words) => words.join(' '));
    fc.assert(
      fc.property(soup, soup, (a, b) => {
        tryGuard(a);
        tryGuard(`fn main() -> u32 { ${a} } fn f() { ${b} }`);
      }),
      { numRuns: 500 },
    );
  });

  test('shaders with parts cut out, doubled or exchanged', () => {
    const sources = [...CORPUS.map(({ body }) => body), ...[1, 2, 3].map(generateShader)];
    const cut = fc.record({ at: fc.nat(3_000), length: fc.nat(60), put: fc.constantFrom(...WORDS, '') });
    fc.assert(
      fc.property(
        fc.constantFrom(...sources),
        fc.array(cut, { minLength: 1, maxLength: 4 }),
        (source, cuts) => {
          let text = source;
          for (const { at, length, put } of cuts) text = text.slice(0, at) + put + text.slice(at + length);
          tryGuard(text);
        },
      ),
      { numRuns: 500 },
    );
  });

  test.each([
    ['brackets', '('.repeat(100_000)],
    ['comments', '/*'.repeat(100_000)],
    ['calls in a chain', Array.from({ length: 9_000 }, (_, i) => `fn f${i}(){f${i + 1}();}`).join('')],
    [
      'aliases in a chain',
      Array.from({ length: 9_000 }, (_, i) => `alias a${i}=a${i + 1};`).join('') + 'var<private>x:a0;',
    ],
    [
      'constants in a chain',
      Array.from({ length: 9_000 }, (_, i) => `const a${i}=a${i + 1};`).join('') +
        'var<private>x:array<u32,a0>;',
    ],
    ['a structure in itself', 'struct A { b: B } struct B { a: A } var<private> x: A;'],
    ['pointers of pointers', `fn f() { let a = ${'&*'.repeat(50_000)}b; }`],
    ['else ifs', `fn f() { if a {} ${'else if a {} '.repeat(9_000)} }`],
    ['templates', `fn f() { let a = ${'a<'.repeat(50_000)}1; }`],
    ['numbers', `const a = ${'9'.repeat(100_000)};`],
    ['a word of many parts', `const a = b${'.c'.repeat(50_000)};`],
  ])('endless %s', (_, source) => {
    tryGuard(source);
  });
});

test('what is guarded twice is refused, and what is guarded keeps the tokens of its author', () => {
  for (const source of [...CORPUS.map(({ body }) => body), ...[4, 5, 6].map(generateShader)]) {
    const guarded = tryGuard(source)!;
    expect(tryGuard(guarded.code)).toBe(undefined);
    let code = guarded.code.split('\n');
    for (const { line, column, columns } of guarded.edits) {
      code = code.map((text, i) =>
        i === line - 1 ? text.slice(0, column - 1) + text.slice(column - 1 + columns) : text,
      );
    }
    const gap = (text: string) => ' '.repeat(text.length);
    const bare = source.split('\n').map((text) => text.replace(/\/\*.*\*\//, gap).replace(/\/\/.*/, gap));
    expect(code.join('\n').trimEnd()).toBe(bare.join('\n').trimEnd());
  }
});
