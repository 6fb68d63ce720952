import { KilnError } from '../base/errors.ts';
import type { Pass, WgslProgram } from '../protocol/manifest.ts';
import { evaluateExpression, type Parameters } from './expression.ts';

/** What every WebGPU device takes along one axis of a dispatch. */
const MAX_WORKGROUPS = 65_535;
/** Dispatches of one pass and task. */
const MAX_TURNS = 65_536;
/** Bytes of a uniform scalar. */
const SCALAR_BYTES = 4;

/** Throws a `job/…` error when the names and numbers of a program do not fit each other for this task. */
export function checkWgsl(program: WgslProgram, parameters: Parameters): void {
  const sizes = new Map<string, number>();
  for (const [name, buffer] of Object.entries(program.buffers)) {
    const bytes = whole(buffer.bytes, parameters, `the size of buffer "${name}"`, 1);
    sizes.set(name, bytes);
    if (buffer.source !== undefined) checkSource(name, bytes, buffer.source, parameters);
  }
  checkUniforms(program, parameters, sizes);
  for (const [i, pass] of program.passes.entries()) checkPass(program, pass, `Pass ${i + 1}`, parameters);
  for (const [path, { buffer }] of Object.entries(program.outputs)) {
    const usage = bufferOf(program, buffer, `The output "${path}"`).usage;
    if (usage === 'storage') continue;
    throw new KilnError(
      'job/output-not-writable',
      `The output "${path}" is the buffer "${buffer}", which no pass can write.`,
      {
        data: { path, buffer, usage },
        hint: 'Give the buffer the usage "storage".',
      },
    );
  }
}

function checkSource(
  name: string,
  bufferBytes: number,
  { input, offset, length }: NonNullable<WgslProgram['buffers'][string]['source']>,
  parameters: Parameters,
): void {
  const start = whole(offset ?? 0, parameters, `the source offset of buffer "${name}"`, 0);
  const taken = whole(length ?? input.bytes - start, parameters, `the source length of buffer "${name}"`, 0);
  if (start + taken <= input.bytes && taken <= bufferBytes) return;
  throw new KilnError('job/source-does-not-fit', `The source of buffer "${name}" does not fit.`, {
    data: { offset: start, length: taken, inputBytes: input.bytes, bufferBytes },
    hint: 'Keep offset + length within the input, and the length within the buffer.',
  });
}

function checkUniforms(
  program: WgslProgram,
  parameters: Parameters,
  sizes: ReadonlyMap<string, number>,
): void {
  const { uniformBuffer, uniforms } = program;
  if (uniformBuffer === undefined) {
    if (uniforms.length === 0) return;
    throw new KilnError(
      'job/no-uniform-buffer',
      'The program has uniforms but no uniformBuffer to hold them.',
      {
        hint: 'Name a buffer of usage "uniform" as uniformBuffer.',
      },
    );
  }
  const { usage } = bufferOf(program, uniformBuffer, 'uniformBuffer');
  const bytes = sizes.get(uniformBuffer)!;
  if (usage !== 'uniform' || bytes < uniforms.length * SCALAR_BYTES) {
    throw new KilnError(
      'job/uniforms-do-not-fit',
      `The buffer "${uniformBuffer}" cannot hold the program's uniforms.`,
      {
        data: { buffer: uniformBuffer, usage, bytes, neededBytes: uniforms.length * SCALAR_BYTES },
        hint: 'Give it the usage "uniform" and 4 bytes for each uniform.',
      },
    );
  }
  for (const { value } of uniforms) evaluateExpression(value, { ...parameters, turn: 0, tile: 0 });
}

function checkPass(program: WgslProgram, pass: Pass, who: string, parameters: Parameters): void {
  if (!Object.hasOwn(program.shaders, pass.shader)) {
    throw new KilnError(
      'job/unknown-shader',
      `${who} uses the shader "${pass.shader}", which is not there.`,
      {
        data: { shader: pass.shader },
        hint: `Use one of: ${Object.keys(program.shaders).join(', ')}.`,
      },
    );
  }
  for (const buffer of Object.values(pass.bindings)) bufferOf(program, buffer, who);
  for (const [i, size] of pass.workgroups.entries()) {
    whole(size, parameters, `the ${'xyz'[i]} size of ${who.toLowerCase()}`, 0, MAX_WORKGROUPS);
  }
  whole(pass.repeat ?? 1, parameters, `the repeat of ${who.toLowerCase()}`, 0, MAX_TURNS);
}

function bufferOf(program: WgslProgram, name: string, who: string) {
  const buffer = Object.hasOwn(program.buffers, name) ? program.buffers[name] : undefined;
  if (buffer !== undefined) return buffer;
  throw new KilnError('job/unknown-buffer', `${who} uses the buffer "${name}", which is not there.`, {
    data: { buffer: name },
    hint: `Use one of: ${Object.keys(program.buffers).join(', ')}.`,
  });
}

function whole(
  expression: number | string,
  parameters: Parameters,
  what: string,
  atLeast: number,
  atMost = Number.MAX_SAFE_INTEGER,
): number {
  const value = evaluateExpression(expression, parameters);
  if (Number.isSafeInteger(value) && value >= atLeast && value <= atMost) return value;
  const upTo = atMost === Number.MAX_SAFE_INTEGER ? '' : ` and at most ${atMost}`;
  throw new KilnError('job/bad-number', `In task ${parameters['index']}, ${what} is ${value}.`, {
    data: { expression, value, task: parameters['index']! },
    hint: `Make it a whole number of at least ${atLeast}${upTo}.`,
  });
}
