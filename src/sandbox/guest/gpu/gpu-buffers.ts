import type { Bytes } from '../../../base/bytes.ts';
import { type Parameters, type ParsedExpression, parseExpression } from '../../../job/expression.ts';
import type { WgslProgram } from '../../../protocol/manifest.ts';
import { GuestFault } from '../../messages.ts';

/** Buffer sizes and copies are multiples of this (WebGPU, 5.1.1). */
const ALIGN_BYTES = 4;

interface Entry {
  readonly usage: WgslProgram['buffers'][string]['usage'];
  readonly size: ParsedExpression;
  readonly content: Bytes | undefined;
  buffer: GPUBuffer | undefined;
  /** The length the manifest gives, before it is aligned. */
  bytes: number;
  isFilled: boolean;
}

/** A length as buffers on the GPU have it. */
export function alignedBytes(bytes: number): number {
  return Math.max(ALIGN_BYTES, Math.ceil(bytes / ALIGN_BYTES) * ALIGN_BYTES);
}

/**
 * The named buffers of a program on the GPU. They stay from task to task; what a task could have changed is set
 * back before the next one: writable buffers start as their source or as zeros.
 */
export class GpuBuffers {
  readonly #device: GPUDevice;
  readonly #entries = new Map<string, Entry>();

  constructor(device: GPUDevice, program: WgslProgram, contents: Readonly<Record<string, Bytes>>) {
    this.#device = device;
    for (const [name, { usage, bytes }] of Object.entries(program.buffers)) {
      const content = Object.hasOwn(contents, name) ? contents[name] : undefined;
      const size = parseExpression(bytes);
      this.#entries.set(name, { usage, size, content, buffer: undefined, bytes: 0, isFilled: false });
    }
  }

  /** Works out all lengths for a task, in bytes; nothing is allocated yet. */
  measure(parameters: Parameters): number {
    const { maxBufferSize, maxStorageBufferBindingSize, maxUniformBufferBindingSize } = this.#device.limits;
    let total = 0;
    for (const [name, entry] of this.#entries) {
      entry.bytes = wholeBytes(entry.size.evaluate(parameters), name);
      const atMost =
        entry.usage === 'uniform'
          ? maxUniformBufferBindingSize
          : Math.min(maxBufferSize, maxStorageBufferBindingSize);
      if (entry.bytes > atMost) {
        throw new GuestFault(
          'refused',
          `The buffer "${name}" has ${entry.bytes} bytes; a ${entry.usage} buffer of this GPU has at most ${atMost}.`,
        );
      }
      total += alignedBytes(entry.bytes);
    }
    return total;
  }

  /**
   * Makes the buffers ready for a task: what must happen first on the GPU goes to the encoder. True when some were
   * made anew, so that bind groups must be too.
   */
  prepare(encoder: GPUCommandEncoder, contents: Readonly<Record<string, Bytes>>): boolean {
    const hasNew = this.#allocate();
    for (const [name, entry] of this.#entries) {
      const own = Object.hasOwn(contents, name) ? contents[name] : undefined;
      if (own === undefined && entry.usage !== 'storage' && entry.isFilled) continue;
      entry.isFilled = own === undefined;
      this.#fill(encoder, name, entry, own ?? entry.content);
    }
    return hasNew;
  }

  get(name: string): GPUBuffer {
    const buffer = this.#entries.get(name)?.buffer;
    if (buffer === undefined) throw new GuestFault('refused', `The program has no buffer "${name}".`);
    return buffer;
  }

  /** Length of a buffer as the manifest gives it. */
  byteLength(name: string): number {
    return this.#entries.get(name)?.bytes ?? 0;
  }

  /** Writes the content, and zeros behind it. Written bytes arrive before the encoder's commands, so they never overlap. */
  #fill(encoder: GPUCommandEncoder, name: string, entry: Entry, content = new Uint8Array(0) as Bytes): void {
    if (content.byteLength > entry.bytes) {
      throw new GuestFault(
        'refused',
        `The source of buffer "${name}" is longer than the buffer: ${content.byteLength} bytes into ${entry.bytes}.`,
      );
    }
    const buffer = entry.buffer!;
    const { queue } = this.#device;
    const whole = content.byteLength - (content.byteLength % ALIGN_BYTES);
    if (whole > 0) queue.writeBuffer(buffer, 0, content, 0, whole);
    let written = whole;
    if (whole < content.byteLength) {
      const rest = new Uint8Array(ALIGN_BYTES);
      rest.set(content.subarray(whole));
      queue.writeBuffer(buffer, whole, rest);
      written += ALIGN_BYTES;
    }
    if (written < buffer.size) encoder.clearBuffer(buffer, written);
  }

  #allocate(): boolean {
    let hasNew = false;
    // What is not needed any more makes room first.
    for (const entry of this.#entries.values()) {
      if (entry.buffer?.size === alignedBytes(entry.bytes)) continue;
      entry.buffer?.destroy();
      entry.buffer = undefined;
    }
    for (const [label, entry] of this.#entries) {
      if (entry.buffer !== undefined) continue;
      const kind = entry.usage === 'uniform' ? GPUBufferUsage.UNIFORM : GPUBufferUsage.STORAGE;
      const usage = kind | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC;
      entry.buffer = this.#device.createBuffer({ label, size: alignedBytes(entry.bytes), usage });
      entry.isFilled = false;
      hasNew = true;
    }
    return hasNew;
  }
}

function wholeBytes(value: number, name: string): number {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new GuestFault('refused', `The size of buffer "${name}" is ${value}, not a whole number of bytes.`);
}
