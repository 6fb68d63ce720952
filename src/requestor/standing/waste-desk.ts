import {
  addUseful,
  addWasted,
  isWasteful,
  NO_WASTE,
  type WasteCount,
  type WasteKind,
  wasteText,
} from '../../market/choose/waste.ts';
import type { PeerId } from '../../protocol/identity.ts';
import { isSameAddress } from '../../protocol/primitives.ts';
import type { JobParts } from '../job-parts.ts';
import type { JobProgress } from '../results/job-progress.ts';
import type { TaskTeller } from '../results/task-teller.ts';
import type { LinkBook } from '../seats/link-book.ts';
import type { ProviderLink } from '../seats/provider-link.ts';

/** What the desk works with. */
export interface WasteDeskInit {
  readonly parts: JobParts;
  readonly progress: JobProgress;
  readonly links: LinkBook;
  readonly teller: TaskTeller;
  readonly dismiss: (link: ProviderLink, state: 'set-aside', reason: string) => void;
}

/**
 * Puts providers aside that waste the job's time again and again: their seats go to others, what was accepted is paid, and
 * they are not taken again in this job. Nobody is called a liar for it: another job may take them.
 */
export class WasteDesk {
  readonly #init: WasteDeskInit;
  /** By provider: who comes back under a new agreement is not forgotten. */
  readonly #counts = new Map<PeerId, WasteCount>();

  constructor(init: WasteDeskInit) {
    this.#init = init;
  }

  /** Was its last lease wasted? */
  isDoubted(peer: PeerId): boolean {
    return (this.#counts.get(peer)?.row ?? 0) > 0;
  }

  /**
   * Stalls in a row that every provider at work has had at least, as far as it was tried: where all of them stall, tasks may
   * take longer than their pace was measured with; where one alone does, it is that one's fault.
   */
  get sharedStalls(): number {
    const tried = this.#init.links.atWork.flatMap(({ peer }) => this.#counts.get(peer)?.rowStalls ?? []);
    return tried.length === 0 ? 0 : Math.min(...tried);
  }

  /** Something came of a lease. */
  useful(peer: PeerId): void {
    const count = this.#counts.get(peer);
    this.#counts.set(peer, addUseful(count ?? NO_WASTE));
  }

  /** A lease was wasted, with so many of its tasks. `leasedAtMs` is when it was given; without it, it is a stall of its own. */
  wasted(peer: PeerId, kind: WasteKind, tasks: number, leasedAtMs?: number): void {
    const nowMs = this.#init.parts.clock.now();
    const count = this.#counts.get(peer) ?? NO_WASTE;
    this.#counts.set(peer, addWasted(count, { kind, tasks, leasedAtMs: leasedAtMs ?? nowMs, nowMs }));
  }

  /**
   * A result that a provider handed in could not be looked at, and it alone is to blame: in its record it counts as late,
   * because no lie is known. Whoever is cut off may not have heard what it was asked for.
   */
  unproven(link: ProviderLink | undefined, kind: 'unopened' | 'unjudged', lease: string): void {
    if (link === undefined || !link.isAtWork) return;
    this.#init.parts.reputation.note(link.peer, 'late');
    this.wasted(link.peer, kind, 1, link.leases.get(lease)?.leasedAtMs);
  }

  /** Puts aside whoever is to be; to be called at every sweep. */
  review(): void {
    for (const link of this.#init.links.all) {
      const count = this.#counts.get(link.peer);
      if (link.isEnded || count === undefined || !isWasteful(count)) continue;
      if (this.#isSpared(link)) this.#noteSpared(link.peer);
      else this.#putAside(link, `Wasted this job's time: ${wasteText(count)}.`);
    }
  }

  /** Why a provider is not taken again, in words. `isProven` ones do not answer for others that name their account. */
  refusal(peer: PeerId, payee: string, isProven: boolean): string | undefined {
    const { progress, links } = this.#init;
    for (const [aside, reason] of progress.setAside) {
      const isSame = links.of(aside).some((link) => isSameAddress(link.payee, payee));
      if (aside === peer || (isSame && !isProven)) return reason;
    }
    return undefined;
  }

  /** Takes up what a reloaded tab had stored: who was put aside stays so. */
  restore(): void {
    const { progress, links } = this.#init;
    for (const [peer, reason] of progress.setAside)
      for (const link of links.of(peer)) link.end('set-aside', reason);
  }

  /**
   * Nobody else is there, and a seat is free for whoever comes: little is better than nothing, and it may recover. This
   * device finishes what others began, but begins nothing. On the job's last seat it would keep all others out.
   */
  #isSpared(link: ProviderLink): boolean {
    const { links, parts } = this.#init;
    const isOther = ({ payee }: ProviderLink) => !isSameAddress(payee, link.payee);
    return !links.atWork.some(isOther) && links.seated.length < parts.record.terms.seats;
  }

  #noteSpared(peer: PeerId): void {
    this.#init.progress.note(
      `Provider …${peer.slice(-8)} wastes this job's time, and stays only until somebody else comes.`,
    );
  }

  #putAside({ peer, payee }: ProviderLink, reason: string): void {
    const { progress, teller, links, dismiss } = this.#init;
    progress.putAside(peer, reason);
    teller.setAside({ peer, payee, reason });
    for (const own of links.of(peer)) if (!own.isEnded) dismiss(own, 'set-aside', reason);
  }
}
