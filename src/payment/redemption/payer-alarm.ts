import type { PaymentTerms } from '../../protocol/payment-terms.ts';
import { type Address, isSameAddress } from '../../protocol/primitives.ts';

/** Something that a payer did, or that came out about it, after which nobody should go on working for it on credit. */
export interface PayerAlarm {
  /** The event of the contract. */
  readonly event: 'ThawStarted' | 'SignerRevoking' | 'Shortfall' | 'Equivocation';
  readonly payer: Address;
  /** Its session key; absent where the whole deposit is meant. */
  readonly signer?: Address;
}

const MEANING: Readonly<Record<PayerAlarm['event'], string>> = {
  ThawStarted: 'The payer is taking its deposit back.',
  SignerRevoking: 'The payer is ending the session key of this job.',
  Shortfall: 'The payer could not pay somebody in full.',
  Equivocation: 'The payer has hidden promises: more was redeemed than its key said to have issued.',
};

/** The alarm in words, for people. */
export function describeAlarm({ event }: PayerAlarm): string {
  return MEANING[event];
}

/**
 * Must whoever works for these terms heed the alarm? Ending one key says nothing about a payer's other jobs; all else
 * does: they share its deposit.
 */
export function isConcerned(terms: Pick<PaymentTerms, 'payer' | 'sessionKey'>, alarm: PayerAlarm): boolean {
  if (!isSameAddress(terms.payer, alarm.payer)) return false;
  if (alarm.event !== 'SignerRevoking') return true;
  return alarm.signer !== undefined && isSameAddress(terms.sessionKey, alarm.signer);
}
