import type { Capabilities } from '../../protocol/capabilities.ts';
import { MAX_REASON_CHARS } from '../../protocol/constants.ts';
import type { Demand } from '../../protocol/announce.ts';
import type { PeerId } from '../../protocol/identity.ts';
import type { Proposal, RefusalReason } from '../../protocol/negotiate.ts';
import { isSameAddress } from '../../protocol/primitives.ts';
import { checkMember } from './group-proof.ts';
import { parseGroupKey } from './group-key.ts';
import { aboveCeiling } from './match-demand.ts';
import { lacksNumericClass, meetRequirements } from './meet-requirements.ts';

/** What the requestor knows when a proposal comes. */
export interface RequestorSide {
  readonly demand: Demand;
  /** Providers that sit on a seat now. */
  readonly seated: readonly { readonly peer: PeerId; readonly payee: string }[];
  readonly bannedPeers: { has(peer: PeerId): boolean };
  /** In lower case. */
  readonly bannedPayees: { has(payee: string): boolean };
  /** The key of the private group that the job is for, as a text; a secret. @default the open market */
  readonly groupKey?: string;
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
  if (side.bannedPeers.has(proposal.provider) || side.bannedPayees.has(proposal.payee.toLowerCase())) {
    return no('banned', 'a result of this provider was rejected in this job');
  }
  if (proposal.pricePerUnit > demand.priceCeiling) {
    return no('price-above-ceiling', aboveCeiling(proposal.pricePerUnit, demand.priceCeiling));
  }
  const unmet = checkMachine(proposal, side) ?? checkGroup(proposal, side);
  if (unmet !== undefined) return unmet;
  if (others.length >= demand.seats.total)
    return no('seats-filled', `all ${demand.seats.total} seats are filled`);
  // Vouchers are cumulative per payee: two providers of one would each see amounts that they cannot check.
  if (others.some((other) => isSameAddress(other.payee, proposal.payee))) {
    return no(
      'same-payee',
      'another provider of this payee works on this job; lend it under an address of its own',
    );
  }
  return undefined;
}

/** All that the machine lacks, in one refusal. */
function checkMachine(proposal: Proposal, side: RequestorSide): ProposalRefusal | undefined {
  const { kind, requirements, policy } = side.demand;
  const capabilities = capabilitiesOf(proposal);
  const lacks = meetRequirements(requirements, kind, capabilities);
  if (lacks.length > 0) return no('requirements-not-met', lacks.map(({ text }) => text).join('; '));
  const unknownClass = lacksNumericClass(policy, kind, capabilities);
  return unknownClass === undefined ? undefined : no('other-numeric-class', unknownClass.text);
}

/** The speed that a proposal is held to is its own; what it says of nothing else, it does not have. */
function capabilitiesOf({ capabilities, kind, microUnitsPerSecond }: Proposal): Capabilities {
  const known = capabilities ?? { cores: 0, memoryBytes: 0, storageBytes: 0, scores: {} };
  return { ...known, scores: { ...known.scores, [kind]: microUnitsPerSecond } };
}

function checkGroup(
  { provider, job, expiresAt, group }: Proposal,
  { groupKey, nowMs }: RequestorSide,
): ProposalRefusal | undefined {
  if (groupKey === undefined) return undefined;
  const scope = { role: 'provider', peer: provider, job, expiresAt } as const;
  if (group !== undefined && checkMember(parseGroupKey(groupKey), group, scope, nowMs)) return undefined;
  return no('not-in-group', 'the job is for members of a private group');
}

function no(reason: RefusalReason, detail: string): ProposalRefusal {
  return { reason, detail: detail.slice(0, MAX_REASON_CHARS) };
}
