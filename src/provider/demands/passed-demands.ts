import type { KilnError } from '../../base/errors.ts';
import type { MatchRefusal } from '../../market/match/match-demand.ts';
import type { Demand } from '../../protocol/announce.ts';
import { MAX_PASSED_SHOWN } from '../constants.ts';
import type { PassedDemand, PassReason } from '../view.ts';

/** The demands that were not answered lately or were in vain, newest first, each with its newest reasons. */
export class PassedDemands {
  #all: readonly PassedDemand[] = [];

  get all(): readonly PassedDemand[] {
    return this.#all;
  }

  add(demand: Demand, reasons: readonly PassReason[], atMs: number): void {
    const { job, name, requestor, kind, priceCeiling } = demand;
    const others = this.#without(demand);
    const passed = { job, name, requestor, kind, priceCeiling, reasons, atMs };
    this.#all = [passed, ...others].slice(0, MAX_PASSED_SHOWN);
  }

  /** It came to something after all. */
  forget(demand: Demand): void {
    this.#all = this.#without(demand);
  }

  /** Why nothing is worked on, in words. */
  why(): string {
    const [last] = this.#all;
    if (last === undefined) return 'No demand needs this device now.';
    // Reasons come from both sides, some of them as whole sentences.
    const reasons = last.reasons.map(({ text }) => text.trim().replace(/\.$/, ''));
    return `The last demand, “${last.name}”, came to nothing: ${reasons.join('; ')}.`;
  }

  #without({ job, requestor }: Demand): PassedDemand[] {
    return this.#all.filter((passed) => passed.job !== job || passed.requestor !== requestor);
  }
}

/** A mismatch that this side found. */
export function ownReason({ code, property, text }: MatchRefusal): PassReason {
  return { code, ...(property === undefined ? {} : { property }), text, by: 'provider' };
}

/** What ended a negotiation: the requestor's own reason, or a failure. */
export function reasonOf(error: KilnError): PassReason {
  const { code, data, message } = error;
  if (code !== 'negotiate/refused') return { code, text: message, by: 'failure' };
  const refusal = data as { readonly reason: string; readonly detail: string };
  return { code: refusal.reason, text: refusal.detail || refusal.reason, by: 'requestor' };
}
