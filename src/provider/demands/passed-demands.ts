import type { Demand } from '../../protocol/announce.ts';
import { MAX_PASSED_SHOWN } from '../constants.ts';
import type { PassedDemand } from '../view.ts';

/** The demands that were not answered lately, newest first, each with its newest reasons. */
export class PassedDemands {
  #all: readonly PassedDemand[] = [];

  get all(): readonly PassedDemand[] {
    return this.#all;
  }

  add({ job, name, requestor }: Demand, reasons: readonly string[], atMs: number): void {
    const others = this.#all.filter((passed) => passed.job !== job || passed.requestor !== requestor);
    this.#all = [{ job, name, requestor, reasons, atMs }, ...others].slice(0, MAX_PASSED_SHOWN);
  }

  /** Why nothing is worked on, in words. */
  why(): string {
    const [last] = this.#all;
    if (last === undefined) return 'No demand on the board yet.';
    return `The last demand, “${last.name}”, was passed: ${last.reasons.join('; ')}.`;
  }
}
