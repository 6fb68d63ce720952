import { type Parameters, type ParsedExpression, parseExpression } from '../../job/expression.ts';
import type { WgslProgram } from '../../protocol/manifest.ts';

/** Each uniform is one 4-byte scalar. */
const SCALAR_BYTES = 4;

/** Writes the uniform buffer's scalars; leaves out writes that would change nothing. */
export class UniformWriter {
  readonly #values: readonly { readonly type: 'u32' | 'i32' | 'f32'; readonly value: ParsedExpression }[];
  #last: Uint8Array | undefined;

  constructor(uniforms: WgslProgram['uniforms']) {
    this.#values = uniforms.map(({ type, value }) => ({ type, value: parseExpression(value) }));
  }

  /** Forget what the buffer holds: it was set back. */
  reset(): void {
    this.#last = undefined;
  }

  /** Writes the values for these parameters. Integers wrap as in WGSL's `u32(…)` of a 32-bit value. */
  write(device: GPUDevice, buffer: GPUBuffer, parameters: Parameters): void {
    const bytes = new Uint8Array(this.#values.length * SCALAR_BYTES);
    const view = new DataView(bytes.buffer);
    this.#values.forEach(({ type, value }, i) => {
      const number = value.evaluate(parameters);
      if (type === 'f32') view.setFloat32(i * SCALAR_BYTES, number, true);
      else view.setUint32(i * SCALAR_BYTES, Math.trunc(number), true);
    });
    if (this.#last?.every((byte, i) => byte === bytes[i])) return;
    this.#last = bytes;
    device.queue.writeBuffer(buffer, 0, bytes);
  }
}
