import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { KilnError } from '../../base/errors.ts';
import { MAX_GPU_FEATURES, MAX_GPU_LIMITS } from '../../protocol/constants.ts';
import type { Capabilities, Requirements } from '../../protocol/capabilities.ts';
import { MEASURES } from './properties.ts';
import { readRequirements, writeCapabilities, writeRequirements } from './requirement-lines.ts';

const EVERYTHING = `
  golem.inf.mem.gib >= 2
  golem.inf.cpu.cores >= 4   # slots
  golem.inf.storage.gib >= 0.5
  kiln.gpu.mem.gib >= 1.5
  kiln.score >= 1.25
  kiln.score.wasi >= 0.5
  kiln.score.wgsl >= 3
  kiln.score.onnx >= 1e-1
  kiln.net.down.mbit >= 20
  kiln.net.latency.ms <= 80
  kiln.gpu.limit.maxBufferSize >= 1073741824
  kiln.gpu.limit.minUniformBufferOffsetAlignment <= 256
  kiln.gpu.features = shader-f16, timestamp-query
  kiln.gpu.vendor = nvidia,amd
`;
const ALL: Requirements = {
  memoryBytes: 2 ** 31,
  cores: 4,
  storageBytes: 2 ** 29,
  gpuMemoryBytes: 1.5 * 2 ** 30,
  microUnitsPerSecond: 1_250_000,
  scores: { wasi: 500_000, wgsl: 3_000_000, onnx: 100_000 },
  downBitsPerSecond: 20_000_000,
  latencyMs: 80,
  gpuLimits: { maxBufferSize: 2 ** 30, minUniformBufferOffsetAlignment: 256 },
  gpuFeatures: ['shader-f16', 'timestamp-query'],
  gpuVendors: ['nvidia', 'amd'],
};

test('the whole vocabulary is read', () => {
  expect(readRequirements(EVERYTHING)).toEqual(ALL);
  expect(readRequirements('\n # nothing \n')).toEqual({});
});
test('what is written is read back the same, whatever is asked', () => {
  const size = fc.option(fc.nat({ max: 2 ** 50 }), { nil: undefined });
  const speed = fc.option(fc.nat({ max: 1e12 }), { nil: undefined });
  const arbitrary = fc.record({
    memoryBytes: size,
    gpuMemoryBytes: size,
    storageBytes: size,
    cores: size,
    microUnitsPerSecond: speed,
    downBitsPerSecond: speed,
    latencyMs: fc.option(fc.integer({ min: 0, max: 60_000 }), { nil: undefined }),
    gpuFeatures: fc.option(
      fc.array(fc.stringMatching(/^[A-Za-z0-9-]{1,60}$/), { minLength: 1, maxLength: 5 }),
      { nil: undefined },
    ),
    gpuLimits: fc.option(
      fc.dictionary(fc.stringMatching(/^max[A-Za-z0-9-]{1,50}$/), fc.nat({ max: 2 ** 40 }), {
        minKeys: 1,
        maxKeys: 5,
      }),
      { nil: undefined },
    ),
  });
  fc.assert(
    fc.property(arbitrary, (requirements) => {
      const present = Object.fromEntries(
        Object.entries(requirements).filter(([, value]) => value !== undefined),
      );
      expect(readRequirements(writeRequirements(present as Requirements).join('\n'))).toEqual(present);
    }),
    { numRuns: 200 },
  );
  expect(readRequirements(writeRequirements(ALL).join('\n'))).toEqual(ALL);
});
test('every measure has a name of its own, Golem’s where it means the same', () => {
  const names = MEASURES.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(names.filter((name) => !name.startsWith('kiln.'))).toEqual([
    'golem.inf.mem.gib',
    'golem.inf.cpu.cores',
    'golem.inf.storage.gib',
  ]);
});

describe('what cannot be read is refused with its line and what to do', () => {
  test.each<[string, string, RegExp]>([
    ['golem.inf.mem.mib >= 2', 'market/unknown-property', /no property golem\.inf\.mem\.mib/],
    ['toString >= 2', 'market/unknown-property', /no property toString/],
    ['golem.inf.mem.gib', 'market/bad-requirement', /must read NAME/],
    ['golem.inf.mem.gib >=', 'market/bad-requirement', /must read NAME/],
    ['golem.inf.mem.gib > 2', 'market/bad-requirement', /must read NAME/],
    ['golem.inf.mem.gib <= 2', 'market/bad-requirement', /takes >=/],
    ['kiln.net.latency.ms >= 2', 'market/bad-requirement', /takes <=/],
    ['golem.inf.mem.gib >= much', 'market/bad-requirement', /“much” is not a number/],
    ['golem.inf.mem.gib >= -1', 'market/bad-requirement', /not a number of 0 or more/],
    ['golem.inf.mem.gib >= 0x10', 'market/bad-requirement', /not a number/],
    ['golem.inf.mem.gib >= Infinity', 'market/bad-requirement', /not a number/],
    ['golem.inf.mem.gib >= 1e300', 'market/bad-requirement', /cannot be read/],
    ['golem.inf.mem.gib >= 1e999', 'market/bad-requirement', /not a number/],
    ['golem.inf.mem.gib >= 1\ngolem.inf.mem.gib >= 2', 'market/bad-requirement', /was asked for before/],
    ['kiln.net.latency.ms <= 60001', 'market/bad-requirement', /cannot be read/],
    ['kiln.gpu.features >= shader-f16', 'market/bad-requirement', /takes = and a list/],
    ['kiln.gpu.features = a_b', 'market/bad-requirement', /no name of a GPU feature/],
    ['kiln.gpu.features = a,,b', 'market/bad-requirement', /no name of a GPU feature/],
    ['kiln.gpu.vendor = 3dfx', 'market/bad-requirement', /“3dfx” is none of nvidia/],
    ['kiln.gpu.limit. >= 1', 'market/unknown-property', /no property/],
    ['kiln.gpu.limit.constructor >= 1', 'market/unknown-property', /no property/],
    ['kiln.gpu.limit.__proto__ >= 1', 'market/unknown-property', /no property/],
    ['golem.runtime.name = wasi', 'market/bad-requirement', /kind of its program/],
  ])('%s', (text, code, message) => {
    const error = errorOf(text);
    expect(error?.code).toBe(code);
    expect(error?.message).toMatch(message);
    expect(error?.hint).toBeDefined();
  });
  test.each([
    ['features', `kiln.gpu.features = ${new Array(MAX_GPU_FEATURES + 1).fill('a').join()}`],
    [
      'limits',
      Array.from({ length: MAX_GPU_LIMITS + 1 }, (_, i) => `kiln.gpu.limit.max${i} >= 1`).join('\n'),
    ],
    ['characters', '#'.repeat(10_001)],
  ])('too many %s', (_, text) => expect(errorOf(text)?.code).toBe('market/bad-requirement'));
});

function errorOf(text: string): KilnError | undefined {
  try {
    readRequirements(text);
    return undefined;
  } catch (error) {
    return error as KilnError;
  }
}

test('a machine is described by the same names', () => {
  const machine: Capabilities = {
    cores: 4,
    memoryBytes: 2 ** 31,
    storageBytes: 2 ** 30,
    scores: { wasi: 1_500_000 },
    gpu: {
      name: 'x',
      vendor: 'amd',
      memoryBytes: 2 ** 28,
      features: ['shader-f16'],
      limits: { maxBufferSize: 9 },
    },
  };
  expect(writeCapabilities(machine, ['wasi', 'wgsl'])).toEqual({
    'golem.runtime.name': 'wasi, wgsl',
    'golem.inf.mem.gib': '2',
    'golem.inf.cpu.cores': '4',
    'golem.inf.storage.gib': '1',
    'kiln.gpu.mem.gib': '0.25',
    'kiln.score.wasi': '1.5',
    'kiln.gpu.limit.maxBufferSize': '9',
    'kiln.gpu.features': 'shader-f16',
    'kiln.gpu.vendor': 'amd',
  });
});
