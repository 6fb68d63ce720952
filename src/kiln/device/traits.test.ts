import * as v from 'valibot';
import { expect, test } from 'vitest';
import { capabilitiesSchema } from '../../protocol/capabilities.ts';
import { traitsOf } from './traits.ts';

const MIB = 1_048_576;
const facts = { memoryBytes: 256 * MIB, storageBytes: 1_000 * MIB, gpuMemoryBytes: 256 * MIB };

test('figures are told coarsely, never better than they are', () => {
  expect(traitsOf({ ...facts, downBitsPerSecond: 87_654_321, latencyMs: 11.2 })).toEqual({
    memoryBytes: 256 * MIB,
    storageBytes: 960 * MIB,
    downBitsPerSecond: 80_000_000,
    latencyMs: 15,
  });
});

test('what is not known is not told', () => {
  expect(traitsOf(facts)).toEqual({ memoryBytes: 256 * MIB, storageBytes: 960 * MIB });
  expect(traitsOf({ ...facts, storageBytes: -5, downBitsPerSecond: 0.2 })).toMatchObject({
    storageBytes: 0,
    downBitsPerSecond: 0,
  });
});

test('an offer takes all of it', () => {
  const gpu = {
    name: 'nvidia ampere',
    vendor: 'nvidia' as const,
    isSoftware: false,
    features: ['shader-f16', 'subgroups'],
    limits: { maxBufferSize: 2 ** 30, maxStorageBuffersPerShaderStage: 10 },
  };
  const traits = traitsOf({ ...facts, latencyMs: 0, gpu, numericClass: 'a'.repeat(64) });
  expect(traits.gpu).not.toHaveProperty('isSoftware');
  const capabilities = { ...traits, cores: 2, scores: { wasi: 1 } };
  expect(v.parse(capabilitiesSchema, capabilities)).toEqual(capabilities);
});
