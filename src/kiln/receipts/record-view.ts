import type { Cid } from '../../base/cid.ts';
import type { PeerId } from '../../protocol/identity.ts';
import type { Receipt } from '../../protocol/receipt.ts';
import type { FraudState } from '../../requestor/evidence/fraud-record.ts';

/** What others signed of one's dealings in one role. */
export interface RoleRecordView {
  /** Agreements with a receipt, and how many different peers signed them. */
  readonly agreements: number;
  readonly counterparts: number;
  /** Tasks. */
  readonly accepted: number;
  readonly rejected: number;
  readonly lost: number;
  /** In the token's smallest unit. */
  readonly paid: bigint;
}

/** A receipt that was not kept, with what both sides say. Amounts are in the token's smallest unit. */
export interface RefusedReceiptView {
  readonly signer: PeerId;
  readonly agreement: string;
  readonly job: Cid;
  /** For people. */
  readonly why: string;
  readonly ours: ReceiptNumbers;
  /** Absent where it was no receipt of the signer. */
  readonly theirs?: ReceiptNumbers;
  readonly receivedAtMs: number;
}

/** What a receipt counts: tasks, and what was paid. */
export type ReceiptNumbers = Pick<Receipt, 'accepted' | 'rejected' | 'lost' | 'paid'>;

/** One's own record. */
export interface OwnRecordView {
  readonly peer: PeerId;
  readonly asProvider: RoleRecordView;
  readonly asRequestor: RoleRecordView;
  /** Receipts that were not kept because they differ from one's own books, newest first. */
  readonly refused: readonly RefusedReceiptView[];
}

/** An accusation as people see it. */
export interface FraudView {
  /** Names the accusation, and its file. */
  readonly digest: string;
  readonly provider: PeerId;
  readonly accuser: PeerId;
  readonly job: Cid;
  readonly task: number;
  readonly kind: 'equivocation' | 'refuted';
  readonly state: FraudState;
  readonly receivedAtMs: number;
  /** This browser caught it itself. */
  readonly isOwn: boolean;
}
