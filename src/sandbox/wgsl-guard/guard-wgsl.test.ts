import { describe, expect, test } from 'vitest';
import { utf8 } from '../../base/bytes.ts';
import { type GuardedWgsl, type WgslLimits, guardWgsl } from './guard-wgsl.ts';

const LIMITS: WgslLimits = { shaderBytes: 65_536, inlinedTokens: 20_000, loopTurns: 2 ** 20 };

function guard(source: Uint8Array, limits: Partial<WgslLimits> = {}): GuardedWgsl {
  return guardWgsl(source, { ...LIMITS, ...limits });
}

describe('guardWgsl', () => {
  test('gives a plain shader back unchanged', () => {
    const source = '@compute @workgroup_size(1)\nfn main() {}\n';
    expect(guard(utf8(source))).toEqual({ code: source, access: new Map(), edits: [], hasLoops: false });
  });

  test.each([
    ['an extension', 'enable f16;'],
    ['one of several', 'enable subgroups, f16 ;'],
    ['a language feature', 'requires packed_4x8_integer_dot_product;'],
    ['one behind a comment', '/* /* nested */ */ enable/**/f16;'],
    ['one behind an odd line break', '// \u2028 enable f16;'],
  ])('refuses %s', (_, source) => {
    expect(() => guard(utf8(source))).toThrow(
      expect.objectContaining({ code: 'sandbox/shader-feature-refused' }),
    );
  });

  test('refuses large sources and what is not text', () => {
    expect(() => guard(new Uint8Array(11), { shaderBytes: 10 })).toThrow(
      expect.objectContaining({ code: 'sandbox/shader-too-large' }),
    );
    for (const bytes of [new Uint8Array([0xff]), utf8('a\0b')]) {
      expect(() => guard(bytes)).toThrow(expect.objectContaining({ code: 'sandbox/shader-not-text' }));
    }
  });
});

test('declaredAccess reads how a shader binds its buffers', () => {
  const source = `
    @group(0) @binding(0) var<uniform> u: U;
    @binding(1) @group(0) var<storage> a: array<f32>;
    @group(0) @binding( 2u ) var<storage, read> b: array<f32>;
    @group(0) @binding(3)
    var < storage, read_write > c: array<f32>;
    // @group(0) @binding(4) var<storage, read> d: array<f32>;
    var<private> f: f32;`;
  expect([...guard(utf8(source)).access]).toEqual([
    [0, 'uniform'],
    [1, 'read'],
    [2, 'read'],
    [3, 'read_write'],
  ]);
});
