import type { Bytes } from '../../base/bytes.ts';
import type { EffectiveLimits } from '../../job/limits.ts';
import { evaluateExpression } from '../../job/expression.ts';
import type { OnnxProgram } from '../../protocol/manifest.ts';
import type { Guards } from '../guards/guards.ts';
import { type InputReader, refusal } from './inputs.ts';
import type { OnnxLoad, TaskInput } from '../messages.ts';
import { checkModel, checkShapes } from '../onnx/check-model.ts';
import { runtimeBytes } from '../onnx/run/runtime-bytes.ts';
import { dependsOnTask, readSource } from './task-source.ts';

/** The runtime takes this much before it holds a model. */
const MIN_MEMORY_BYTES = 33_554_432;

/**
 * Reads a model and holds it against its manifest; throws `sandbox/refused`, or `onnx/no-runtime` when this page's
 * origin does not give the runtime.
 */
export async function prepareOnnx(
  program: OnnxProgram,
  limits: EffectiveLimits,
  inputs: InputReader,
  guards: Guards,
): Promise<OnnxLoad> {
  if (program.model.bytes > limits.moduleBytes) {
    throw refusal(
      `The model has ${program.model.bytes} bytes; the job's limit is ${limits.moduleBytes}.`,
      'Raise limits.moduleBytes (64 MiB at most), or shrink the model, e.g. by quantising it.',
    );
  }
  if (limits.memoryBytes < MIN_MEMORY_BYTES) {
    throw refusal(
      `A limit of ${limits.memoryBytes} bytes of memory is too small: the runtime alone needs ${MIN_MEMORY_BYTES}.`,
      'Raise limits.memoryBytes.',
    );
  }
  const model = await inputs.whole(program.model);
  const facts = await guards.model(model);
  checkModel(facts, program);
  const contents = await readContents(program, inputs, false, {});
  const runtime = await runtimeBytes(program.backend ?? 'wasm');
  return { kind: 'onnx', program, model, runtime, declared: facts.inputs, contents, limits };
}

/** The contents of tensors that differ from task to task, once their shapes fit the model; throws `sandbox/refused`. */
export function onnxTaskContents(
  { program, declared }: OnnxLoad,
  parameters: TaskInput['parameters'],
  inputs: InputReader,
): Promise<Record<string, Bytes>> {
  for (const rows of batchSizes(program, parameters)) {
    const shapes = Object.entries(program.inputs).map(([name, { shape }]) => {
      const sizes = shape.map((size) => evaluateExpression(size, parameters));
      return [name, rows === undefined ? sizes : [rows, ...sizes.slice(1)]] as const;
    });
    checkShapes(declared, program, Object.fromEntries(shapes));
  }
  return readContents(program, inputs, true, parameters);
}

/** Rows of the first and of the last run of the model; undefined when the task is one run. */
function batchSizes(program: OnnxProgram, parameters: TaskInput['parameters']): (number | undefined)[] {
  const { batchRows } = program;
  const rows = Object.values(program.inputs)[0]?.shape[0];
  if (batchRows === undefined || rows === undefined) return [undefined];
  const count = evaluateExpression(rows, parameters);
  return [Math.min(batchRows, count), count % batchRows || Math.min(batchRows, count)];
}

async function readContents(
  program: OnnxProgram,
  inputs: InputReader,
  ofTask: boolean,
  parameters: TaskInput['parameters'],
): Promise<Record<string, Bytes>> {
  const contents: Record<string, Bytes> = {};
  for (const [name, { source }] of Object.entries(program.inputs))
    if (dependsOnTask(source) === ofTask) contents[name] = await readSource(source, inputs, parameters);
  return contents;
}
