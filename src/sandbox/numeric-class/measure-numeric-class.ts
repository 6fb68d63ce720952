import { toHex, utf8 } from '../../base/bytes.ts';
import { sha256 } from '../../base/cid.ts';
import { effectiveLimits } from '../../job/limits.ts';
import type { TaskInput, WgslLoad } from '../messages.ts';
import type { JobSlots } from '../sandbox-job.ts';
import { PROBE_RESULT_BYTES, PROBE_SHADER, PROBE_WORKGROUPS } from './probe-shader.ts';

const TASK: TaskInput = { parameters: {}, seed: new Uint8Array(0), args: [], env: [], contents: {} };

/** The hard limit of a task's wall time: nothing of one is left longer than that. */
const PATIENCE_MS = 600_000;

/**
 * Runs the probe shader in a slot of its own: lower-case hex of the SHA-256 of what it computes. GPUs with one class
 * agree on all of it bit for bit. Undefined when the GPU cannot run it. Rejects like `SandboxJob.run`.
 */
export async function measureNumericClass(
  slots: JobSlots,
  signal: AbortSignal,
  shader = PROBE_SHADER,
): Promise<string | undefined> {
  const load = await probeLoad(slots, shader);
  try {
    const { exit, outputs } = await slots.run({ load, task: TASK, signal });
    const [result] = outputs;
    return exit.kind === 'ok' && result !== undefined ? toHex(await sha256(result.bytes)) : undefined;
  } finally {
    slots.forget(load);
  }
}

async function probeLoad({ guards }: JobSlots, shader: string): Promise<WgslLoad> {
  // It waits, not the first task, while the GPU is busy with what was left of another.
  const limits = { ...effectiveLimits({}), wallMs: PATIENCE_MS, compileMs: PATIENCE_MS };
  return {
    kind: 'wgsl',
    shaders: { probe: await guards.wgsl(utf8(shader), limits) },
    contents: {},
    limits,
    program: {
      kind: 'wgsl',
      shaders: { probe: { cid: '', bytes: 0 } },
      buffers: { result: { usage: 'storage', bytes: PROBE_RESULT_BYTES } },
      uniforms: [],
      passes: [
        {
          shader: 'probe',
          entry: 'main',
          workgroups: [PROBE_WORKGROUPS, 1, 1],
          bindings: { '0': 'result' },
        },
      ],
      outputs: { result: { buffer: 'result', element: 'u32' } },
    },
  };
}
