import { STORAGE_BUFFERS_WANTED } from '../limits.ts';
import { GuestFault } from '../messages.ts';

/** A GPU device that remembers whether it was lost. */
export interface GuestDevice {
  readonly device: GPUDevice;
  /** Rejects with a `device-lost` fault when the device goes away; never resolves. */
  readonly lost: Promise<never>;
}

/** Largest buffer and binding that are asked for: no job may use more GPU memory than this. */
const MAX_BUFFER_BYTES = 1_073_741_824;

/** Opens the GPU; throws a `device-lost` fault when this browser has none. */
export async function openDevice(): Promise<GuestDevice> {
  const adapter = await navigator.gpu?.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) throw new GuestFault('device-lost', 'This browser has no WebGPU adapter.');
  const { limits } = adapter;
  const device = await adapter.requestDevice({
    requiredLimits: {
      maxStorageBufferBindingSize: Math.min(limits.maxStorageBufferBindingSize, MAX_BUFFER_BYTES),
      maxBufferSize: Math.min(limits.maxBufferSize, MAX_BUFFER_BYTES),
      maxStorageBuffersPerShaderStage: Math.min(
        limits.maxStorageBuffersPerShaderStage,
        STORAGE_BUFFERS_WANTED,
      ),
      maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
      maxComputeInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
      maxComputeWorkgroupSizeX: limits.maxComputeWorkgroupSizeX,
      maxComputeWorkgroupSizeY: limits.maxComputeWorkgroupSizeY,
    },
  });
  const lost = device.lost.then(({ reason, message }) => {
    throw new GuestFault('device-lost', `The GPU device was lost (${reason}): ${message}`);
  });
  // Whoever races against `lost` sees the fault; nobody may be racing when it happens.
  lost.catch(() => undefined);
  return { device, lost };
}

const SCOPES: readonly GPUErrorFilter[] = ['validation', 'out-of-memory', 'internal'];

/** Runs a step inside error scopes; what the device reports becomes a fault, whatever the step itself did. */
export async function withErrorScopes<T>(device: GPUDevice, step: () => Promise<T>): Promise<T> {
  for (const scope of SCOPES) device.pushErrorScope(scope);
  let result: T | undefined;
  let thrown: unknown;
  let hasThrown = false;
  try {
    result = await step();
  } catch (error) {
    thrown = error;
    hasThrown = true;
  }
  const errors = await Promise.all(SCOPES.map(() => device.popErrorScope()));
  const fault = errors.map(toFault).find((found) => found !== undefined);
  if (hasThrown && (thrown instanceof GuestFault || fault === undefined)) throw thrown;
  if (fault !== undefined) throw fault;
  return result as T;
}

function toFault(error: GPUError | null): GuestFault | undefined {
  if (error === null) return undefined;
  const isOutOfMemory = error instanceof GPUOutOfMemoryError;
  return new GuestFault(isOutOfMemory ? 'out-of-memory' : 'refused', error.message);
}
