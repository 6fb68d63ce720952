import type { Bytes } from '../../base/bytes.ts';
import { type Parameters, type ParsedExpression, parseExpression } from '../../job/expression.ts';
import type { WgslProgram } from '../../protocol/manifest.ts';
import { GuestFault } from '../messages.ts';

/** Buffer sizes and copies are multiples of this (WebGPU). */
const ALIGN_BYTES = 4;

interface Slot {
  readonly usage: 'storage' | 'read-only-storage' | 'uniform';
  readonly size: ParsedExpression;
  readonly content: Bytes | undefined;
  buffer: GPUBuffer | undefined;
  /** The length the manifest gives, before it is aligned. */
  bytes: number;
  isFilled: boolean;
}

/**
 * The named buffers of a program on the GPU. They stay from task to task; what a task could have changed is set
 * back before the next one: writable buffers start as their source or as zeros.
 */
export class GpuBuffers {
  readonly #device: GPUDevice;
  readonly #limitBytes: number;
  readonly #slots = new Map<string, Slot>();

  constructor(
    device: GPUDevice,
    program: WgslProgram,
    contents: Readonly<Record<string, Bytes>>,
    limitBytes: number,
  ) {
    this.#device = device;
    this.#limitBytes = limitBytes;
    for (const [name, { usage, bytes }] of Object.entries(program.buffers)) {
      const content = Object.hasOwn(contents, name) ? contents[name] : undefined;
      const size = parseExpression(bytes);
      this.#slots.set(name, { usage, size, content, buffer: undefined, bytes: 0, isFilled: false });
    }
  }

  /** Makes the buffers ready for a task; true when some were made anew, so that bind groups must be too. */
  prepare(parameters: Parameters, contents: Readonly<Record<string, Bytes>>): boolean {
    const hasNew = this.#allocate(parameters);
    const resets = [...this.#slots].flatMap(([name, slot]) => {
      const own = Object.hasOwn(contents, name) ? contents[name] : undefined;
      const isKept = own === undefined && slot.usage !== 'storage' && slot.isFilled;
      return isKept ? [] : [{ name, slot, own }];
    });
    const encoder = this.#device.createCommandEncoder();
    for (const { slot } of resets) encoder.clearBuffer(slot.buffer!);
    this.#device.queue.submit([encoder.finish()]);
    for (const { name, slot, own } of resets) {
      slot.isFilled = own === undefined;
      this.#fill(name, slot, own ?? slot.content);
    }
    return hasNew;
  }

  get(name: string): GPUBuffer {
    const buffer = this.#slots.get(name)?.buffer;
    if (buffer === undefined) throw new GuestFault('refused', `The program has no buffer "${name}".`);
    return buffer;
  }

  /** Length of a buffer as the manifest gives it. */
  byteLength(name: string): number {
    return this.#slots.get(name)?.bytes ?? 0;
  }

  #fill(name: string, slot: Slot, content: Bytes | undefined): void {
    if (content === undefined) return;
    if (content.byteLength > slot.bytes) {
      throw new GuestFault('refused', `The source of buffer "${name}" is longer than the buffer.`);
    }
    const { queue } = this.#device;
    const whole = content.byteLength - (content.byteLength % ALIGN_BYTES);
    if (whole > 0) queue.writeBuffer(slot.buffer!, 0, content, 0, whole);
    if (whole === content.byteLength) return;
    const rest = new Uint8Array(ALIGN_BYTES);
    rest.set(content.subarray(whole));
    queue.writeBuffer(slot.buffer!, whole, rest);
  }

  #allocate(parameters: Parameters): boolean {
    let total = 0;
    let hasNew = false;
    for (const [name, slot] of this.#slots) {
      slot.bytes = size(slot.size.evaluate(parameters), name);
      total += slot.bytes;
    }
    if (total > this.#limitBytes) {
      throw new GuestFault(
        'refused',
        `The buffers need ${total} bytes; the job's limit is ${this.#limitBytes}.`,
      );
    }
    for (const slot of this.#slots.values()) {
      const aligned = Math.max(ALIGN_BYTES, Math.ceil(slot.bytes / ALIGN_BYTES) * ALIGN_BYTES);
      if (slot.buffer?.size === aligned) continue;
      slot.buffer?.destroy();
      const kind = slot.usage === 'uniform' ? GPUBufferUsage.UNIFORM : GPUBufferUsage.STORAGE;
      slot.buffer = this.#device.createBuffer({
        size: aligned,
        usage: kind | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC,
      });
      slot.isFilled = false;
      hasNew = true;
    }
    return hasNew;
  }
}

function size(value: number, name: string): number {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new GuestFault('refused', `The size of buffer "${name}" is ${value}, not a whole number of bytes.`);
}
