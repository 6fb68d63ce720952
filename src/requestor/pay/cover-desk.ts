import type { Clock } from '../../base/time.ts';
import { ownBytes } from '../../base/bytes.ts';
import type { PostedProof } from '../../payment/cover/sum-tree.ts';
import { isSameAddress } from '../../protocol/primitives.ts';
import type { WorkDown } from '../../protocol/work.ts';
import { COVER_INTERVAL_MS } from '../constants.ts';
import type { Paymaster } from './paymaster.ts';
import type { ProviderLink } from '../seats/provider-link.ts';

/**
 * Sets collateral aside when a provider asks: for all that work now in one go, and seldom, since it costs gas and
 * strangers ask. Each is sent the proofs of its own, old ones too. It is an offer: who gets none redeems, or leaves.
 */
export class CoverDesk {
  readonly #clock: Clock;
  readonly #paymaster: Paymaster;
  readonly #links: () => readonly ProviderLink[];
  #nextAtMs = 0;
  #isBusy = false;

  constructor(clock: Clock, paymaster: Paymaster, links: () => readonly ProviderLink[]) {
    this.#clock = clock;
    this.#paymaster = paymaster;
    this.#links = links;
  }

  /** Never rejects. */
  async ask(): Promise<void> {
    const nowMs = this.#clock.now();
    if (this.#isBusy || nowMs < this.#nextAtMs) return;
    this.#isBusy = true;
    this.#nextAtMs = nowMs + COVER_INTERVAL_MS;
    const working = this.#links().filter((link) => !link.isEnded);
    const covered = await this.#paymaster.cover(working.map(({ payee }) => payee)).catch(() => []);
    for (const link of working) {
      for (const { payee, proof } of covered) if (isSameAddress(payee, link.payee)) link.send(message(proof));
    }
    this.#isBusy = false;
  }
}

function message({ root, limit, total, until, siblings }: PostedProof): WorkDown {
  const way = siblings.map(({ hash, sum, isLeft }) => ({ hash: ownBytes(hash), sum, isLeft }));
  return { type: 'covered', root: ownBytes(root), limit, total, until, siblings: way };
}
