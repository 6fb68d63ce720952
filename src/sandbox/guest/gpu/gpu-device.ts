import { guestLimits } from '../../gpu/guest-limits.ts';
import { GuestFault } from '../../messages.ts';

/** A GPU device that remembers whether it was lost. */
export interface GuestDevice {
  readonly device: GPUDevice;
  /** Rejects with a `device-lost` fault when the device goes away; never resolves. */
  readonly lost: Promise<never>;
}

/** How long after a failed call the news of a lost device may come. */
const LOSS_NOTICE_MS = 50;

/** Opens the GPU; throws a `device-lost` fault when this browser has none, or none any more. */
export async function openDevice(): Promise<GuestDevice> {
  // Some browsers have the API and throw.
  const adapter = await navigator.gpu
    ?.requestAdapter({ powerPreference: 'high-performance' })
    .catch(() => null);
  if (!adapter) throw new GuestFault('device-lost', 'This browser has no WebGPU adapter.');
  const device = await requestDevice(adapter);
  const lost = device.lost.then(({ reason, message }) => {
    throw new GuestFault('device-lost', `The GPU device was lost (${reason}): ${message}`);
  });
  // Whoever races against `lost` sees the fault; nobody may be racing when it happens.
  lost.catch(() => undefined);
  // Every step runs inside error scopes. What no scope caught belongs to no task, and stays off the console.
  device.addEventListener('uncapturederror', (event) => event.preventDefault());
  return { device, lost };
}

async function requestDevice(adapter: GPUAdapter): Promise<GPUDevice> {
  try {
    return await adapter.requestDevice({ requiredLimits: guestLimits(adapter.limits) });
  } catch (error) {
    throw new GuestFault('device-lost', `The GPU gave no device: ${messageOf(error)}`);
  }
}

/** Runs a step unless the device goes away; then the step ends with the `device-lost` fault, however it failed. */
export async function whileAlive<T>({ lost }: GuestDevice, step: () => Promise<T>): Promise<T> {
  const work = step();
  work.catch(() => undefined);
  try {
    return await Promise.race([work, lost]);
  } catch (thrown) {
    // Calls on a lost device fail in many ways, and before the loss itself is told.
    await Promise.race([lost, new Promise((resolve) => setTimeout(resolve, LOSS_NOTICE_MS))]);
    throw thrown;
  }
}

/** What was thrown, in its own words. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
