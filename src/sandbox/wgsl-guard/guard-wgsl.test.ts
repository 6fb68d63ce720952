import { describe, expect, test } from 'vitest';
import { utf8 } from '../../base/bytes.ts';
import { type GuardedWgsl, guardWgsl, type WgslLimits } from './guard-wgsl.ts';
import { inShader } from './refuse.ts';

const LIMITS: WgslLimits = { shaderBytes: 65_536, inlinedTokens: 20_000, loopTurns: 2 ** 20 };

function guard(source: string, limits: Partial<WgslLimits> = {}): GuardedWgsl {
  return guardWgsl(utf8(source), { ...LIMITS, ...limits });
}

function inMain(body: string, around = ''): string {
  return `${around}@compute @workgroup_size(1) fn main() { ${body} }`;
}

/** Expects a refusal with its code, at a place, with a text in its message. */
function expectRefused(source: string, code: string, place: string, text: RegExp): void {
  const [line, column] = place.split(':').map(Number);
  expect(() => guard(source)).toThrow(
    expect.objectContaining({
      code: `sandbox/${code}`,
      message: expect.stringMatching(new RegExp(`^${place}: .*${text.source}`)) as string,
      data: { line, column },
      hint: expect.stringMatching(/./) as string,
    }),
  );
}

describe('guardWgsl', () => {
  test('gives a plain shader back unchanged', () => {
    const source = '@compute @workgroup_size(1)\nfn main() {}\n';
    expect(guard(source)).toEqual({ code: source, access: new Map(), edits: [], hasLoops: false });
  });

  test('keeps the place of every token when it takes comments and odd blanks out', () => {
    const source = 'const a = 1; // x\r\n/* y\n */ const\u2028b = 2; /* /* */ */ const c = 3;\rfn f() {}';
    const { code } = guard(source);
    expect(code).toBe('const a = 1;      \n    \n    const b = 2;             const c = 3;\nfn f() {}\n');
  });

  test.each([
    ['an extension', 'enable f16;', '1:1', /enables "f16"/],
    ['one of several', 'enable subgroups, f16 ;', '1:1', /subgroups , f16/],
    ['timestamps', 'enable chromium_experimental_timestamp_query;', '1:1', /timestamp/],
    ['a language feature', 'requires packed_4x8_integer_dot_product;', '1:1', /requires/],
    ['one behind a comment', '/* /* nested */ */ enable/**/f16;', '1:20', /f16/],
    ['one behind an odd line break', '// \u2028 enable f16;', '1:6', /f16/],
    ['a subgroup built-in', inMain('let a = subgroupAdd(1u);'), '1:49', /subgroupAdd/],
    ['a quad built-in', inMain('let a = quadSwapX(1u);'), '1:49', /quadSwapX/],
    ['a pointer into workgroup memory', 'fn f(p: ptr<workgroup, u32>) {}', '1:9', /address space/],
    ['a pointer to a member', `fn f(p: ptr<function, u32>) {} ${inMain('f(&a.b);')}`, '1:74', /part/],
    [
      'a pointer to an element',
      `fn f(p: ptr<function, u32>) {} ${inMain('let q = &a[1]; f(q);')}`,
      '1:89',
      /part/,
    ],
    ['another stage', '@fragment fn main() {}', '1:2', /fragment/],
  ])('refuses %s', (_, source, place, text) => {
    expectRefused(source, 'shader-feature-refused', place, text);
  });

  test('leaves diagnostics and overrides to the compiler', () => {
    const source = 'diagnostic(off, derivative_uniformity); override n: u32 = 4u;\nfn f() {}\n';
    expect(guard(source).code).toBe(source);
  });

  test.each([
    ['a name of the guard', 'var<private> kiln_left: u32;', '1:14', /kiln_/],
    ['a local name of the guard', inMain('let kiln_x = 1;'), '1:45', /kiln_/],
    ['another meaning of a built-in', 'fn atomicStore(a: u32, b: u32) {}', '1:4', /atomicStore/],
    ['a variable that hides a built-in', inMain('let atomicStore = 1;'), '1:45', /atomicStore/],
    ['another u32', 'alias u32 = f32;', '1:7', /u32/],
  ])('refuses %s', (_, source, place, text) => {
    expectRefused(source, 'shader-name-refused', place, text);
  });

  test.each([
    ['another group', '@group(1) @binding(0) var<storage> a: array<u32>;', '1:2', /not 0/],
    ['a computed binding', 'const N = 1;\n@group(0) @binding(N) var<uniform> a: u32;', '2:12', /@binding/],
    ['a sum as a group', '@group(0 + 1) @binding(0) var<uniform> a: u32;', '1:2', /@group/],
    ['a missing group', '@binding(0) var<uniform> a: u32;', '1:26', /both/],
  ])('refuses %s', (_, source, place, text) => {
    expectRefused(source, 'shader-binding-refused', place, text);
  });

  test.each([
    ['itself', 'fn f() {\n  f();\n}', '2:3', /"f" calls itself: f → f/],
    ['each other', 'fn a() { b(); }\nfn b() { if true { c(); } }\nfn c() { a(); }', '3:10', /a → b → c → a/],
  ])('refuses functions that call %s', (_, source, place, text) => {
    expectRefused(source, 'shader-recursion', place, text);
  });

  test.each([
    ['a bracket too many', 'fn f() { } }', '1:12', /closes nothing/],
    ['a bracket too few', 'fn f() {', '1:8', /never closed/],
    ['brackets that cross', 'fn f() { (] }', '1:11', /closes nothing/],
    ['a comment without an end', 'fn f() {}\n /* /* */', '2:2', /no end/],
    ['a foreign character', 'fn f() { let a = "x"; }', '1:18', /no """/],
    ['a number in a name', 'fn f() { let a = 1abc; }', '1:19', /runs into/],
    ['an endless name', `const ${'a'.repeat(300)} = 1;`, '1:7', /too long/],
    ['what is no declaration', 'loop {}', '1:1', /"loop"/],
    ['a loop inside an expression', 'fn f() { let a = loop { }; }', '1:18', /cannot stand/],
    ['a switch with more than cases', 'fn f() { switch 1 { loop { } } }', '1:21', /case/],
    ['two functions of one name', 'fn f() {} fn f() {}', '1:14', /two functions/],
  ])('refuses %s', (_, source, place, text) => {
    expectRefused(source, 'shader-syntax', place, text);
  });

  test('refuses large sources and what is not text', () => {
    expect(() => guardWgsl(new Uint8Array(11), { ...LIMITS, shaderBytes: 10 })).toThrow(
      expect.objectContaining({ code: 'sandbox/shader-too-large' }),
    );
    for (const bytes of [new Uint8Array([0xff]), utf8('a\0b')]) {
      expect(() => guardWgsl(bytes, LIMITS)).toThrow(
        expect.objectContaining({ code: 'sandbox/shader-not-text' }),
      );
    }
  });
});

describe('what compiles too long is refused', () => {
  /** `f9` calls `f8` twice, and so on. */
  const doubling = (levels: number, leaf: string) =>
    `fn f0() { ${leaf} }${Array.from({ length: levels }, (_, i) => ` fn f${i + 1}() { f${i}(); f${i}(); }`).join('')}`;

  test('calls that double and double, in linear time', () => {
    expect(() => guard(doubling(20, 'let a = 1;'))).toThrow(
      expect.objectContaining({
        code: 'sandbox/shader-too-complex',
        message: expect.stringMatching(/^1:\d+: "f11" weighs \d+ tokens/) as string,
      }),
    );
    expect(() => guard(doubling(1_000, ''))).toThrow(
      expect.objectContaining({ code: 'sandbox/shader-too-nested' }),
    );
    expect(() => guard(doubling(60, ''), { inlinedTokens: 60_000 })).toThrow(
      expect.objectContaining({ code: 'sandbox/shader-too-complex' }),
    );
    expect(guard(doubling(8, 'let a = 1;')).hasLoops).toBe(false);
  });

  test('nesting', () => {
    expect(() => guard(inMain(`${'{'.repeat(100)}${'}'.repeat(100)}`))).toThrow(
      expect.objectContaining({ code: 'sandbox/shader-too-nested' }),
    );
  });

  test.each([
    ['a private array', 'var<private> a: array<u32, 5000>; ', ''],
    [
      'a private array, sized by a constant',
      'const N = 4 * (1 << 9); var<private> a: array<vec4f, N + N>; ',
      '',
    ],
    ['a variable of a function', '', 'var a: array<array<u32, 100>, 50>;'],
    ['many variables', '', 'var a: array<u32, 64>; '.repeat(80)],
    ['variables of functions that are called', 'fn f() { var a: array<u32, 1000>; } ', 'f(); '.repeat(5)],
    ['a structure', 'struct A { a: array<f32, 3000> } struct B { a: A, b: A } ', 'var b: B;'],
    ['arguments', 'fn f(a: array<u32, 64>) {} ', `var a: array<u32, 64>; ${'f(a); '.repeat(200)}`],
  ])('%s', (_, around, body) => {
    expect(() => guard(inMain(body, around))).toThrow(
      expect.objectContaining({ code: 'sandbox/shader-variables-too-large' }),
    );
  });

  test.each([
    ['copies', '', `var a: array<u32, 256>; var b: array<u32, 256>; ${'a = b; '.repeat(50)}`],
    ['a copy of a buffer', '@group(0) @binding(0) var<storage> a: array<u32, 6000>; ', 'let b = a;'],
    ['copies through pointers', '', `var a: array<u32, 256>; let p = &a; ${'*p = a; '.repeat(50)}`],
    ['matrices', '', `var m: mat4x4f; ${'m = m * m; '.repeat(600)}`],
    [
      'matrices in structures',
      'struct A { m: mat4x4f } var<private> a: A; ',
      'a.m = a.m * a.m; '.repeat(600),
    ],
    [
      'cases',
      '',
      `switch 1 { ${Array.from({ length: 2_000 }, (_, i) => `case ${i}: {}`).join(' ')} default: {} }`,
    ],
    ['loops', '', 'while (true) {} '.repeat(900)],
    ['long functions', '', 'x = pow(x, x); '.repeat(1_500)],
  ])('%s', (_, around, body) => {
    expect(() => guard(inMain(body, around))).toThrow(
      expect.objectContaining({ code: 'sandbox/shader-too-complex' }),
    );
  });

  test('an array whose size cannot be told', () => {
    expectRefused(inMain('var a: array<u32, max(3, 4)>;'), 'shader-size-unknown', '1:48', /max \( 3 , 4 \)/);
  });

  test('large arrays in buffers and workgroups are fine, as are their elements', () => {
    const around =
      'struct S { a: array<vec4f, 9000>, b: u32 } @group(0) @binding(0) var<storage> s: S; override n = 9; ' +
      'var<workgroup> w: array<u32, 4000>; var<workgroup> v: array<u32, n>; const T = array(1u, 2u, 3u); ';
    expect(
      guard(inMain('let a = s.a[3].x; let p = &s.a; let b = p[4]; w[v[1]] = s.b + T[1];', around)).access,
    ).toEqual(new Map([[0, 'read']]));
  });
});

describe('loops', () => {
  test('are counted at the head of their bodies, on the line they stand on', () => {
    const source = inMain(
      '\n  for (var i = 0; i < 3; i++) {\n    out[i] = 1;\n  }\n  while (true) { continue; }',
    );
    const { code, edits, hasLoops } = guard(source, { loopTurns: 77 });
    expect(hasLoops).toBe(true);
    expect(code.split('\n').map((line) => line.includes('kiln_'))).toEqual([
      false,
      false,
      true,
      false,
      true,
      false,
    ]);
    expect(code).toContain('var<private> kiln_left: u32 = 77u;');
    expect(edits.map(({ line, column }) => `${line}:${column}`)).toEqual(['3:5', '5:18', '5:31']);
  });

  test('that hold barriers use the counter that is handed down', () => {
    const { code } = guard(
      `fn f() { loop { workgroupBarrier(); } } fn g(a: u32) { f(); }
       ${inMain('for (var i = 0u; i < 9u; i++) { g(i); for (var k = 0u; k < 3u; k++) { out[k] += 1u; } }')}`,
    );
    expect(code).toContain('fn f(kiln_budget: ptr<function, u32>) {');
    expect(code).toContain('fn g(kiln_budget: ptr<function, u32>, a: u32) { f(kiln_budget); }');
    expect(code).toContain('g(kiln_budget, i);');
    expect(code.match(/if \(\*kiln_budget == 0u\)/g)).toHaveLength(2);
    expect(code.match(/if \(kiln_left == 0u\)/g)).toHaveLength(1);
  });

  test('that control flow to a barrier depends on have counters of their own, paid for by whoever repeats them', () => {
    const { code } = guard(
      inMain(
        'var n = 0u; for (var i = 0u; i < 9u; i++) { n += i; } ' +
          'for (var i = 0u; i < n; i++) { workgroupBarrier(); while (n < 5u) { n++; } }',
      ),
      { loopTurns: 10_000 },
    );
    expect(code).toContain('var kiln_turns_0 = 5000u; for');
    expect(code).toContain('if (*kiln_budget < 101u)');
    expect(code).toContain('var kiln_turns_2 = 100u; while');
  });

  test('with long bodies pay more for a turn', () => {
    const { code } = guard(`fn f() { ${'out[0] += 1u; '.repeat(100)} } fn g() { loop { f(); loop { } } }`);
    expect(code).toContain('if (kiln_left < 3u) { kiln_left = 0u; atomicStore(&kiln_overrun, 1u); break; }');
    expect(code).toContain('if (kiln_left == 0u)');
  });

  test('that a function never left but by return are followed by one', () => {
    const ends = (body: string) =>
      / return [^;]*\(\); \}/.test(guard(`fn f() -> array<vec2<f32>, 3> { ${body} }`).code);
    expect(ends('loop { return x; }')).toBe(true);
    expect(ends('if a { loop { } } else { return x; }')).toBe(true);
    expect(ends('for (;;) { switch a { default: { break; } } }')).toBe(true);
    expect(ends('loop { } return x;')).toBe(false);
    expect(ends('for (;;) { break; } return x;')).toBe(false);
    expect(ends('return x;')).toBe(false);
  });
});

test('access tells how a shader declares its buffers', () => {
  const source = `
    @group(0) @binding(0) var<uniform> u: U;
    @binding(1) @group(0) var<storage> a: array<f32>;
    @group(0) @binding( 2u ) var<storage, read> b: array<f32>;
    @group(0x0) @binding(3,)
    var < storage, read_write > c: array<f32>;
    // @group(0) @binding(4) var<storage, read> d: array<f32>;
    var<private> f: f32;`;
  expect([...guard(source).access]).toEqual([
    [0, 'uniform'],
    [1, 'read'],
    [2, 'read'],
    [3, 'read_write'],
  ]);
});

test('an error can name the shader it is about, when it has a place', () => {
  const named = (source: string) => {
    try {
      return guard(source, { shaderBytes: 20 });
    } catch (thrown) {
      return inShader('trace', thrown);
    }
  };
  expect(named('fn f() { }}')).toMatchObject({
    code: 'sandbox/shader-syntax',
    message: 'trace:1:11: "}" closes nothing.',
    hint: 'Balance the brackets.',
    data: { line: 1, column: 11 },
  });
  expect(named('fn a_long_name() {    }')).toMatchObject({ message: 'The shader is too large.' });
  expect(inShader('trace', 'else')).toBe('else');
});
