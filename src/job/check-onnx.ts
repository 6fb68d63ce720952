import { KilnError } from '../base/errors.ts';
import type { OnnxProgram } from '../protocol/manifest.ts';
import { evaluateExpression, type Parameters } from './expression.ts';

/** Throws `job/bad-shape` when a tensor's shape is not made of whole positive numbers for this task. */
export function checkOnnx(program: OnnxProgram, parameters: Parameters): void {
  for (const [name, { shape }] of Object.entries(program.inputs)) {
    const sizes = shape.map((size) => evaluateExpression(size, parameters));
    if (sizes.every((size) => Number.isSafeInteger(size) && size > 0)) continue;
    throw new KilnError('job/bad-shape', `The tensor "${name}" would have the shape ${sizes.join(' × ')}.`, {
      data: { tensor: name },
      hint: 'Give each dimension as a whole number above 0.',
    });
  }
}
