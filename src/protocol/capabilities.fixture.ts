import type { Capabilities, Requirements } from './capabilities.ts';
import { MAX_GPU_FEATURES, MAX_GPU_LIMITS, MAX_GPU_NAME_CHARS, MAX_GPU_VENDORS } from './constants.ts';

/** So many words, each as long as a feature's or a limit's name may be. */
export function longWords(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `word-${i}-`.padEnd(60, 'x'));
}

const limits = Object.fromEntries(longWords(MAX_GPU_LIMITS).map((name) => [name, Number.MAX_SAFE_INTEGER]));
const most = Number.MAX_SAFE_INTEGER;

/** The longest requirements that are sound. */
export const LARGEST_REQUIREMENTS: Requirements = {
  ...{ memoryBytes: most, gpuMemoryBytes: most, microUnitsPerSecond: most, cores: most, storageBytes: most },
  ...{ downBitsPerSecond: most, latencyMs: 0.1 },
  scores: { wasi: most, wgsl: most, onnx: most },
  gpuFeatures: longWords(MAX_GPU_FEATURES),
  gpuLimits: limits,
  gpuVendors: new Array(MAX_GPU_VENDORS).fill('qualcomm'),
};

/** The longest capabilities that are sound. */
export const LARGEST_CAPABILITIES: Capabilities = {
  ...{ cores: most, memoryBytes: most, storageBytes: most, downBitsPerSecond: most, latencyMs: 0.1 },
  scores: { wasi: most, wgsl: most, onnx: most },
  gpu: {
    name: '火'.repeat(MAX_GPU_NAME_CHARS),
    vendor: 'qualcomm',
    memoryBytes: most,
    features: longWords(MAX_GPU_FEATURES),
    limits,
    numericClass: '0f'.repeat(32),
  },
};
