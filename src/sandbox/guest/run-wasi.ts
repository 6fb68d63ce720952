import { ConsoleStdout, type Fd, WASIProcExit } from '@bjorn3/browser_wasi_shim';
import { copyBytes, type Bytes } from '../../base/bytes.ts';
import type { Exit } from '../../protocol/task.ts';
import { MAX_CREATED_FILES, MAX_STDOUT_BYTES } from '../limits.ts';
import { GuestFault, type GuestOutcome, type TaskInput, type WasiLoad } from '../messages.ts';
import { GuestRoot } from './guest-directory.ts';
import { FileBudget, GuestFile, resetInodeNumbers } from './guest-file.ts';
import { nameFault } from './name-trap.ts';
import type { Runner } from './runner.ts';
import { createWasi } from './wasi-imports.ts';

/** The name under which standard output is read back. */
const STDOUT = 'stdout';

type Outputs = GuestOutcome['outputs'];

/** Compiles a guarded command once; each run gets a fresh instance, memory and file system. */
export async function loadWasi(load: WasiLoad): Promise<Runner> {
  const module = await WebAssembly.compile(load.module);
  return { run: (task) => Promise.resolve(runOnce(module, load, task)) };
}

function runOnce(
  module: WebAssembly.Module,
  load: WasiLoad,
  task: TaskInput,
): { exit: Exit; outputs: Outputs } {
  resetInodeNumbers();
  const budget = new FileBudget(load.limits.outputBytes, MAX_CREATED_FILES);
  const stdoutBudget = new FileBudget(Math.min(MAX_STDOUT_BYTES, load.limits.outputBytes), 0);
  const files = new GuestRoot(budget);
  for (const { path, bytes } of load.files) {
    const parts = path.split('/');
    const name = parts.pop() ?? path;
    files.root.directory(parts).contents.set(name, new GuestFile(bytes, budget, { isReadOnly: true }));
  }
  // Outputs in folders: the folders are there, so that a guest need not make them.
  for (const path of load.outputs) files.root.directory(path.split('/').slice(0, -1));
  const stdout = new GuestFile(new Uint8Array(0), stdoutBudget, { isReadOnly: false });
  const exit = start(module, task, stdoutBudget, budget, [
    openStdin(load.stdin, budget),
    printer(stdout),
    printer(),
    files,
  ]);
  if (exit.kind !== 'ok' && exit.kind !== 'exit-code') return { exit, outputs: [] };
  return { exit, outputs: readOutputs(load.outputs, stdout, files) };
}

function start(
  module: WebAssembly.Module,
  { args, env, seed }: TaskInput,
  stdoutBudget: FileBudget,
  budget: FileBudget,
  descriptors: Fd[],
): Exit {
  const wasi = createWasi({ args, env, seed, descriptors });
  let exit: Exit = { kind: 'ok' };
  try {
    const instance = new WebAssembly.Instance(module, { wasi_snapshot_preview1: wasi.wasiImport });
    const begin = instance.exports['_start'];
    if (typeof begin !== 'function')
      throw new GuestFault('refused', 'The module exports no function "_start".');
    wasi.inst = instance as typeof wasi.inst;
    begin();
  } catch (thrown) {
    if (!(thrown instanceof WASIProcExit)) exit = nameFault(thrown);
    else if (thrown.code !== 0) exit = { kind: 'exit-code', code: thrown.code };
  }
  // A fault of the file budget stands, whatever the guest did after it.
  const fault = budget.fault ?? stdoutBudget.fault;
  return fault === undefined ? exit : nameFault(fault);
}

function openStdin(bytes: Bytes | undefined, budget: FileBudget): Fd {
  const file = new GuestFile(bytes ?? new Uint8Array(0), budget, { isReadOnly: true });
  return file.path_open(0, 0n, 0).fd_obj;
}

/** A character device that appends to a file, or forgets what it is told. */
function printer(file?: GuestFile): Fd {
  return new ConsoleStdout((bytes) => {
    if (file === undefined) return;
    const at = file.data.byteLength;
    file.resize(at + bytes.byteLength);
    file.data.set(bytes, at);
  });
}

function readOutputs(paths: readonly string[], stdout: GuestFile, files: GuestRoot): Outputs {
  return [...new Set(paths)].flatMap((path) => {
    const file = path === STDOUT ? stdout : files.root.file(path);
    return file === undefined ? [] : [{ path, bytes: copyBytes(file.data) }];
  });
}
