import { MAX_LATENCY_MS } from '../../protocol/constants.ts';
import type { DeviceTraits } from '../../provider/slices.ts';
import type { GpuInfo } from '../../sandbox/gpu/probe-gpu.ts';

/** What was measured or asked about this device, as exactly as it is known. */
export interface DeviceFacts {
  readonly memoryBytes: number;
  /** Room for chunks: the person's quota, or what the browser still grants if that is less. */
  readonly storageBytes: number;
  readonly downBitsPerSecond?: number | undefined;
  readonly latencyMs?: number | undefined;
  readonly gpu?: GpuInfo | undefined;
  readonly gpuMemoryBytes: number;
  readonly numericClass?: string | undefined;
}

/** Steps in which room is told. */
const STORAGE_STEP_BYTES = 64 * 1_048_576;
/** Steps in which a round trip is told. */
const LATENCY_STEP_MS = 5;

/**
 * What others are told of this device: coarse enough that it does not tell one person's machine from the next by what
 * jobs do not need to know. Figures are rounded to the disadvantage of the device. Pure.
 */
export function traitsOf(facts: DeviceFacts): DeviceTraits {
  const { memoryBytes, storageBytes, downBitsPerSecond, latencyMs, gpu, numericClass } = facts;
  return {
    memoryBytes,
    storageBytes: Math.max(0, Math.floor(storageBytes / STORAGE_STEP_BYTES) * STORAGE_STEP_BYTES),
    ...(downBitsPerSecond === undefined ? {} : { downBitsPerSecond: oneDigit(downBitsPerSecond) }),
    ...(latencyMs === undefined ? {} : { latencyMs: latencyStep(latencyMs) }),
    ...(gpu === undefined
      ? {}
      : {
          gpu: {
            name: gpu.name,
            vendor: gpu.vendor,
            memoryBytes: facts.gpuMemoryBytes,
            features: [...gpu.features],
            limits: { ...gpu.limits },
            ...(numericClass === undefined ? {} : { numericClass }),
          },
        }),
  };
}

function latencyStep(latencyMs: number): number {
  const steps = Math.max(1, Math.ceil(latencyMs / LATENCY_STEP_MS));
  return Math.min(MAX_LATENCY_MS, steps * LATENCY_STEP_MS);
}

/** Down to one leading digit: 87,654,321 becomes 80,000,000. */
function oneDigit(value: number): number {
  if (!(value >= 1)) return 0;
  const power = 10 ** Math.floor(Math.log10(value));
  return Math.floor(value / power) * power;
}
