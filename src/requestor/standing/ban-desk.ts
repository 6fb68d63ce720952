import type { PeerId } from '../../protocol/identity.ts';
import type { JobTrust } from '../../verification/job/job-trust.ts';
import type { JobParts } from '../job-parts.ts';
import type { LinkBook } from '../seats/link-book.ts';
import type { ProviderLink } from '../seats/provider-link.ts';
import type { JobProgress } from '../results/job-progress.ts';
import type { Caught } from '../results/task-events.ts';
import type { TaskTeller } from '../results/task-teller.ts';
import { BannedAccounts } from './banned-accounts.ts';

/** What the desk works with. */
export interface BanDeskInit {
  readonly parts: JobParts;
  readonly progress: JobProgress;
  readonly links: LinkBook;
  readonly trust: JobTrust;
  readonly teller: TaskTeller;
  /** Nothing of this provider counts any more, neither in tasks under way nor in results that stand for now. */
  readonly discard: (peer: PeerId, reason: string) => void;
  readonly dismiss: (link: ProviderLink, state: 'banned', reason: string) => void;
}

/** A wrong result: which, whose, why, and what its provider signed. */
export interface CaughtInTask extends Pick<Caught, 'reason' | 'evidence'> {
  readonly task: number;
  readonly lease: string;
  readonly link: ProviderLink;
}

/** Excludes providers that were caught, from this job and for good: here, or elsewhere with a proof. */
export class BanDesk {
  readonly accounts = new BannedAccounts();
  readonly #init: BanDeskInit;

  constructor(init: BanDeskInit) {
    this.#init = init;
  }

  /** A provider delivered a wrong result: it is unpaid for it and banned, and its unchecked results are done again. */
  caught({ task, lease, link, reason, evidence }: CaughtInTask): void {
    const { parts, progress, teller } = this.#init;
    const { peer, payee } = link;
    progress.reject({ task, peer, reason });
    if (progress.banned.has(peer)) return;
    parts.reputation.note(peer, 'wrong', link.numericClass);
    const told = { peer, payee, reason, task, lease };
    teller.caught(evidence === undefined ? told : { ...told, evidence });
    // People count from 1, on every page.
    this.#ban(peer, `Result of task ${task + 1} rejected: ${reason}`);
  }

  /**
   * A provider was caught on the word of others who lied: it may come back, and begins anew. What it was not paid for
   * meanwhile stays unpaid.
   */
  acquit(task: number, peer: PeerId): void {
    const { parts, progress, links, trust } = this.#init;
    // Whoever was caught at something else too stays out.
    if (!progress.isRejectedOnlyFor(task, peer)) return;
    this.accounts.free(peer);
    progress.acquit(task, peer);
    trust.acquit(peer);
    parts.reputation.retractWrong(peer, links.of(peer).at(-1)?.numericClass);
  }

  /** A provider was caught outside of this job. Twice is once. */
  caughtElsewhere(peer: PeerId, reason: string): void {
    if (this.#init.progress.banned.has(peer)) return;
    this.#init.teller.caught({ peer, reason });
    this.#ban(peer, reason);
  }

  #ban(peer: PeerId, reason: string): void {
    const { progress, links } = this.#init;
    progress.ban(peer, reason);
    const own = links.of(peer);
    for (const { payee } of own) this.accounts.add(peer, payee);
    this.#init.discard(peer, reason);
    for (const link of own) this.#init.dismiss(link, 'banned', reason);
  }
}
