import { expect, test } from 'vitest';
import { LARGEST_CAPABILITIES, LARGEST_REQUIREMENTS, longWords } from './capabilities.fixture.ts';
import { capabilitiesSchema, requirementsSchema } from './capabilities.ts';
import {
  MAX_GPU_FEATURES,
  MAX_GPU_LIMITS,
  MAX_GPU_NAME_CHARS,
  MAX_GPU_VENDORS,
  MAX_LATENCY_MS,
} from './constants.ts';
import { type Bound, brokenBounds, changed, countBounds, verdictOn } from './messages.fixture.ts';

const word = 'x'.repeat(60);
const limits = (count: number) => Object.fromEntries(longWords(count).map((name) => [name, 1]));
const wordBounds = (path: string): Bound[] => [
  [path, [word], [`${word}x`]],
  [path, [], ['']],
  [path, ['shader-f16'], ['shader_f16']],
  [path, longWords(MAX_GPU_FEATURES), longWords(MAX_GPU_FEATURES + 1)],
  [path, [], null],
];
const limitBounds = (path: string): Bound[] => [
  [path, { [word]: 1 }, { [`${word}x`]: 1 }],
  [path, {}, { 'a b': 1 }],
  [path, { maxBufferSize: 0 }, { maxBufferSize: -1 }],
  [path, { maxBufferSize: Number.MAX_SAFE_INTEGER }, { maxBufferSize: 2 ** 53 }],
  [path, limits(MAX_GPU_LIMITS), limits(MAX_GPU_LIMITS + 1)],
];
const latencyBounds = (path: string): Bound[] => [
  [path, 0, -0.1],
  [path, MAX_LATENCY_MS, MAX_LATENCY_MS + 0.1],
  [path, 0.5, '1'],
];
const scoreBounds = (path: string): Bound[] => [
  ...['wasi', 'wgsl', 'onnx'].flatMap((kind) => countBounds(`${path}.${kind}`)),
  [path, {}, { docker: 1 }],
];
const requirements: Bound[] = [
  ...[
    'memoryBytes',
    'gpuMemoryBytes',
    'microUnitsPerSecond',
    'cores',
    'storageBytes',
    'downBitsPerSecond',
  ].flatMap((name) => countBounds(`${name}`)),
  ...latencyBounds('latencyMs'),
  ...scoreBounds('scores'),
  ...wordBounds('gpuFeatures'),
  ...limitBounds('gpuLimits'),
  ['gpuVendors', ['nvidia'], []],
  ['gpuVendors', ['software', 'other'], ['3dfx']],
  ['gpuVendors', new Array(MAX_GPU_VENDORS).fill('amd'), new Array(MAX_GPU_VENDORS + 1).fill('amd')],
];
test('the limits of requirements', () => {
  expect(brokenBounds(requirementsSchema, LARGEST_REQUIREMENTS, requirements)).toEqual([]);
});
test('the limits of capabilities', () => {
  expect(
    brokenBounds(capabilitiesSchema, LARGEST_CAPABILITIES, [
      ...['cores', 'memoryBytes', 'storageBytes', 'downBitsPerSecond', 'gpu.memoryBytes'].flatMap((name) =>
        countBounds(`${name}`),
      ),
      ...latencyBounds('latencyMs'),
      ...scoreBounds('scores'),
      ['gpu.name', 'x'.repeat(MAX_GPU_NAME_CHARS), 'x'.repeat(MAX_GPU_NAME_CHARS + 1)],
      ['gpu.vendor', 'apple', 'Apple'],
      ...wordBounds('gpu.features'),
      ...limitBounds('gpu.limits'),
      ['gpu.numericClass', '0f'.repeat(32), '0f'.repeat(31)],
      ['gpu.numericClass', undefined, '0F'.repeat(32)],
    ]),
  ).toEqual([]);
});
test('the largest of both are sound, and nothing else is in them', () => {
  for (const [schema, largest] of [
    [requirementsSchema, LARGEST_REQUIREMENTS],
    [capabilitiesSchema, LARGEST_CAPABILITIES],
  ] as const) {
    expect(verdictOn(schema, largest)).toBe('accepted');
    expect(verdictOn(schema, { ...largest, colour: 1 })).toBe('protocol/invalid at colour');
  }
});
test('a machine says how much it has of all that is not optional', () => {
  for (const path of [
    'cores',
    'memoryBytes',
    'storageBytes',
    'scores',
    'gpu.name',
    'gpu.vendor',
    'gpu.limits',
  ])
    expect(verdictOn(capabilitiesSchema, changed(LARGEST_CAPABILITIES, path, undefined))).toBe(
      `protocol/invalid at ${path}`,
    );
  for (const path of ['downBitsPerSecond', 'latencyMs', 'gpu', 'gpu.numericClass', 'scores.wgsl'])
    expect(verdictOn(capabilitiesSchema, changed(LARGEST_CAPABILITIES, path, undefined))).toBe('accepted');
});
