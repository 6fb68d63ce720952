import { type Parameters, type ParsedExpression, parseExpression } from '../../../job/expression.ts';
import type { WgslProgram } from '../../../protocol/manifest.ts';
import { GuestFault } from '../../messages.ts';
import type { CommandBatch } from './command-batch.ts';
import type { GpuBuffers } from './gpu-buffers.ts';

/** Each uniform is one 4-byte scalar. */
const SCALAR_BYTES = 4;

/** Bytes of a program's uniforms; 0 when it has none. */
export function uniformBytes({ uniforms, uniformBuffer }: WgslProgram): number {
  return uniformBuffer === undefined ? 0 : uniforms.length * SCALAR_BYTES;
}

/** Writes the uniform buffer's scalars; leaves out writes that would change nothing. */
export class UniformWriter {
  readonly #values: readonly { readonly type: 'u32' | 'i32' | 'f32'; readonly value: ParsedExpression }[];
  readonly #name: string | undefined;
  #last: Uint8Array | undefined;

  constructor({ uniforms, uniformBuffer }: WgslProgram) {
    this.#values = uniforms.map(({ type, value }) => ({ type, value: parseExpression(value) }));
    this.#name = this.#values.length === 0 ? undefined : uniformBuffer;
  }

  /** Forget what the buffer holds: it was set back. */
  reset(): void {
    this.#last = undefined;
  }

  /** Adds the values for these parameters to the batch. Integers wrap as in WGSL's `u32(…)` of a 32-bit value. */
  write(batch: CommandBatch, buffers: GpuBuffers, parameters: Parameters): void {
    if (this.#name === undefined) return;
    const bytes = new Uint8Array(this.#values.length * SCALAR_BYTES);
    if (bytes.byteLength > buffers.byteLength(this.#name)) {
      throw new GuestFault('refused', `The uniforms do not fit the buffer "${this.#name}".`);
    }
    const view = new DataView(bytes.buffer);
    this.#values.forEach(({ type, value }, i) => {
      const number = value.evaluate(parameters);
      if (type === 'f32') view.setFloat32(i * SCALAR_BYTES, number, true);
      else view.setUint32(i * SCALAR_BYTES, Math.trunc(number), true);
    });
    if (this.#last?.every((byte, i) => byte === bytes[i])) return;
    this.#last = bytes;
    batch.setUniforms(buffers.get(this.#name), bytes);
  }
}
