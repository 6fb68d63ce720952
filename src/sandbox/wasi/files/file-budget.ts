import { GuestFault } from '../../messages.ts';

/** What all files of one run may hold and how many names they may have, together. */
export class FileBudget {
  #leftBytes: number;
  #leftNames: number;
  /** Set when the budget ran out: the run's outcome, whatever the guest does afterwards. */
  fault: GuestFault | undefined;

  constructor(bytes: number, names: number) {
    this.#leftBytes = bytes;
    this.#leftNames = names;
  }

  get leftBytes(): number {
    return this.#leftBytes;
  }

  /** Takes bytes that a file grows by (or gives back, when negative); throws `output-limit` when there are none left. */
  takeBytes(count: number): void {
    if (count > this.#leftBytes) this.#fail('The task wrote more than its output limit.');
    this.#leftBytes -= count;
  }

  /** Takes a name for a new entry of a directory; throws `output-limit` when there are none left. */
  takeName(): void {
    if (this.#leftNames <= 0) this.#fail('The task created too many files.');
    this.#leftNames--;
  }

  giveName(): void {
    this.#leftNames++;
  }

  #fail(message: string): never {
    this.fault = new GuestFault('output-limit', message);
    throw this.fault;
  }
}
