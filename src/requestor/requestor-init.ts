import type { Cid } from '../base/cid.ts';
import type { Random } from '../base/random.ts';
import type { Clock } from '../base/time.ts';
import type { Ledger } from '../payment/voucher/ledger.ts';
import type { RefusedReceipt } from '../payment/receipt/judge-receipt.ts';
import type { ReceiptRecord } from '../payment/receipt/receipt.ts';
import type { PaymentTerms } from '../protocol/payment-terms.ts';
import type { ReputationRecord } from '../reputation/record.ts';
import type { RecordsSlice } from '../reputation/records-slice.ts';
import type { FraudDesk } from './evidence/fraud-desk.ts';
import type { JobRecord, RequestorAgreementRecord, ResultRecord } from './records.ts';
import type { Collection } from '../base/collection.ts';
import type { PaymentSession, RequestorNetwork, RequestorSandbox } from './slices.ts';
import type { StoredTrace } from './trace/trace-book.ts';

/** What a requestor is made of. */
export interface RequestorInit {
  readonly network: RequestorNetwork;
  readonly sandbox: RequestorSandbox;
  readonly clock: Clock;
  readonly random: Random;
  readonly jobs: Collection<JobRecord>;
  readonly results: Collection<ResultRecord>;
  readonly agreements: Collection<RequestorAgreementRecord>;
  /** What providers signed of this requestor (payment/receipt). */
  readonly receipts: Collection<ReceiptRecord>;
  /** Receipts that were not kept. */
  readonly disputes: Collection<RefusedReceipt>;
  readonly ledgers: Collection<Ledger>;
  readonly reputation: Collection<ReputationRecord>;
  readonly traces: Collection<StoredTrace>;
  /** Who was convicted of lies. Started and ended by its owner. */
  readonly fraud: FraudDesk;
  /** Records that are shown and read. @default none */
  readonly records?: RecordsSlice;
  /** Keeps blobs from eviction for an owner, and lets them go. */
  readonly pin: (owner: string, cids: readonly Cid[]) => Promise<void>;
  readonly unpin: (owner: string) => Promise<void>;
  /** The session key of a job that was begun earlier. */
  readonly reopenSession: (terms: PaymentTerms, cap: bigint) => Promise<PaymentSession>;
}
