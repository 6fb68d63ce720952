import type { GuestMemory } from './guest-memory.ts';

/** A record of a run's calls. */
export interface Trace {
  /** The same call, written down. */
  around(
    name: string,
    call: (...given: never[]) => number,
    memory: GuestMemory,
  ): (...given: never[]) => number;
}
