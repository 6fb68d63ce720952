import type { Bytes } from '../base/bytes.ts';
import type { OnnxProgram, WgslProgram } from '../protocol/manifest.ts';
import type { Chunks, Exit } from '../protocol/task.ts';
import type { EffectiveLimits } from '../job/limits.ts';
import type { DeclaredTensor } from './onnx/read-model.ts';
import type { GuardedWgsl } from './wgsl-guard/guard-wgsl.ts';

/*
 * What the host and the guest worker say to each other over their port. Both ends are ours; a guest program never
 * sees the port.
 */

/** A guarded WASI command or reactor with its input files, ready to be compiled. */
export interface WasiLoad {
  readonly kind: 'wasi';
  readonly module: Bytes;
  readonly files: readonly { readonly path: string; readonly bytes: Bytes }[];
  readonly stdin?: Bytes;
  readonly outputs: readonly string[];
  /** Directories that are there besides those of files and outputs, and those open at the start. Jobs have one root. */
  readonly directories?: readonly string[];
  readonly preopens?: readonly string[];
  /** Does it ask for random bytes? Only then is a task's seed computed. */
  readonly needsSeed: boolean;
  /** Where its clock begins, in milliseconds since 1970; absent: the sandbox's own epoch. */
  readonly epochMs?: number;
  readonly limits: EffectiveLimits;
}

/** Guarded shaders and the contents of the buffers that are the same for every task. */
export interface WgslLoad {
  readonly kind: 'wgsl';
  readonly program: WgslProgram;
  readonly shaders: Readonly<Record<string, GuardedWgsl>>;
  readonly contents: Readonly<Record<string, Bytes>>;
  readonly limits: EffectiveLimits;
}

/** A checked model, and the runtime that runs it: the guest worker can load nothing itself. */
export interface OnnxLoad {
  readonly kind: 'onnx';
  readonly program: OnnxProgram;
  readonly model: Bytes;
  /** onnxruntime-web's WASM binary for the program's backend. */
  readonly runtime: Bytes;
  /** What the model takes, as its file says; each task's shapes are held against it before they are sent. */
  readonly declared: readonly DeclaredTensor[];
  /** Contents of inputs that are the same for every task, by tensor name. */
  readonly contents: Readonly<Record<string, Bytes>>;
  readonly limits: EffectiveLimits;
}

export type Load = WasiLoad | WgslLoad | OnnxLoad;

/** What differs from task to task. */
export interface TaskInput {
  readonly parameters: Readonly<Record<string, number>>;
  /** WASI: 32 bytes, of which `random_get` makes its stream; empty for programs that never ask. */
  readonly seed: Bytes;
  /** WASI: after `{name}` was replaced. */
  readonly args: readonly string[];
  readonly env: readonly string[];
  /** WASI: how often a reactor's `step` is called; absent for a command. */
  readonly steps?: number;
  /** Contents of buffers and tensors that depend on the task; for WASI, read-only files by path. */
  readonly contents: Readonly<Record<string, Bytes>>;
}

/** Is it one that runs step by step, so that it can be paused and stopped in between? */
export function isReactor({ steps }: TaskInput): boolean {
  return steps !== undefined;
}

/**
 * Host to guest. A `run` that follows its `load` at once waits for it inside the guest. `pause` and `stop` are heard
 * between two steps of a reactor.
 */
export type ToGuest =
  | { readonly type: 'load'; readonly load: Load }
  | {
      readonly type: 'run';
      readonly id: number;
      readonly task: TaskInput;
      readonly tellsChunks: boolean;
      readonly tellsCalls: boolean;
    }
  | { readonly type: 'pause'; readonly isPaused: boolean }
  | { readonly type: 'stop'; readonly id: number }
  /** The share of time that tasks may keep the GPU busy. */
  | { readonly type: 'gpu-duty'; readonly share: number };

/** How a run ended, as the guest worker tells it. */
export interface GuestOutcome {
  readonly exit: Exit;
  readonly outputs: readonly { readonly path: string; readonly bytes: Bytes }[];
  readonly wallMs: number;
  readonly fuelUsed?: number;
  readonly numericClass?: string;
  readonly chunks?: Chunks;
  /** WASI: SHA-256 of the memory after a trap or spent fuel (see `TaskOutcome.witness`). */
  readonly witness?: Bytes;
  /** WASI: the beginning of what it wrote to standard error, if it did. */
  readonly stderr?: Bytes;
}

/** Guest to host. */
export type FromGuest =
  | { readonly type: 'ready' }
  | { readonly type: 'progress'; readonly id: number; readonly done: number }
  /** Digests of the chunks from `first` on, in lower-case hex. */
  | {
      readonly type: 'chunks';
      readonly id: number;
      readonly first: number;
      readonly digests: readonly string[];
    }
  /** Calls of a WASI program, written down. */
  | { readonly type: 'calls'; readonly id: number; readonly lines: readonly string[] }
  | { readonly type: 'done'; readonly id: number; readonly outcome: GuestOutcome }
  /** The answer to `stop`. */
  | { readonly type: 'stopped'; readonly id: number };

/** Why a guest's work ended without a result, thrown inside the guest worker and turned into an exit. */
export class GuestFault extends Error {
  readonly kind: Exclude<Exit['kind'], 'ok' | 'exit-code'>;

  constructor(kind: Exclude<Exit['kind'], 'ok' | 'exit-code'>, message: string) {
    super(message);
    this.kind = kind;
  }
}

const MAX_FAULT_CHARS = 300;

/** An exit that says why there is no result; its message is cut to what the wire allows. */
export function faultExit(kind: GuestFault['kind'], message: string): Exit {
  return { kind, message: message.slice(0, MAX_FAULT_CHARS) };
}
