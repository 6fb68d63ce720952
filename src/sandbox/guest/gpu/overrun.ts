import { GuestFault } from '../../messages.ts';

/** One `u32`. */
export const OVERRUN_BYTES = 4;

/**
 * The word that a guarded shader sets when an invocation runs out of loop turns (wgsl-guard). Set back before each
 * task; looked at after each batch, so that an endless loop ends the task early.
 */
export class Overrun {
  readonly layout: GPUBindGroupLayout;
  readonly bindGroup: GPUBindGroup;
  readonly #word: GPUBuffer;
  readonly #copy: GPUBuffer;
  readonly #loopTurns: number;

  constructor(device: GPUDevice, loopTurns: number) {
    this.#loopTurns = loopTurns;
    this.layout = device.createBindGroupLayout({
      entries: [{ binding: 0, visibility: GPUShaderStage.COMPUTE, buffer: { type: 'storage' } }],
    });
    this.#word = device.createBuffer({
      label: 'overrun',
      size: OVERRUN_BYTES,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC,
    });
    this.#copy = device.createBuffer({
      label: 'overrun copy',
      size: OVERRUN_BYTES,
      usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ,
    });
    this.bindGroup = device.createBindGroup({
      layout: this.layout,
      entries: [{ binding: 0, resource: { buffer: this.#word } }],
    });
  }

  /** Sets the word back. */
  clear(encoder: GPUCommandEncoder): void {
    encoder.clearBuffer(this.#word);
  }

  /** Copies the word to where {@link check} finds it. */
  copy(encoder: GPUCommandEncoder): void {
    encoder.copyBufferToBuffer(this.#word, 0, this.#copy, 0, OVERRUN_BYTES);
  }

  /** Waits for the submission that holds the copy; throws a `fuel` fault when a loop turned too often. */
  async check(): Promise<void> {
    await this.#copy.mapAsync(GPUMapMode.READ);
    const [word] = new Uint32Array(this.#copy.getMappedRange());
    this.#copy.unmap();
    if (word === 0) return;
    throw new GuestFault(
      'fuel',
      `A loop of the shader turned more than ${this.#loopTurns} times in one invocation (limits.loopTurns).`,
    );
  }
}
