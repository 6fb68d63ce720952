import type { Bytes } from '../../../base/bytes.ts';
import type { WgslProgram } from '../../../protocol/manifest.ts';
import { GuestFault } from '../../messages.ts';
import { alignedBytes, type GpuBuffers } from './gpu-buffers.ts';

/** Mapped ranges begin at multiples of this (WebGPU, 5.2). */
const MAP_ALIGN_BYTES = 8;

/** One buffer that takes the outputs off the GPU, all in one mapping; kept from task to task. */
export class Readback {
  readonly #device: GPUDevice;
  readonly #outputs: readonly { readonly path: string; readonly buffer: string }[];
  #staging: GPUBuffer | undefined;
  /** Bytes of the staging buffer that the task at hand needs. */
  #bytes = 0;

  constructor(device: GPUDevice, outputs: WgslProgram['outputs']) {
    this.#device = device;
    this.#outputs = Object.entries(outputs).map(([path, { buffer }]) => ({ path, buffer }));
  }

  /** Works out how much the outputs take, in bytes; throws an `output-limit` fault. */
  measure(buffers: GpuBuffers, limitBytes: number): number {
    const total = this.#outputs.reduce((sum, { buffer }) => sum + buffers.byteLength(buffer), 0);
    if (total > limitBytes) {
      throw new GuestFault(
        'output-limit',
        `The outputs are ${total} bytes; the job's limit is ${limitBytes}.`,
      );
    }
    this.#bytes = this.#outputs.reduce((sum, { buffer }) => sum + stride(buffers, buffer), 0);
    return this.#bytes;
  }

  /** Adds the copies to the encoder. */
  copy(encoder: GPUCommandEncoder, buffers: GpuBuffers): void {
    if (this.#staging?.size !== this.#bytes) {
      this.#staging?.destroy();
      this.#staging = this.#device.createBuffer({
        label: 'outputs',
        size: this.#bytes,
        usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ,
      });
    }
    let offset = 0;
    for (const { buffer: name } of this.#outputs) {
      const from = buffers.get(name);
      encoder.copyBufferToBuffer(from, 0, this.#staging, offset, from.size);
      offset += stride(buffers, name);
    }
  }

  /** Waits for the submission that holds the copies. */
  map(): Promise<void> {
    return this.#staging!.mapAsync(GPUMapMode.READ);
  }

  /** The outputs, once they are mapped. */
  take(buffers: GpuBuffers): { path: string; bytes: Bytes }[] {
    let offset = 0;
    const taken = this.#outputs.map(({ path, buffer }) => {
      const aligned = alignedBytes(buffers.byteLength(buffer));
      const mapped = this.#staging!.getMappedRange(offset, aligned);
      offset += stride(buffers, buffer);
      return { path, bytes: new Uint8Array(mapped.slice(0, buffers.byteLength(buffer))) };
    });
    this.#staging!.unmap();
    return taken;
  }
}

function stride(buffers: GpuBuffers, name: string): number {
  return Math.ceil(alignedBytes(buffers.byteLength(name)) / MAP_ALIGN_BYTES) * MAP_ALIGN_BYTES;
}
