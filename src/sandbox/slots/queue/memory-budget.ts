import { Emitter } from '../../../base/events.ts';
import { ASSUMED_DEVICE_MEMORY_GIB, MEMORY_SHARE, MIN_MEMORY_BUDGET_BYTES } from '../../limits.ts';
import type { Load, TaskInput } from '../../messages.ts';

const GIB = 2 ** 30;

/** Memory that all slots share: what running tasks may take together never exceeds it. */
export class MemoryBudget {
  readonly limitBytes: number;
  #takenBytes = 0;
  readonly #events = new Emitter<{ freed: undefined }>();

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes;
  }

  /** Takes so much, if it is there; {@link free} gives it back. */
  take(bytes: number): boolean {
    if (this.#takenBytes + bytes > this.limitBytes) return false;
    this.#takenBytes += bytes;
    return true;
  }

  /** Gives back what was taken, and calls everybody who waits. */
  free(bytes: number): void {
    this.#takenBytes -= bytes;
    this.#events.emit('freed', undefined);
  }

  /** Called after memory was given back; the result removes the listener. */
  onFreed(listener: () => void): () => void {
    return this.#events.on('freed', listener);
  }
}

/**
 * What a sandbox lends of this device's memory: half of what the browser says there is (`navigator.deviceMemory`,
 * only in Chromium; the Device Memory specification rounds it to a power of two).
 */
export function defaultMemoryBudgetBytes(
  { deviceMemory }: { readonly deviceMemory?: number } = navigator as { deviceMemory?: number },
): number {
  const deviceBytes = (deviceMemory ?? ASSUMED_DEVICE_MEMORY_GIB) * GIB;
  return Math.max(MIN_MEMORY_BUDGET_BYTES, deviceBytes * MEMORY_SHARE);
}

/**
 * The most memory that a task may take: its limit, its outputs and its inputs. GPU memory counts too: most GPUs share
 * the device's own, and a page cannot tell.
 */
export function taskMemoryBytes(load: Load, task: TaskInput): number {
  const { limits } = load;
  const ownBytes = load.kind === 'wgsl' ? limits.gpuMemoryBytes : limits.memoryBytes;
  return ownBytes + limits.outputBytes + loadBytes(load) + totalBytes(Object.values(task.contents));
}

function loadBytes(load: Load): number {
  if (load.kind === 'wgsl') return totalBytes(Object.values(load.contents));
  if (load.kind === 'onnx') return totalBytes([load.model, load.runtime, ...Object.values(load.contents)]);
  const stdin = load.stdin === undefined ? [] : [load.stdin];
  return totalBytes([load.module, ...stdin, ...load.files.map(({ bytes }) => bytes)]);
}

function totalBytes(parts: readonly { readonly byteLength: number }[]): number {
  return parts.reduce((sum, { byteLength }) => sum + byteLength, 0);
}
