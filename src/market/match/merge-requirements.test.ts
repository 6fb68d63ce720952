import { expect, test } from 'vitest';
import type { Requirements } from '../../protocol/capabilities.ts';
import { mergeRequirements } from './merge-requirements.ts';

test.each<[string, Requirements, Requirements, Requirements]>([
  ['nothing', {}, {}, {}],
  ['what only one asks', { cores: 2 }, { latencyMs: 5 }, { cores: 2, latencyMs: 5 }],
  [
    'the more of what is asked at least',
    { memoryBytes: 7, cores: 2 },
    { memoryBytes: 5, cores: 3 },
    { memoryBytes: 7, cores: 3 },
  ],
  ['the less of what is asked at most', { latencyMs: 80 }, { latencyMs: 50 }, { latencyMs: 50 }],
  [
    'limits, each by its own bound',
    { gpuLimits: { maxBufferSize: 4, minUniformBufferOffsetAlignment: 256 } },
    { gpuLimits: { maxBufferSize: 8, minUniformBufferOffsetAlignment: 32, maxBindGroups: 1 } },
    { gpuLimits: { maxBufferSize: 8, minUniformBufferOffsetAlignment: 32, maxBindGroups: 1 } },
  ],
  [
    'scores by kind',
    { scores: { wasi: 5, wgsl: 1 } },
    { scores: { wgsl: 9 } },
    { scores: { wasi: 5, wgsl: 9 } },
  ],
  [
    'all features',
    { gpuFeatures: ['a', 'b'] },
    { gpuFeatures: ['b', 'c'] },
    { gpuFeatures: ['a', 'b', 'c'] },
  ],
  [
    'makers that both take',
    { gpuVendors: ['amd', 'intel'] },
    { gpuVendors: ['intel', 'arm'] },
    { gpuVendors: ['intel'] },
  ],
  ['makers of one', {}, { gpuVendors: ['arm'] }, { gpuVendors: ['arm'] }],
  [
    'no maker at all, where they exclude each other',
    { gpuVendors: ['amd'] },
    { gpuVendors: ['arm'] },
    { gpuVendors: [] },
  ],
])('%s', (_, a, b, merged) => {
  expect(mergeRequirements(a, b)).toEqual(merged);
  const sorted = (one: Requirements) => ({
    ...one,
    ...(one.gpuFeatures && { gpuFeatures: one.gpuFeatures.toSorted() }),
  });
  expect(sorted(mergeRequirements(b, a))).toEqual(merged);
});
test('large sizes keep every byte', () => {
  const memoryBytes = 2 ** 52 - 1;
  expect(mergeRequirements({ memoryBytes }, { memoryBytes: 1 })).toEqual({ memoryBytes });
});
