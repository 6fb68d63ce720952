import { MAX_GUEST_BUFFER_BYTES, STORAGE_BUFFERS_WANTED } from '../limits.ts';

/** Limits that tasks get above WebGPU's defaults, as far as the adapter goes. */
const RAISED = {
  maxStorageBufferBindingSize: MAX_GUEST_BUFFER_BYTES,
  maxBufferSize: MAX_GUEST_BUFFER_BYTES,
  maxStorageBuffersPerShaderStage: STORAGE_BUFFERS_WANTED,
  maxComputeWorkgroupStorageSize: Infinity,
  maxComputeInvocationsPerWorkgroup: Infinity,
  maxComputeWorkgroupSizeX: Infinity,
  maxComputeWorkgroupSizeY: Infinity,
} as const;

/** The limits that a task's device is opened with: what the adapter has, up to what any job may use. */
export function guestLimits(adapter: GPUSupportedLimits): Record<keyof typeof RAISED, number> {
  const names = Object.keys(RAISED) as (keyof typeof RAISED)[];
  return Object.fromEntries(names.map((name) => [name, Math.min(adapter[name], RAISED[name])])) as Record<
    keyof typeof RAISED,
    number
  >;
}
