import type { Descriptors } from './files/descriptors.ts';
import type { FileSystem } from './files/file-system.ts';
import type { GuestMemory } from './calls/guest-memory.ts';
import type { RandomStream } from './random-stream.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** Told of bytes as they are written; they are the guest's memory and valid only during the call. */
export type WriteObserver = (path: string, offset: number, bytes: Uint8Array) => void;

/** What the calls of one run share. */
export interface Process {
  readonly memory: GuestMemory;
  readonly clock: VirtualClock;
  readonly files: FileSystem;
  readonly descriptors: Descriptors;
  readonly random: () => RandomStream;
  readonly args: readonly string[];
  readonly env: readonly string[];
  readonly onWrite: WriteObserver | undefined;
}

/**
 * Functions of preview 1 by name, each with the parameters that witx gives it. Returning is success; a `WasiError`
 * is its errno; anything else ends the run.
 */
export type Calls = Readonly<Record<string, (...given: never[]) => void>>;

/** Ends the run because the program called `proc_exit`. */
export class ProgramExit extends Error {
  readonly code: number;

  constructor(code: number) {
    super(`The program ended with code ${code}.`);
    this.code = code;
  }
}
