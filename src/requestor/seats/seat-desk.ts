import type { Clock } from '../../base/time.ts';
import { checkProposal, type ProposalRefusal } from '../../market/match/check-proposal.ts';
import { rankProposals } from '../../market/choose/rank.ts';
import type { Demand } from '../../protocol/announce.ts';
import type { PeerId } from '../../protocol/identity.ts';
import type { Proposal } from '../../protocol/negotiate.ts';
import { RANKING_WINDOW_MS } from '../constants.ts';

/** What the desk asks its job. */
export interface SeatDeskInit {
  readonly clock: Clock;
  /** The demand as it is now. */
  readonly demand: () => Demand;
  readonly seated: () => readonly { readonly peer: PeerId; readonly payee: string }[];
  readonly bannedPeers: ReadonlySet<PeerId>;
  readonly bannedPayees: ReadonlySet<string>;
  readonly reliability: (peer: PeerId) => number;
}

interface Waiting {
  readonly proposal: Proposal;
  readonly reliability: number;
  readonly answer: (refusal: ProposalRefusal | undefined) => void;
}

/** Collects the proposals for one job for a moment, ranks them, and gives the free seats to the best. */
export class SeatDesk {
  readonly #init: SeatDeskInit;
  #waiting: Waiting[] = [];
  /** Seats promised to proposals whose agreement is not sealed yet. */
  readonly #reserved = new Set<Proposal>();

  constructor(init: SeatDeskInit) {
    this.#init = init;
  }

  /** Resolves with the refusal, or with undefined when the proposal has a seat; it is kept until `release`. */
  ask(proposal: Proposal, signer: PeerId): Promise<ProposalRefusal | undefined> {
    const refusal = this.#check(proposal, signer);
    if (refusal !== undefined) return Promise.resolve(refusal);
    return new Promise((answer) => {
      this.#waiting.push({ proposal, reliability: this.#init.reliability(signer), answer });
      if (this.#waiting.length === 1) this.#init.clock.after(RANKING_WINDOW_MS, () => this.#decide());
    });
  }

  /** The agreement was sealed (its provider now counts as seated), or came to nothing. */
  release(proposal: Proposal): void {
    this.#reserved.delete(proposal);
  }

  #decide(): void {
    const demand = this.#init.demand();
    const inputBytes = demand.blobs.reduce((sum, { bytes }) => sum + bytes, 0);
    const ranked = rankProposals(this.#waiting, { priceCeiling: demand.priceCeiling, inputBytes });
    this.#waiting = [];
    for (const { input } of ranked) {
      const refusal = this.#check(input.proposal, input.proposal.provider);
      if (refusal === undefined) this.#reserved.add(input.proposal);
      input.answer(refusal);
    }
  }

  #check(proposal: Proposal, signer: PeerId): ProposalRefusal | undefined {
    const { bannedPeers, bannedPayees, clock } = this.#init;
    const reserved = [...this.#reserved].map(({ provider, payee }) => ({ peer: provider, payee }));
    return checkProposal(proposal, signer, {
      demand: this.#init.demand(),
      seated: [...this.#init.seated(), ...reserved],
      bannedPeers,
      bannedPayees,
      nowMs: clock.now(),
    });
  }
}
