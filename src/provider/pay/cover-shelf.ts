import { equalBytes } from '../../base/bytes.ts';
import { KilnError } from '../../base/errors.ts';
import type { Clock } from '../../base/time.ts';
import { MIN_KEY_LIFE_MS } from '../../payment/voucher/acceptance.ts';
import { MAX_OPEN_PROOFS, type PostedProof, provesLimit } from '../../payment/cover/sum-tree.ts';
import type { PaymentTerms } from '../../protocol/payment-terms.ts';
import type { Address } from '../../protocol/primitives.ts';
import type { ProviderChain } from '../slices.ts';

/** What the shelf works with. */
export interface CoverShelfInit {
  readonly terms: PaymentTerms;
  readonly payee: Address;
  readonly chain: Pick<ProviderChain, 'allocationCover'>;
  readonly clock: Clock;
}

/** The proofs of collateral of one payer, session key and payee; only what the chain confirms gets in. */
export class CoverShelf {
  readonly #init: CoverShelfInit;
  #proofs: readonly PostedProof[];

  constructor(init: CoverShelfInit, proofs: readonly PostedProof[] = []) {
    this.#init = init;
    this.#proofs = proofs;
  }

  get proofs(): readonly PostedProof[] {
    return this.#proofs;
  }

  /**
   * Takes a proof; false for one that is held. Throws `payment/wrong-proof` for one that does not lead from this payee to
   * its root, `payment/not-set-aside` when the chain has nothing under it, `payment/too-many-proofs`.
   */
  async take(proof: PostedProof): Promise<boolean> {
    const { clock, payee } = this.#init;
    if (this.#proofs.some(({ root }) => equalBytes(root, proof.root))) return false;
    if (!provesLimit(proof, payee, proof.total)) {
      throw new KilnError('payment/wrong-proof', 'The proof is not of collateral for this payee.', {
        hint: 'It counts for nothing; the requestor has to send the one for this payee.',
      });
    }
    if (proof.until * 1_000 - clock.now() < MIN_KEY_LIFE_MS || (await this.#coverOf(proof)) === 0n) {
      throw new KilnError('payment/not-set-aside', 'The chain has no collateral under this proof.', {
        hint: 'It counts for nothing; it may be sent again once a block has it.',
      });
    }
    const covers = await this.#covers();
    const kept = this.#proofs.filter((_, i) => covers[i]! > 0n);
    if (kept.length >= MAX_OPEN_PROOFS) throw tooManyProofs();
    const { root, limit, siblings, total, until } = proof;
    this.#proofs = [...kept, { root, limit, siblings, total, until }];
    return true;
  }

  /** What the payee can draw by all its proofs now, in the token's smallest unit. */
  async total(): Promise<bigint> {
    return (await this.#covers()).reduce((sum, cover) => sum + cover, 0n);
  }

  #covers(): Promise<bigint[]> {
    return Promise.all(this.#proofs.map((proof) => this.#coverOf(proof)));
  }

  #coverOf(proof: PostedProof): Promise<bigint> {
    const { chain, payee, terms } = this.#init;
    return chain.allocationCover(terms, payee, proof);
  }
}

/** A proof beyond the bound. */
export function tooManyProofs(): KilnError {
  return new KilnError('payment/too-many-proofs', 'Too many proofs are open for this payee.', {
    data: { most: MAX_OPEN_PROOFS },
    hint: 'Redeem: a proof that is used up makes room.',
  });
}
