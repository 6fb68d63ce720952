import material from '../../shaders/path-tracer/material.wgsl?raw';
import scene from '../../shaders/path-tracer/scene.wgsl?raw';
import trace from '../../shaders/path-tracer/trace.wgsl?raw';
import { utf8 } from '../../src/base/bytes.ts';
import {
  openTestDevice,
  prepareShader,
  type ShaderBuffer,
} from '../../src/sandbox/wgsl-guard/fixtures/run-shader.ts';
import { tinyScene } from '../../src/sandbox/wgsl-guard/fixtures/tiny-scene.ts';
import { guardWgsl } from '../../src/sandbox/wgsl-guard/guard-wgsl.ts';
import { BODIES, MULTIPLY, REDUCE } from './kernels.ts';

/*
 * The part of the bench that runs in the page: shaders with and without the guard's counters by turns on one device.
 */

const LIMITS = { shaderBytes: 65_536, inlinedTokens: 20_000, loopTurns: 2 ** 24 };
/** How long a dispatch of a shader should take at least, by running it several times. */
const SAMPLE_MS = 25;

interface Kernel {
  readonly code: string;
  readonly entry: string;
  readonly buffers: readonly ShaderBuffer[];
  readonly workgroups: readonly [number, number];
}

const KERNELS: Readonly<Record<string, () => Kernel>> = {
  'path tracer': () => ({
    code: scene + material + trace,
    entry: 'trace',
    buffers: tinyScene(128, 4).trace,
    workgroups: [16, 16],
  }),
  'matrix product': () => ({
    code: MULTIPLY,
    entry: 'main',
    buffers: [floats('read', 128 * 128), floats('read', 128 * 128), floats('read_write', 128 * 128)],
    workgroups: [16, 16],
  }),
  reduction: () => ({
    code: REDUCE,
    entry: 'main',
    buffers: [floats('read', 2 ** 20), floats('read_write', 64)],
    workgroups: [64, 1],
  }),
  'n bodies': () => ({
    code: BODIES,
    entry: 'main',
    buffers: [floats('read', 4 * 2_048), floats('read_write', 4 * 2_048)],
    workgroups: [32, 1],
  }),
};

function floats(access: ShaderBuffer['access'], length: number): ShaderBuffer {
  const values = Float32Array.from({ length }, (_, i) => ((i * 7_919) % 1_000) / 1_000 + 0.001);
  return { access, words: new Uint32Array(values.buffer) };
}

/** Milliseconds of so many rounds, bare and guarded by turns. */
export async function compareShader(
  name: string,
  rounds: number,
): Promise<{ readonly bareMs: number[]; readonly guardedMs: number[] }> {
  const { code, entry, buffers, workgroups } = KERNELS[name]!();
  const device = await openTestDevice();
  const bare = await prepareShader(device, code, entry, buffers);
  const guarded = await prepareShader(device, guardWgsl(utf8(code), LIMITS).code, entry, buffers);
  const time = async (shader: typeof bare, times: number) => {
    const encoder = device.createCommandEncoder();
    for (let i = 0; i < times; i++) shader.dispatch(encoder, workgroups);
    const startedMs = performance.now();
    device.queue.submit([encoder.finish()]);
    await device.queue.onSubmittedWorkDone();
    return (performance.now() - startedMs) / times;
  };
  await time(guarded, 1);
  const times = Math.max(1, Math.ceil(SAMPLE_MS / (await time(bare, 1))));
  const bareMs: number[] = [];
  const guardedMs: number[] = [];
  for (let i = 0; i < rounds; i++) {
    // Who goes first changes, so that neither always runs on a warmer machine.
    if (i % 2 === 0) bareMs.push(await time(bare, times));
    guardedMs.push(await time(guarded, times));
    if (i % 2 === 1) bareMs.push(await time(bare, times));
  }
  device.destroy();
  return { bareMs, guardedMs };
}

/** Milliseconds of guarding so many bytes, each time. */
export function guardTimes(bytes: number, rounds: number): number[] {
  const one = `fn step_NAME(a: vec3f, b: f32) -> f32 {
  // One of many: a sum over a few turns.
  var sum = 0.0;
  for (var i = 0u; i < 8u; i++) { sum += dot(a, vec3f(b * f32(i))) / (1.0 + sum * sum); }
  return sum;
}
`;
  let source = '';
  for (let i = 0; source.length + one.length < bytes; i++) source += one.replace('NAME', String(i));
  const text = utf8(source);
  return Array.from({ length: rounds }, () => {
    const startedMs = performance.now();
    guardWgsl(text, { ...LIMITS, inlinedTokens: Number.MAX_SAFE_INTEGER });
    return performance.now() - startedMs;
  });
}
