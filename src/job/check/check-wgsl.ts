import { KilnError } from '../../base/errors.ts';
import type { Pass, WgslProgram } from '../../protocol/manifest.ts';
import { evaluateAt, wholeAt } from './evaluate-at.ts';
import type { Parameters } from '../expression.ts';
import { chooseFrom } from './suggest.ts';

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
    const bytes = wholeAt(buffer.bytes, parameters, `program.buffers.${name}.bytes`, 1);
    sizes.set(name, bytes);
    if (buffer.source !== undefined) checkSource(name, bytes, buffer.source, parameters);
  }
  checkUniforms(program, parameters, sizes);
  for (const [i, pass] of program.passes.entries())
    checkPass(program, pass, `program.passes[${i}]`, parameters);
  for (const [path, { buffer }] of Object.entries(program.outputs)) {
    const usage = bufferOf(program, buffer, `${outputPlace(path)}.buffer`).usage;
    if (usage === 'storage') continue;
    throw new KilnError(
      'job/output-not-writable',
      `${outputPlace(path)}.buffer: the buffer "${buffer}" has the usage "${usage}", so no pass can write it.`,
      {
        data: { path: `${outputPlace(path)}.buffer`, buffer, usage },
        hint: `Set program.buffers.${buffer}.usage to "storage", or read back another buffer.`,
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
  const place = `program.buffers.${name}.source`;
  const start = wholeAt(offset ?? 0, parameters, `${place}.offset`, 0);
  const taken = wholeAt(length ?? input.bytes - start, parameters, `${place}.length`, 0);
  if (start + taken <= input.bytes && taken <= bufferBytes) return;
  const why =
    taken > bufferBytes
      ? `its ${taken} bytes do not fit the buffer of ${bufferBytes}`
      : `bytes ${start} to ${start + taken} lie beyond the input's ${input.bytes}`;
  throw new KilnError('job/source-does-not-fit', `${place}: in task ${parameters['index']! + 1}, ${why}.`, {
    data: { path: place, offset: start, length: taken, inputBytes: input.bytes, bufferBytes },
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
      'program.uniformBuffer: is missing, but program.uniforms are there to be held.',
      {
        data: { path: 'program.uniformBuffer' },
        hint: 'Name a buffer of usage "uniform" as uniformBuffer.',
      },
    );
  }
  const { usage } = bufferOf(program, uniformBuffer, 'program.uniformBuffer');
  const bytes = sizes.get(uniformBuffer)!;
  if (usage !== 'uniform' || bytes < uniforms.length * SCALAR_BYTES) {
    throw new KilnError(
      'job/uniforms-do-not-fit',
      `program.uniformBuffer: the buffer "${uniformBuffer}" (${usage}, ${bytes} bytes) cannot hold ${uniforms.length} uniforms.`,
      {
        data: {
          path: 'program.uniformBuffer',
          buffer: uniformBuffer,
          usage,
          bytes,
          neededBytes: uniforms.length * SCALAR_BYTES,
        },
        hint: `Give it the usage "uniform" and at least ${uniforms.length * SCALAR_BYTES} bytes: 4 for each uniform.`,
      },
    );
  }
  for (const [i, { value }] of uniforms.entries())
    evaluateAt(`program.uniforms[${i}].value`, value, { ...parameters, turn: 0, tile: 0 });
}

function checkPass(program: WgslProgram, pass: Pass, place: string, parameters: Parameters): void {
  if (!Object.hasOwn(program.shaders, pass.shader)) {
    throw new KilnError('job/unknown-shader', `${place}.shader: there is no shader "${pass.shader}".`, {
      data: { path: `${place}.shader`, shader: pass.shader },
      hint: chooseFrom(pass.shader, Object.keys(program.shaders)),
    });
  }
  for (const [binding, buffer] of Object.entries(pass.bindings))
    bufferOf(program, buffer, `${place}.bindings["${binding}"]`);
  for (const [i, size] of pass.workgroups.entries())
    wholeAt(size, parameters, `${place}.workgroups[${i}]`, 0, MAX_WORKGROUPS);
  wholeAt(pass.repeat ?? 1, parameters, `${place}.repeat`, 0, MAX_TURNS);
}

function outputPlace(path: string): string {
  return `program.outputs[${JSON.stringify(path)}]`;
}

function bufferOf(program: WgslProgram, name: string, place: string) {
  const buffer = Object.hasOwn(program.buffers, name) ? program.buffers[name] : undefined;
  if (buffer !== undefined) return buffer;
  throw new KilnError('job/unknown-buffer', `${place}: there is no buffer "${name}".`, {
    data: { path: place, buffer: name },
    hint: chooseFrom(name, Object.keys(program.buffers)),
  });
}
