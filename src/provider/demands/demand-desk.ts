import { hasCode, toKilnError } from '../../base/errors.ts';
import type { Random } from '../../base/random.ts';
import { type Clock, sleep } from '../../base/time.ts';
import { answerDelayMs } from '../../market/match/answer-delay.ts';
import { matchDemand, type ProviderSide } from '../../market/match/match-demand.ts';
import type { Demand } from '../../protocol/announce.ts';
import type { JobKind } from '../../protocol/primitives.ts';
import type { ProviderRules } from '../view.ts';
import type { WorkSession } from '../work/work-session.ts';
import { answerRank } from './answer-rank.ts';
import { AvoidList } from './avoid-list.ts';
import { DemandQueue, type WaitingDemand } from './demand-queue.ts';
import { ownReason, PassedDemands, reasonOf } from './passed-demands.ts';

/** What the desk needs of its provider. */
export interface DemandDeskInit {
  readonly clock: Clock;
  readonly random: Random;
  readonly rules: () => ProviderRules;
  /** This provider as demands are judged by it now. */
  readonly side: () => ProviderSide;
  /** Is there an agreement over this job already? */
  readonly isBusyWith: (demand: Demand) => boolean;
  /** Did this payer ever pay here? */
  readonly hasPaid: (payer: string) => boolean;
  /** From a wanted demand to a session ready to run. */
  readonly take: (demand: Demand, pricePerUnit: bigint, signal: AbortSignal) => Promise<WorkSession>;
  /** Works until the agreement has ended. */
  readonly work: (session: WorkSession) => Promise<void>;
  readonly onChange: () => void;
}

/** Decides which demands are answered, in which order and when, and remembers why the others were not. */
export class DemandDesk {
  readonly passed = new PassedDemands();
  readonly #init: DemandDeskInit;
  readonly #avoided = new AvoidList();
  readonly #queue = new DemandQueue();
  /** The demand that is being negotiated, by kind: one at a time. */
  readonly #negotiating = new Map<JobKind, string>();

  constructor(init: DemandDeskInit) {
    this.#init = init;
  }

  /** Takes note of a demand; answers it later if it fits. Stops when the signal fires. */
  async consider(demand: Demand, signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#init;
    const key = keyOf(demand);
    if (demand.tasksLeft === 0) return this.#isOver(demand);
    if (signal.aborted || this.#negotiating.get(demand.kind) === key || !this.#isOpenFor(demand)) return;
    const known = this.#queue.get(key);
    const match = this.#match(demand);
    if (match === undefined) return this.#queue.delete(key);
    const rank = this.#rank(demand, match.pricePerUnit);
    if (demand.seats.forNewcomers === true && this.#init.hasPaid(demand.payment.payer))
      return this.#queue.delete(key);
    const delayMs = answerDelayMs(demand.seats, rank, random());
    if (delayMs === undefined) return this.#queue.delete(key);
    const dueAtMs = known?.dueAtMs ?? clock.now() + delayMs;
    this.#queue.put({ key, demand, rank, isPreferred: this.#isPreferred(demand), dueAtMs });
    if (known !== undefined) return;
    await sleep(clock, delayMs, signal).catch(() => {});
    // Timers count whole milliseconds, and may fire before the clock says so: its time has come nevertheless.
    this.#queue.makeDue(key, clock.now());
    await this.#answerNext(demand.kind, signal);
  }

  /** Answers what is due of a kind, best first; each is judged anew, since rules and machine may have changed. */
  async #answerNext(kind: JobKind, signal: AbortSignal): Promise<void> {
    while (!signal.aborted && !this.#negotiating.has(kind)) {
      const next = this.#queue.takeBest(kind, this.#init.clock.now());
      if (next === undefined) return;
      const match = this.#isOpenFor(next.demand) ? this.#match(next.demand) : undefined;
      if (match !== undefined) await this.#answer(next, match.pricePerUnit, signal);
    }
  }

  /** Negotiates; a session that comes of it works on by itself, so that the next demand of the kind is heard. */
  async #answer({ key, demand }: WaitingDemand, pricePerUnit: bigint, signal: AbortSignal): Promise<void> {
    const { clock, take } = this.#init;
    this.#negotiating.set(demand.kind, key);
    try {
      const session = await take(demand, pricePerUnit, signal);
      if (signal.aborted) return session.end('The provider stopped.');
      this.passed.forget(demand);
      void this.#work(session, demand, signal);
    } catch (thrown) {
      if (signal.aborted) return;
      const error = toKilnError(thrown);
      const reason = reasonOf(error);
      if (reason.by === 'requestor' && reason.code === 'job-ended') this.#isOver(demand);
      else this.#pass(demand, [reason]);
      // A refusal is an honest answer; all else wasted this provider's time.
      if (!hasCode(error, 'negotiate/refused')) this.#avoided.fail(demand.requestor, clock.now());
      this.#avoided.rest(key, clock.now());
    } finally {
      this.#negotiating.delete(demand.kind);
    }
  }

  async #work(session: WorkSession, demand: Demand, signal: AbortSignal): Promise<void> {
    const { clock, work } = this.#init;
    try {
      await work(session);
      if (session.wasPaid) this.#avoided.forgive(demand.requestor);
      else if (!signal.aborted) this.#avoided.fail(demand.requestor, clock.now());
    } catch (thrown) {
      if (signal.aborted) return;
      this.#pass(demand, [reasonOf(toKilnError(thrown))]);
      this.#avoided.fail(demand.requestor, clock.now());
    } finally {
      this.#avoided.rest(keyOf(demand), clock.now());
    }
  }

  #match(demand: Demand): { readonly pricePerUnit: bigint } | undefined {
    const match = matchDemand(demand, this.#init.side(), this.#init.clock.now());
    if (match.fits) return match;
    this.#pass(demand, match.reasons.map(ownReason));
    return undefined;
  }

  #isOpenFor(demand: Demand): boolean {
    const nowMs = this.#init.clock.now();
    const isAvoided = [keyOf(demand), demand.requestor].some((name) => this.#avoided.has(name, nowMs));
    return !isAvoided && !this.#init.isBusyWith(demand);
  }

  #rank(demand: Demand, asked: bigint): number {
    return answerRank(demand, this.#init.rules(), asked, this.#init.hasPaid(demand.payment.payer));
  }

  #isPreferred(demand: Demand): boolean {
    return this.#init.rules().preferredRequestors?.includes(demand.requestor) === true;
  }

  /** Nothing is left to do there: why it was not answered matters to nobody any more. */
  #isOver(demand: Demand): void {
    this.#queue.delete(keyOf(demand));
    this.passed.forget(demand);
    this.#init.onChange();
  }

  #pass(demand: Demand, reasons: Parameters<PassedDemands['add']>[1]): void {
    this.passed.add(demand, reasons, this.#init.clock.now());
    this.#init.onChange();
  }
}

function keyOf({ requestor, job }: Demand): string {
  return `${requestor}/${job}`;
}
