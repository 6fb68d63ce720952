import { KilnError, aborted } from '../../base/errors.ts';
import type { JobKind } from '../../protocol/primitives.ts';
import { effectiveLimits } from '../../job/limits.ts';
import { utf8 } from '../../base/bytes.ts';
import type { Guards } from '../guards/guards.ts';
import type { Load, TaskInput } from '../messages.ts';
import type { JobSlots } from '../sandbox-job.ts';
import { onnxSpeedLoad } from './speed-model.ts';
import { SPEED_MODULE_BASE64 } from './speed-module.ts';
import { SPEED_RESULT_BYTES, SPEED_SHADER, SPEED_WORKGROUP } from './speed-shader.ts';

/** The reference machine runs speed.wasm and the speed model this often per second (README.md). */
const REFERENCE_RUNS = { wasi: 100, onnx: 100 } as const;
/** The reference machine runs this many invocations of the speed shader per second (README.md). */
const REFERENCE_WGSL_INVOCATIONS_PER_SECOND = 100_000_000;
const MICRO_UNITS = 1_000_000;

/** How long to measure: long enough for the optimiser and for a quiet moment, short enough to wait for. */
const MEASURE_MS = 2_000;
/** The best of the runs counts, once this many were made: others' load only ever slows a run. */
const MIN_RUNS = 4;
/** A GPU run this long drowns the cost of submitting it. */
const LONG_RUN_MS = 60;
/** Largest grid along one axis on every GPU. */
const MAX_WORKGROUPS = 65_535;

/** Runs the reference load of a kind in a slot of its own and scores the best run, in micro-units per second. */
export async function measureSpeed(
  kind: JobKind,
  signal: AbortSignal,
  { guards, run, forget }: JobSlots,
  onProgress: (done: number) => void = () => {},
): Promise<number> {
  const load = await loadOf(kind, guards);
  const startMs = performance.now();
  try {
    const runOnce = async (workgroups: number) => {
      if (signal.aborted) throw aborted(signal.reason);
      const { exit, wallMs } = await run({ load, task: taskOf(workgroups), signal });
      onProgress(Math.min(1, (performance.now() - startMs) / MEASURE_MS));
      if (exit.kind === 'ok') return wallMs;
      throw new KilnError('sandbox/benchmark-failed', `The benchmark ended with ${exit.kind}.`, {
        data: { kind, message: 'message' in exit ? exit.message : '' },
        hint: 'This device may not be able to run this kind of work.',
      });
    };
    const score =
      kind === 'wgsl' ? await wgslRate(runOnce) : (await runsPerSecond(runOnce)) / REFERENCE_RUNS[kind];
    return Math.max(1, Math.round(score * MICRO_UNITS));
  } finally {
    forget(load);
  }
}

async function loadOf(kind: JobKind, guards: Guards): Promise<Load> {
  if (kind === 'onnx') return onnxSpeedLoad();
  return kind === 'wasi' ? wasiLoad(guards) : wgslLoad(guards);
}

async function runsPerSecond(runOnce: (workgroups: number) => Promise<number>): Promise<number> {
  let bestMs = Number.POSITIVE_INFINITY;
  const endMs = performance.now() + MEASURE_MS;
  for (let runs = 0; runs < MIN_RUNS || performance.now() < endMs; runs++)
    bestMs = Math.min(bestMs, await runOnce(1));
  return 1_000 / bestMs;
}

async function wgslRate(runOnce: (workgroups: number) => Promise<number>): Promise<number> {
  let best = 0;
  let workgroups = 64;
  const endMs = performance.now() + MEASURE_MS;
  for (let runs = 0; runs < MIN_RUNS || performance.now() < endMs; runs++) {
    const tookMs = await runOnce(workgroups);
    best = Math.max(best, (workgroups * SPEED_WORKGROUP * 1_000) / Math.max(tookMs, 1));
    if (tookMs < LONG_RUN_MS) workgroups = Math.min(workgroups * 4, MAX_WORKGROUPS);
  }
  return best / REFERENCE_WGSL_INVOCATIONS_PER_SECOND;
}

async function wasiLoad(guards: Guards): Promise<Load> {
  const limits = effectiveLimits({});
  const source = Uint8Array.from(atob(SPEED_MODULE_BASE64), (character) => character.charCodeAt(0));
  const { module } = await guards.wasm(source, limits);
  return { kind: 'wasi', module, files: [], outputs: [], needsSeed: false, limits };
}

async function wgslLoad(guards: Guards): Promise<Load> {
  const empty = { cid: '', bytes: 0 };
  return {
    kind: 'wgsl',
    shaders: { speed: await guards.wgsl(utf8(SPEED_SHADER), effectiveLimits({})) },
    contents: {},
    limits: effectiveLimits({}),
    program: {
      kind: 'wgsl',
      shaders: { speed: empty },
      buffers: { result: { usage: 'storage', bytes: SPEED_RESULT_BYTES } },
      uniforms: [],
      passes: [
        { shader: 'speed', entry: 'main', workgroups: ['workgroups', 1, 1], bindings: { '0': 'result' } },
      ],
      outputs: { result: { buffer: 'result', element: 'u32' } },
    },
  };
}

function taskOf(workgroups: number): TaskInput {
  return { parameters: { workgroups }, seed: new Uint8Array(0), args: [], env: [], contents: {} };
}
