import type { PeerId } from '../protocol/identity.ts';
import type { Address } from '../protocol/primitives.ts';
import type { RecordRef } from '../protocol/receipt.ts';
import type { Role } from './peer-record.ts';
import type { SecondHand } from './second-hand.ts';

/** What somebody shows of itself in a demand or a proposal. */
export interface Shown {
  readonly peer: PeerId;
  readonly addresses: readonly string[];
  /** On which side it is now: only what it did on that side counts. */
  readonly role: Role;
  /**
   * The account that it is paid on, or pays from, now. Only money of that account speaks for it: what is redeemed on chain
   * is public, so anybody could name that of others.
   */
  readonly account: Address;
  readonly record?: RecordRef | undefined;
}

/** Records as both roles use them: one's own, and those of others. */
export interface RecordsSlice {
  /** One's own record, ready to be fetched by others; undefined while there is none. */
  own(): RecordRef | undefined;
  /** What a stranger's record is worth. Never rejects and never takes long: what comes too late counts the next time. */
  weigh(shown: Shown): Promise<SecondHand>;
}
