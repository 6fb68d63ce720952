import type { Cid } from '../../base/cid.ts';
import type { PeerId } from '../../protocol/identity.ts';
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

/** One's own record. */
export interface OwnRecordView {
  readonly peer: PeerId;
  readonly asProvider: RoleRecordView;
  readonly asRequestor: RoleRecordView;
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
