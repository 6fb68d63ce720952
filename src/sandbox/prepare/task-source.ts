import type { Bytes } from '../../base/bytes.ts';
import { evaluateExpression, parseExpression, type Parameters } from '../../job/expression.ts';
import type { TensorInput } from '../../protocol/manifest.ts';
import type { InputReader } from './inputs.ts';

/** A blob, or a slice of one that depends on the task; buffers and tensors have them alike. */
type TaskSource = TensorInput['source'];

/** Its bytes for a task with these parameters; throws `sandbox/refused` when the slice lies outside. */
export function readSource(
  { input, offset, length }: TaskSource,
  inputs: InputReader,
  parameters: Parameters,
): Promise<Bytes> {
  if (offset === undefined && length === undefined) return inputs.whole(input);
  const start = evaluateExpression(offset ?? 0, parameters);
  return inputs.slice(
    input,
    start,
    length === undefined ? input.bytes - start : evaluateExpression(length, parameters),
  );
}

/** Does it differ from task to task? What does not is sent to a slot once. */
export function dependsOnTask({ offset, length }: TaskSource): boolean {
  return [offset ?? 0, length ?? 0].some((expression) => parseExpression(expression).names.size > 0);
}
