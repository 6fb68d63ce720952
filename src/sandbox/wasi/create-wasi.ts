import type { Bytes } from '../../base/bytes.ts';
import type { GuestFault } from '../messages.ts';
import { contentCalls } from './calls/content-calls.ts';
import { descriptorCalls } from './calls/descriptor-calls.ts';
import { Descriptors } from './files/descriptors.ts';
import { environmentCalls } from './calls/environment-calls.ts';
import { ErrorOutput } from './error-output.ts';
import { FileBudget } from './files/file-budget.ts';
import { FileSystem } from './files/file-system.ts';
import { GuestMemory } from './calls/guest-memory.ts';
import { importObject } from './calls/import-object.ts';
import { pathCalls } from './calls/path-calls.ts';
import { pollCalls } from './calls/poll-calls.ts';
import type { Calls, Process, WriteObserver } from './process.ts';
import { RandomStream } from './random-stream.ts';
import { takeOutputs, type OutputFile } from './files/read-outputs.ts';
import { ALL_RIGHTS, DIRECTORY_RIGHTS, PRINT_RIGHTS, STDIN_RIGHTS } from './files/rights.ts';
import type { Trace } from './trace.ts';
import { VirtualClock } from './virtual-clock.ts';

/** What one run of a program finds and may use. */
export interface WasiOptions {
  /** The command line, the program's own name first. */
  readonly args: readonly string[];
  /** `NAME=value`. */
  readonly env: readonly string[];
  /** What standard input holds. @default nothing */
  readonly stdin?: Bytes | undefined;
  /** Files that are there, by path without a slash before it; read-only, and not copied. */
  readonly files: readonly { readonly path: string; readonly bytes: Bytes }[];
  /** Directories that are there besides those of the files. @default none */
  readonly directories?: readonly string[];
  /** Directories that are open from the start, from descriptor 3 on, each under its own path. @default the root, as `/` */
  readonly preopens?: readonly string[] | undefined;
  /** 32 bytes that `random_get` makes its stream of; may be empty for programs that never ask. */
  readonly seed: Uint8Array;
  /** Where the clock begins, in milliseconds since 1970. @default 2026-01-01 */
  readonly epochMs?: number | undefined;
  /** Bytes that all files may hold together, bytes that may be printed, and names that may be made. */
  readonly budget: { readonly fileBytes: number; readonly stdoutBytes: number; readonly names: number };
  /** Told of every write to a file or to `stdout`, by path. Absent: costs nothing. */
  readonly onWrite?: WriteObserver | undefined;
  /** Writes down every call. Absent: costs nothing. */
  readonly trace?: Trace | undefined;
}

/** The WASI of one run. */
export interface Wasi {
  /**
   * All 46 functions of preview 1, for `wasi_snapshot_preview1`. They throw `ProgramExit` at `proc_exit` and a
   * `GuestFault` when the run is over for another reason; everything else is an errno for the guest.
   */
  readonly imports: WebAssembly.ModuleImports;
  /** To be called after instantiation, before the first call into the program; until then all pointers are faults. */
  attach(memory: WebAssembly.Memory): void;
  /** A spent budget: the run's outcome, whatever the guest did after it. */
  readonly fault: GuestFault | undefined;
  /** The beginning of what was printed to standard error. */
  readonly stderr: Bytes;
  /**
   * The files that match, sorted by path, and `stdout` if it is named; to be called once, when the run is over.
   * Throws `output-limit` when there are more than a result may hold.
   */
  takeOutputs(patterns: readonly string[]): OutputFile[];
}

/**
 * Makes the WASI of one run: memory, files, clock and chance of its own, the same on every device, and nothing beyond.
 *
 * @example
 * const wasi = createWasi({ args: ['prog'], env: [], files: [], seed, budget });
 * const instance = new WebAssembly.Instance(module, { wasi_snapshot_preview1: wasi.imports });
 * wasi.attach(instance.exports.memory);
 * instance.exports._start();
 * const outputs = wasi.takeOutputs(['stdout']);
 */
export function createWasi(options: WasiOptions): Wasi {
  const { args, env, seed, budget, onWrite, trace } = options;
  const memory = new GuestMemory();
  const clock = new VirtualClock(options.epochMs);
  const fileBudget = new FileBudget(budget.fileBytes, budget.names);
  const stdoutBudget = new FileBudget(budget.stdoutBytes, 0);
  const files = new FileSystem(fileBudget, clock);
  const descriptors = new Descriptors((inode) => files.closed(inode));
  for (const { path, bytes } of options.files) files.place(path, files.file(fileBudget, bytes));
  for (const path of options.directories ?? []) files.directory(partsOf(path));

  const stdin = files.file(fileBudget, options.stdin ?? new Uint8Array(0));
  const stdout = files.file(stdoutBudget);
  const stderr = new ErrorOutput(0n, clock.nowNs);
  // The run's outputs are read when the guest may have closed them.
  stdout.links = 1;
  const standard = { inheriting: 0, flags: 0 };
  descriptors.openStandard(0, { ...standard, inode: stdin, rights: STDIN_RIGHTS });
  descriptors.openStandard(1, { ...standard, inode: stdout, rights: PRINT_RIGHTS, path: 'stdout' });
  descriptors.openStandard(2, { ...standard, inode: stderr, rights: PRINT_RIGHTS });
  for (const preopen of options.preopens ?? ['/']) {
    const inode = files.directory(partsOf(preopen));
    descriptors.open({ inode, rights: DIRECTORY_RIGHTS, inheriting: ALL_RIGHTS, flags: 0, preopen });
  }

  let stream: RandomStream | undefined;
  const random = () => (stream ??= new RandomStream(seed));
  const process: Process = { memory, clock, files, descriptors, random, args, env, onWrite };
  const calls: Calls = {
    ...environmentCalls(process),
    ...descriptorCalls(process),
    ...contentCalls(process),
    ...pathCalls(process),
    ...pollCalls(process),
  };
  return {
    imports: importObject(calls, memory, trace),
    attach: (attached) => memory.attach(attached),
    get fault() {
      return fileBudget.fault ?? stdoutBudget.fault;
    },
    get stderr() {
      return stderr.text;
    },
    takeOutputs: (patterns) =>
      takeOutputs(files.root, stdout, patterns, budget.fileBytes + budget.stdoutBytes),
  };
}

function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '');
}
