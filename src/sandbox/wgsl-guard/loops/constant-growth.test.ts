import { describe, expect, test } from 'vitest';
import { utf8 } from '../../../base/bytes.ts';
import { effectiveLimits, LIMIT_BOUNDS } from '../../../job/limits.ts';
import { guardWgsl } from '../guard-wgsl.ts';

const limits = effectiveLimits({ inlinedTokens: LIMIT_BOUNDS.inlinedTokens.atMost });
const guard = (around: string, inside: string) =>
  guardWgsl(
    utf8(
      `@group(0) @binding(0) var<storage, read_write> o: array<u32>; ${around} @compute @workgroup_size(1) fn main() { ${inside} }`,
    ),
    limits,
  );
const tables = (levels: number) =>
  Array.from({ length: levels }, (_, i) => {
    const entries = Array.from({ length: 10 }, () => (i === 0 ? '1u' : `t${i - 1}`));
    return `const t${i} = array(${entries.join(', ')});`;
  });

describe('tables of tables', () => {
  test('count with all that they copy, outside of functions and inside, in any order', () => {
    const use = 'o[0] = t3[o[1]][0][0][1];';
    for (const shader of [
      () => guard(tables(4).join(' '), use),
      () => guard(tables(4).toReversed().join(' '), use),
      () => guard('', `${tables(4).join(' ')} ${use}`),
      () => guard(tables(200).join(' '), ''),
    ]) {
      expect(shader).toThrow('tokens once its calls are inlined');
    }
  });

  test('of honest sizes pass, and numbers made of each other', () => {
    expect(guard(tables(3).join(' '), 'o[0] = t2[o[1]][0][1];').hasLoops).toBe(false);
    const doubled = Array.from({ length: 30 }, (_, i) => `const n${i + 1} = n${i} + n${i};`);
    expect(guard(`const n0 = 1u; ${doubled.join(' ')}`, 'o[0] = n30;').hasLoops).toBe(false);
  });
});
