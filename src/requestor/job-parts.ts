import type { Bytes } from '../base/bytes.ts';
import type { Cid } from '../base/cid.ts';
import type { Collection } from '../base/collection.ts';
import type { Random } from '../base/random.ts';
import type { Clock } from '../base/time.ts';
import type { Demand } from '../protocol/announce.ts';
import type { PeerId } from '../protocol/identity.ts';
import type { Result } from '../protocol/task.ts';
import type { ReceiptShelf } from '../storage/receipt-shelf.ts';
import type { JobRecord, RequestorAgreementRecord } from './records.ts';
import type { ReputationBook } from './seats/reputation-book.ts';
import type { Judgement } from './results/own/own-verifier.ts';
import type { Outputs, ResultKeeper } from './results/result-keeper.ts';
import type { TaskObserver } from './results/task-events.ts';
import type { RequestorNetwork } from './slices.ts';

/** What one running job is made of; the requestor puts it together. */
export interface JobParts {
  readonly record: JobRecord;
  readonly taskCount: number;
  readonly network: RequestorNetwork;
  readonly clock: Clock;
  readonly random: Random;
  readonly keeper: ResultKeeper;
  readonly agreements: Collection<RequestorAgreementRecord>;
  /** Takes what providers sign of this requestor. */
  readonly shelf: ReceiptShelf;
  readonly reputation: ReputationBook;
  /** Hear all that happens to the job's tasks. @default none */
  readonly observers?: readonly TaskObserver[];
  /** Makes lease ids of this run differ from those of the same job before a reload. */
  readonly leaseSalt: string;
  /** What the demand says that does not change while the job runs. */
  readonly demandTerms: Omit<
    Demand,
    'requestor' | 'addresses' | 'issuedAt' | 'expiresAt' | 'tasksLeft' | 'seats' | 'priceCeiling'
  >;
  /** The highest price per unit that it says now: it may be raised. */
  readonly priceCeiling: () => bigint;
  /** Runs a task on this device. */
  readonly recompute: (
    task: number,
  ) => Promise<{ result: Result; digest: string; inline: Record<string, Bytes> }>;
  /** Runs the job's verifier program on the outputs of a result that ended `ok`. */
  readonly verify: (task: number, outputs: Outputs) => Promise<Judgement>;
  /** Fetches an output blob and checks its size. */
  readonly fetchOutput: (
    cid: Cid,
    bytes: number,
    holders: readonly { readonly peer: PeerId; readonly addresses: readonly string[] }[],
    signal: AbortSignal,
  ) => Promise<Bytes>;
}
