import { fromUtf8 } from '../../src/base/bytes.ts';
import { aborted } from '../../src/base/errors.ts';
import { effectiveLimits } from '../../src/job/limits.ts';
import type { WasiLoad } from '../../src/sandbox/messages.ts';
import { Slot } from '../../src/sandbox/slot.ts';
import { guardWasm } from '../../src/sandbox/wasm-guard/guard-wasm.ts';
import type { GivenProgram, RunEnd } from './given-program.ts';

/*
 * The part of the suite's runner that runs in the page: the product's own guard, slot, frame and worker. Only what is
 * open at the start differs from a job, which always gets one root.
 */

/** Any 32 bytes: the suite asks for bytes that are not all zero. */
const SEED = new Uint8Array(32).fill(7);

/** Runs a program in a slot of its own. */
export async function runInSandbox(given: GivenProgram): Promise<RunEnd> {
  const limits = effectiveLimits({});
  const { module } = guardWasm(decode(given.module), limits);
  const load: WasiLoad = {
    kind: 'wasi',
    module,
    files: given.files.map(({ path, base64 }) => ({ path, bytes: decode(base64) })),
    directories: given.directories,
    preopens: given.preopens,
    outputs: ['stdout'],
    needsSeed: true,
    limits,
  };
  const calls: string[] = [];
  const slot = new Slot('/sandbox.html');
  const life = new AbortController();
  try {
    const { exit, outputs } = await slot.run({
      load,
      task: { parameters: {}, seed: SEED, args: given.args, env: given.env, contents: {} },
      signal: life.signal,
      ...(given.isTraced ? { onCalls: (lines: readonly string[]) => calls.push(...lines) } : {}),
    });
    const stdout = outputs[0] === undefined ? '' : fromUtf8(outputs[0].bytes);
    if (exit.kind === 'ok') return { exit: 0, stdout, calls };
    return { exit: exit.kind === 'exit-code' ? exit.code : `${exit.kind}: ${exit.message}`, stdout, calls };
  } finally {
    slot.kill(aborted());
  }
}

function decode(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
}
