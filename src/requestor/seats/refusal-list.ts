import type { ProposalRefusal } from '../../market/match/check-proposal.ts';
import type { PeerId } from '../../protocol/identity.ts';
import { MAX_REFUSED_SHOWN } from '../constants.ts';
import type { RefusedProvider } from '../view.ts';

/** Whom a job turned down and why: the newest reason for each provider, the newest providers first. */
export class RefusalList {
  readonly #byPeer = new Map<PeerId, RefusedProvider>();

  get all(): readonly RefusedProvider[] {
    return [...this.#byPeer.values()].reverse();
  }

  add(peer: PeerId, { reason, detail }: ProposalRefusal, atMs: number): void {
    this.#byPeer.delete(peer);
    this.#byPeer.set(peer, { peer, reason, detail, atMs });
    const oldest = this.#byPeer.keys().next();
    if (this.#byPeer.size > MAX_REFUSED_SHOWN && !oldest.done) this.#byPeer.delete(oldest.value);
  }

  /** It was taken after all. */
  forget(peer: PeerId): void {
    this.#byPeer.delete(peer);
  }
}
