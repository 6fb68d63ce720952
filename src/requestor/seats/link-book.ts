import { RESUME_WINDOW_MS } from '../../protocol/constants.ts';
import type { PeerId } from '../../protocol/identity.ts';
import type { ProviderLink } from './provider-link.ts';

/** Seats taken and left for nothing that are remembered: identities cost nothing, memory does. */
const MAX_IDLE_REMEMBERED = 100;

/** All providers of one job, by agreement: those at work, and those that were. */
export class LinkBook {
  readonly #links = new Map<string, ProviderLink>();

  /** The provider of an agreement, also of one that was renewed since. */
  get(agreement: string): ProviderLink | undefined {
    return this.#links.get(agreement) ?? this.all.find((link) => link.answersTo(agreement));
  }

  /** Oldest first. */
  get all(): readonly ProviderLink[] {
    return [...this.#links.values()];
  }

  /** Those that could be given a task now. */
  get atWork(): readonly ProviderLink[] {
    return this.all.filter(({ isAtWork }) => isAtWork);
  }

  /** Those that have a seat: at work, or gone for no longer than they may be. */
  get seated(): readonly { readonly peer: PeerId; readonly payee: string }[] {
    return this.all
      .filter((link) => !link.isEnded && link.brokenMs < RESUME_WINDOW_MS)
      .map(({ peer, payee }) => ({ peer, payee }));
  }

  /** All agreements of one provider. */
  of(peer: PeerId): readonly ProviderLink[] {
    return this.all.filter((link) => link.peer === peer);
  }

  /** Is no other provider connected? */
  isAlone(peer: PeerId): boolean {
    return this.all.every((link) => link.peer === peer || !link.isAttached);
  }

  /** Adds one. Of those that left without having done anything only the newest are remembered. */
  add(link: ProviderLink): void {
    this.#links.set(link.digest, link);
    const idle = [...this.#links].filter(([, one]) => one.isEnded && one.didNothing);
    for (const [digest] of idle.slice(0, -MAX_IDLE_REMEMBERED)) this.#links.delete(digest);
  }
}
