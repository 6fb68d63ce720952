import { describe, expect, test } from 'vitest';
import { guardWasm } from '../guard-wasm.ts';
import { leb, list, moduleOf, moduleOfCode, ROOMY } from '../fixtures/module-bytes.fixture.ts';
import { fromText } from '../fixtures/module-text.fixture.ts';

function refusal(bytes: Uint8Array): unknown {
  try {
    guardWasm(bytes, ROOMY);
  } catch (error) {
    return error;
  }
  return undefined;
}

const I32_0 = [0x41, 0];
const MEMORY = list(5, [[0, 1]]);

describe('instructions of other proposals', () => {
  test.each([
    ['exceptions', [0x06, 0x40, 0x0b]],
    ['exceptions', [0x08, 0]],
    ['exceptions', [0x09, 0]],
    ['exceptions', [0x0a]],
    ['exceptions', [0x18, 0]],
    ['exceptions', [0x19]],
    ['exceptions', [0x1f, 0x40, 0, 0x0b]],
    ['tail calls', [0x12, 0]],
    ['tail calls', [...I32_0, 0x13, 0, 0]],
    ['typed function references', [0x14, 0]],
    ['typed function references', [0x15, 0]],
    ['typed function references', [0xd4]],
    ['typed function references', [0xd5, 0]],
    ['typed function references', [0xd6, 0]],
    ['garbage collection', [0xd3]],
    ['garbage collection', [0xfb, 0x00, 0]],
    ['garbage collection', [0xfb, 0x1c]],
    ['stack switching', [0xe0, 0]],
    ['threads and atomics', [0xfe, 0x03, 0]],
    ['threads and atomics', [...I32_0, 0xfe, 0x10, 2, 0, 0x1a]],
    ['relaxed SIMD', [0xfd, ...leb(0x100)]],
    ['relaxed SIMD', [0xfd, ...leb(0x105)]],
    ['relaxed SIMD', [0xfd, ...leb(0x113)]],
    ['wide arithmetic', [0xfc, 0x13]],
    ['memory control', [0xfc, 0x12, 0]],
    ['several memories', [...I32_0, 0x28, 0x42, 1, 0, 0x1a]],
    ['several memories', [0x3f, 1, 0x1a]],
    ['several memories', [...I32_0, 0x40, 1, 0x1a]],
    ['several memories', [...I32_0, ...I32_0, ...I32_0, 0xfc, 0x0a, 0, 1]],
    ['several memories', [...I32_0, ...I32_0, ...I32_0, 0xfc, 0x0b, 1]],
  ])('%s are refused by name, with function, offset and hint (%j)', (proposal, code) => {
    expect(refusal(moduleOfCode(code, MEMORY))).toMatchObject({
      code: 'sandbox/opcode-refused',
      message: expect.stringMatching(/function 0, byte \d+/),
      hint: expect.any(String),
      data: { proposal, function: 0, offset: expect.any(Number), opcode: expect.any(String) },
    });
  });

  test('the offset is the instruction’s', () => {
    const bytes = moduleOfCode([0x01, 0x01, 0xfe, 0x03, 0]);
    expect(refusal(bytes)).toMatchObject({ data: { offset: bytes.indexOf(0xfe), opcode: '0xfe' } });
  });

  test('also where nothing reaches them', () => {
    expect(refusal(moduleOfCode([0x00, 0x12, 0]))).toMatchObject({ data: { proposal: 'tail calls' } });
  });
});

describe('numbers that mean nothing', () => {
  const unknown = [
    ...[0x16, 0x17, 0x1d, 0x1e, 0x27, 0xc5, 0xcf, 0xd7, 0xdf, 0xe7, 0xfa, 0xff].map((opcode) => [opcode]),
    ...[0x17, 0x20, 0x7f].map((opcode) => [0xfc, opcode]),
    ...[0x9a, 0xa2, 0xa5, 0xa6, 0xaf, 0xb0, 0xb2, 0xb3, 0xb4, 0xbb, 0xc2].map((opcode) => [
      0xfd,
      ...leb(opcode),
    ]),
    ...[0xc5, 0xc6, 0xcf, 0xd0, 0xd2, 0xd3, 0xd4, 0xe2, 0xee].map((opcode) => [0xfd, ...leb(opcode)]),
    ...[0x130, 0x1000, 0xffffffff].map((opcode) => [0xfd, ...leb(opcode)]),
  ];
  test.each(unknown.map((code) => [code]))('%j', (code) => {
    expect(refusal(moduleOfCode(code))).toMatchObject({
      code: 'sandbox/opcode-refused',
      message: expect.stringContaining('unknown instruction'),
    });
  });
});

describe('types', () => {
  test.each([
    ['garbage collection', 0x6e],
    ['garbage collection', 0x6d],
    ['garbage collection', 0x6b],
    ['exceptions', 0x69],
    ['typed function references', 0x63],
    ['typed function references', 0x64],
  ])('%s: 0x%s', (proposal, type) => {
    const expected = { code: 'sandbox/type-refused', data: { proposal }, hint: expect.any(String) };
    expect(refusal(moduleOf(list(1, [[0x60, 1, type, 0]])))).toMatchObject(expected);
    expect(refusal(moduleOf(list(1, [[0x60, 0, 1, type]])))).toMatchObject(expected);
    expect(refusal(moduleOf(list(6, [[type, 0, 0x41, 0, 0x0b]])))).toMatchObject(expected);
    expect(refusal(moduleOf(list(4, [[type, 0, 1]])))).toMatchObject(expected);
    expect(refusal(moduleOfCode([0x02, type, 0x00, 0x0b, 0x1a]))).toMatchObject(expected);
    expect(refusal(moduleOfCode([0xd0, type, 0x1a]))).toMatchObject(expected);
    expect(refusal(moduleOfCode([0x00, 0x1c, 1, type, 0x1a]))).toMatchObject(expected);
  });

  test.each([0x5f, 0x5e, 0x50, 0x4f, 0x4e])('struct, array, sub and rec types (0x%s)', (form) => {
    expect(refusal(moduleOf(list(1, [[form, 0]])))).toMatchObject({
      code: 'sandbox/type-refused',
      data: { proposal: 'garbage collection' },
    });
  });
});

describe('constants', () => {
  test.each([
    ['an addition', [0x41, 1, 0x41, 2, 0x6a, 0x0b]],
    ['a multiplication of 64 bits', [0x42, 1, 0x42, 2, 0x7e, 0x0b]],
    ['another global', [0x23, 0, 0x0b]],
  ])('%s is refused as extended', (_, code) => {
    expect(refusal(moduleOf(list(6, [[0x7f, 0, ...code]])))).toMatchObject({
      code: 'sandbox/opcode-refused',
      data: { proposal: 'extended constant expressions' },
    });
  });

  test.each([
    ['a call', [0x10, 0, 0x0b]],
    ['vector arithmetic', [0xfd, 0xae, 1, 0x0b]],
    ['nothing that ends', [0x41, 1, 0x41]],
  ])('%s is no constant', (_, code) => {
    expect(refusal(moduleOf(list(6, [[0x7f, 0, ...code]])))).toMatchObject({ code: 'sandbox/bad-module' });
  });
});

describe('the allow-list', () => {
  /** Each instruction of the list once, with what it needs on the stack left to unreachable code. */
  const once = (codes: readonly number[][]) => codes.map((code) => [code] as const);
  const plain = Array.from({ length: 0xc4 - 0x45 + 1 }, (_, i) => [0x45 + i]);
  const saturating = Array.from({ length: 8 }, (_, i) => [0xfc, i]);
  const vectors = Array.from({ length: 256 }, (_, i) => i)
    .filter(
      (i) =>
        ![0x9a, 0xa2, 0xa5, 0xa6, 0xaf, 0xb0, 0xb2, 0xb3, 0xb4, 0xbb, 0xc2, 0xc5, 0xc6, 0xcf].includes(i),
    )
    .filter((i) => ![0xd0, 0xd2, 0xd3, 0xd4, 0xe2, 0xee].includes(i))
    .map((i) => [0xfd, ...leb(i), ...vectorImmediate(i)]);

  function vectorImmediate(opcode: number): number[] {
    if (opcode <= 0x0b || opcode === 0x5c || opcode === 0x5d) return [0, 0];
    if (opcode === 0x0c || opcode === 0x0d) return Array.from({ length: 16 }, () => 0);
    if (opcode >= 0x15 && opcode <= 0x22) return [0];
    if (opcode >= 0x54 && opcode <= 0x5b) return [0, 0, 0];
    return [];
  }

  test.each(once([...plain, ...saturating, ...vectors]))('%j passes, also with canonical NaNs', (code) => {
    // Unreachable code has whatever operands an instruction wants; `unreachable` again takes its results away.
    const bytes = moduleOfCode([0x00, ...code, 0x00], MEMORY);
    for (const canonicalNans of [false, true]) {
      const { module } = guardWasm(bytes, { ...ROOMY, canonicalNans });
      expect(WebAssembly.validate(module)).toBe(true);
    }
  });

  test('loads and stores in every width', async () => {
    const loads = [
      'i32.load',
      'i64.load',
      'f32.load',
      'f64.load',
      'i32.load8_s',
      'i64.load32_u',
      'v128.load',
    ];
    const stores = ['i32.store8', 'i64.store32'];
    const text = `(module (memory 1) (func ${loads.map((name) => `(drop (${name} offset=4 (i32.const 0)))`).join('')}
      ${stores.map((name) => `(${name} (i32.const 0) (${name.slice(0, 3)}.const 1))`).join('')}))`;
    expect(refusal(await fromText(text))).toBeUndefined();
  });

  test('long LEBs where they are allowed', () => {
    // i32.const −1 in five bytes, local.get in five bytes.
    const padded = moduleOfCode([0x41, 0xff, 0xff, 0xff, 0xff, 0x7f, 0x1a]);
    expect(refusal(padded)).toBeUndefined();
    expect(refusal(moduleOfCode([0x41, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0x1a]))).toMatchObject({
      code: 'sandbox/bad-module',
    });
    expect(refusal(moduleOfCode([0x41, 0xff, 0xff, 0xff, 0xff, 0x4f, 0x1a]))).toMatchObject({
      code: 'sandbox/bad-module',
    });
  });
});
