import type { OnnxProgram } from '../protocol/manifest.ts';
import type { EffectiveLimits } from '../job/limits.ts';
import { type InputReader, refusal } from './inputs.ts';
import type { OnnxLoad } from './messages.ts';

/** Reads and checks an ONNX program; throws `sandbox/refused`. */
export async function prepareOnnx(
  program: OnnxProgram,
  limits: EffectiveLimits,
  inputs: InputReader,
): Promise<OnnxLoad> {
  const model = await inputs.whole(program.model);
  throw refusal(
    `This device does not run ONNX models yet (${model.byteLength} of ${limits.moduleBytes} bytes).`,
    'Lend another kind.',
  );
}
