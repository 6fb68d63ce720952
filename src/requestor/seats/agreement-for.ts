import type { Demand } from '../../protocol/announce.ts';
import type { Agreement, Proposal } from '../../protocol/negotiate.ts';
import { AGREEMENT_LIFETIME_MS } from '../constants.ts';

/** The agreement that an accepted proposal leads to, by the demand as it is now. */
export function agreementFor(demand: Demand, proposal: Proposal, nowMs: number): Agreement {
  return {
    job: proposal.job,
    requestor: demand.requestor,
    provider: proposal.provider,
    payee: proposal.payee,
    payment: demand.payment,
    kind: demand.kind,
    pricePerUnit: proposal.pricePerUnit,
    microUnitsPerTask: demand.microUnitsPerTask,
    slots: proposal.slots,
    policy: demand.policy,
    comparator: demand.comparator,
    creditLimit: proposal.creditLimit,
    issuedAt: nowMs,
    expiresAt: nowMs + AGREEMENT_LIFETIME_MS,
    nonce: crypto.getRandomValues(new Uint8Array(16)),
  };
}
