/** Numbers of the provider's own behaviour; wire limits live in `protocol/constants.ts`. */

/** First wait before a broken work stream is opened again; doubles up to the second number. */
export const RECONNECT_FIRST_MS = 250;
export const RECONNECT_MOST_MS = 8_000;
/** A job that was refused or failed is not asked again for this long. */
export const RETRY_JOB_AFTER_MS = 10_000;
/** A requestor that wastes time again and again is left alone up to this long. */
export const AVOID_LONGEST_MS = 320_000;
/** Names that are avoided at once; identities cost nothing, memory does. */
export const MAX_AVOIDED = 1_000;
/** Fetching a job's description, a few kilobytes, may take this long. */
export const FETCH_MANIFEST_MS = 15_000;
/** Fetching a job's program and making it ready may take this long; programs are megabytes. */
export const OPEN_JOB_MS = 120_000;
/** An agreement that brings no lease for this long is ended, so that its slot can serve others. */
export const IDLE_AGREEMENT_MS = 120_000;
/** An agreement without a lease for this long no longer counts as using this machine. */
export const SPARE_AFTER_MS = 5_000;
/** Finished tasks wait at most this long for others to be committed in the same frame. */
export const COMMIT_BATCH_MS = 100;
/** Results of one frame are cut at this many bytes of inline output, half of the frame limit. */
export const RESULT_FRAME_BYTES = 512 * 1024;
/**
 * A job that takes this many times the work it states is left. Generous, because a busy machine is easily
 * several times slower than its benchmark.
 */
export const MAX_UNDERSTATEMENT = 10;
/** Tasks to see before that is judged. */
export const UNDERSTATEMENT_SAMPLE_TASKS = 5;
/** Demands that fit and wait for their answer; each is looked at anew when its time has come. */
export const MAX_WAITING_DEMANDS = 32;
/** Speeds are measured again when they are this old and nobody uses the machine: devices throttle, and browsers change. */
export const REMEASURE_AFTER_MS = 1_800_000;
/** A first measurement, made while a person was there, is repeated once the machine has been left alone this long. */
export const IDLE_BEFORE_MEASURE_MS = 60_000;
/** What is asked follows the market at this pace. */
export const PRICE_STEP_MS = 60_000;
/** Finished agreements and passed demands that the view keeps showing. */
export const MAX_ENDED_SHOWN = 20;
export const MAX_PASSED_SHOWN = 20;
/** Proposals and offers hold this long. */
export const PROPOSAL_LIFETIME_MS = 30_000;
export const OFFER_LIFETIME_MS = 60_000;
/** Tasks handed to the sandbox per slot: one runs, the next starts without a round trip through the host. */
export const TASKS_PER_SLOT = 2;
/** The view is rebuilt at most this often. */
export const VIEW_INTERVAL_MS = 150;
/** An ended agreement is listened to this long: its last vouchers may be on their way. */
export const LAST_VOUCHERS_MS = 5_000;
/** How often a running agreement is looked at: is it idle, over, is its payer known to be good? */
export const INSPECT_INTERVAL_MS = 5_000;
/** A chain that does not answer a question in this time counts as silent. */
export const CHAIN_ANSWER_MS = 15_000;
/** A payer that owes more than its deposit and the credit cover has this long to set collateral aside: some blocks. */
export const COVER_WAIT_MS = 60_000;
/**
 * Collateral is asked for once this many credit limits are owed beyond it: half a minute of work. A deposit that covers
 * them now can be drained in one block, collateral cannot.
 */
export const EXPOSED_CREDITS = 10n;
/** The same payer is asked for collateral at most this often. */
export const COVER_ASK_MS = 30_000;
/** An agreement is renewed at most this often: each renewal asks the chain and writes to the disk. */
export const LEAST_RENEWAL_INTERVAL_MS = 60_000;
/** When an ended agreement is visited again for what was not paid, each after the one before: minutes, then an hour. */
export const LATE_VISITS_AFTER_MS: readonly number[] = [20_000, 120_000, 900_000, 3_600_000];
/** The stream of such a visit has to open in this time. */
export const VISIT_OPENS_WITHIN_MS = 15_000;
/** Agreements of closed tabs that are visited again, the newest: a tab serves some dozens at once at most. */
export const MAX_WORK_RESUMED = 100;
