import { MAX_CREATED_FILES, MAX_STDOUT_BYTES } from '../../limits.ts';
import type { TaskInput, WasiLoad } from '../../messages.ts';
import { createWasi, type Wasi } from '../../wasi/create-wasi.ts';
import type { WriteObserver } from '../../wasi/process.ts';
import type { Trace } from '../../wasi/trace.ts';

/** A fresh file system, clock and random stream for one attempt at a task. */
export function openWasi(
  load: WasiLoad,
  { args, env, seed, contents }: TaskInput,
  onWrite?: WriteObserver,
  trace?: Trace,
): Wasi {
  const { outputBytes } = load.limits;
  return createWasi({
    args,
    env,
    seed,
    files: [...load.files, ...Object.entries(contents).map(([path, bytes]) => ({ path, bytes }))],
    stdin: load.stdin,
    epochMs: load.epochMs,
    // Outputs in folders: the folders are there, so that a guest need not make them.
    directories: [...load.outputs.map(folderOf), ...(load.directories ?? [])],
    preopens: load.preopens,
    budget: {
      fileBytes: outputBytes,
      stdoutBytes: Math.min(MAX_STDOUT_BYTES, outputBytes),
      names: MAX_CREATED_FILES,
    },
    onWrite,
    trace,
  });
}

/** The folder of an output, as far as its name is known. */
function folderOf(output: string): string {
  const parts = output.split('/').slice(0, -1);
  const pattern = parts.findIndex((part) => part.includes('*'));
  return (pattern === -1 ? parts : parts.slice(0, pattern)).join('/');
}
