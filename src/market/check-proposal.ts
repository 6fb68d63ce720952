import type { Demand } from '../protocol/announce.ts';
import type { PeerId } from '../protocol/identity.ts';
import type { Proposal, RefusalReason } from '../protocol/negotiate.ts';
import { aboveCeiling } from './match-demand.ts';

/** What the requestor knows when a proposal comes. */
export interface RequestorSide {
  readonly demand: Demand;
  /** Providers that sit on a seat now. */
  readonly seated: readonly { readonly peer: PeerId; readonly payee: string }[];
  readonly bannedPeers: ReadonlySet<PeerId>;
  /** In lower case. */
  readonly bannedPayees: ReadonlySet<string>;
  readonly nowMs: number;
}

/** Why a proposal is refused; `detail` is for people. */
export interface ProposalRefusal {
  readonly reason: RefusalReason;
  readonly detail: string;
}

/**
 * The first reason against a proposal whose signature was checked, or undefined when it may become an agreement.
 * A provider that sits already may propose again (its tab was reloaded): it takes its own seat.
 */
export function checkProposal(
  proposal: Proposal,
  signer: PeerId,
  side: RequestorSide,
): ProposalRefusal | undefined {
  const { demand, seated, nowMs } = side;
  const others = seated.filter(({ peer }) => peer !== proposal.provider);
  if (proposal.provider !== signer) return no('bad-signature', 'the proposal is signed by another peer');
  if (proposal.requestor !== demand.requestor)
    return no('terms-differ', 'the proposal is meant for another requestor');
  if (proposal.job !== demand.job) return no('job-unknown', 'the proposal is for another job');
  if (proposal.kind !== demand.kind) return no('terms-differ', `the job is of kind ${demand.kind}`);
  if (proposal.expiresAt <= nowMs)
    return no('terms-differ', 'the proposal has expired; check the clock of your machine');
  if (demand.tasksLeft === 0) return no('job-ended', 'no task is left');
  const payee = proposal.payee.toLowerCase();
  if (side.bannedPeers.has(proposal.provider) || side.bannedPayees.has(payee)) {
    return no('banned', 'a result of this provider was rejected in this job');
  }
  if (proposal.pricePerUnit > demand.priceCeiling) {
    return no('price-above-ceiling', aboveCeiling(proposal.pricePerUnit, demand.priceCeiling));
  }
  const { microUnitsPerSecond } = demand.requirements;
  if (microUnitsPerSecond !== undefined && proposal.microUnitsPerSecond < microUnitsPerSecond) {
    return no('requirements-not-met', 'slower than the job asks for');
  }
  if (others.length >= demand.seats.total)
    return no('seats-filled', `all ${demand.seats.total} seats are filled`);
  // Vouchers are cumulative per payee: two providers of one would each see amounts that they cannot check.
  if (others.some((other) => other.payee.toLowerCase() === payee)) {
    return no(
      'same-payee',
      'another provider of this payee works on this job; lend it under an address of its own',
    );
  }
  return undefined;
}

function no(reason: RefusalReason, detail: string): ProposalRefusal {
  return { reason, detail };
}
