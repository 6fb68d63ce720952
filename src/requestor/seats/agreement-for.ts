import { KEY_LIFE_AFTER_AGREEMENT_MS } from '../../payment/voucher/acceptance.ts';
import { MAX_CLOCK_SKEW_MS } from '../../protocol/constants.ts';
import type { Demand } from '../../protocol/announce.ts';
import type { Agreement, Proposal } from '../../protocol/negotiate.ts';
import { AGREEMENT_LIFETIME_MS } from '../constants.ts';

/**
 * The latest end of an agreement that is made now: a session key has to outlive it, so that its last vouchers can be
 * redeemed in peace. Milliseconds since 1970.
 *
 * @param keyExpiresAtMs end of the session key that pays. @default it is not known
 */
export function agreementEndMs(nowMs: number, keyExpiresAtMs = Number.POSITIVE_INFINITY): number {
  const latestMs = keyExpiresAtMs - KEY_LIFE_AFTER_AGREEMENT_MS - MAX_CLOCK_SKEW_MS;
  return Math.floor(Math.min(nowMs + AGREEMENT_LIFETIME_MS, latestMs));
}

/** The agreement that an accepted proposal leads to, by the demand as it is now. */
export function agreementFor(
  demand: Demand,
  proposal: Proposal,
  nowMs: number,
  keyExpiresAtMs?: number,
): Agreement {
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
    expiresAt: agreementEndMs(nowMs, keyExpiresAtMs),
    nonce: crypto.getRandomValues(new Uint8Array(16)),
  };
}
