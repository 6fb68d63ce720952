import type { DeviceSlice, DeviceTraits } from '../../provider/slices.ts';
import type { Network } from '../../network/create-network.ts';
import type { GpuInfo } from '../../sandbox/gpu/probe-gpu.ts';
import type { ChunkStore } from '../../storage/store.ts';
import { OFFERED_GPU_MEMORY_BYTES, OFFERED_MEMORY_BYTES } from '../constants.ts';
import { traitsOf } from './traits.ts';

/** What this device is asked through. */
export interface ThisDeviceInit {
  readonly gpu: GpuInfo | undefined;
  readonly chunks: Pick<ChunkStore, 'quotaBytes' | 'usedBytes'>;
  readonly network: Pick<Network, 'latencyMs' | 'blobs'>;
}

/** This device in numbers: asked of the browser, or measured by what passes anyway. */
export class ThisDevice implements DeviceSlice {
  readonly #init: ThisDeviceInit;
  #storageBytes: number;
  #numericClass: string | undefined;

  constructor(init: ThisDeviceInit) {
    this.#init = init;
    this.#storageBytes = init.chunks.quotaBytes;
  }

  /** Asks the browser again how much room there is. */
  async look(): Promise<void> {
    const { chunks } = this.#init;
    const usedBytes = await chunks.usedBytes();
    this.#storageBytes = Math.min(chunks.quotaBytes, usedBytes + (await grantedBytes()));
  }

  setNumericClass(numericClass: string): void {
    this.#numericClass = numericClass;
  }

  traits(): DeviceTraits {
    const { gpu, network } = this.#init;
    return traitsOf({
      memoryBytes: OFFERED_MEMORY_BYTES,
      storageBytes: this.#storageBytes,
      downBitsPerSecond: network.blobs.downBitsPerSecond ?? toldBitsPerSecond(),
      latencyMs: network.latencyMs(),
      gpu,
      gpuMemoryBytes: OFFERED_GPU_MEMORY_BYTES,
      numericClass: this.#numericClass,
    });
  }
}

/** What the browser would still store for this site; no bound where it does not tell. */
async function grantedBytes(): Promise<number> {
  try {
    const { quota, usage } = await navigator.storage.estimate();
    return quota === undefined ? Infinity : Math.max(0, quota - (usage ?? 0));
  } catch {
    return Infinity;
  }
}

/** Bandwidth as Chromium tells it (Network Information API); it goes up to 10 Mbit/s and is a guess. */
function toldBitsPerSecond(): number | undefined {
  const { connection } = navigator as Navigator & { readonly connection?: { readonly downlink?: number } };
  const megabits = connection?.downlink;
  return megabits === undefined || !(megabits > 0) ? undefined : megabits * 1e6;
}
