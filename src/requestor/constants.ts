/** Numbers of the requestor's own behaviour; wire limits live in `protocol/constants.ts`. */

/** Proposals are collected this long before the best are chosen. */
export const RANKING_WINDOW_MS = 400;
/** How often leases, duplicates and announcements are looked at. */
export const SWEEP_INTERVAL_MS = 1_000;
/** A provider that was asked to reveal has this long. */
export const REVEAL_TIMEOUT_MS = 30_000;
/** How often it may say a commitment again, after breaks of its stream, and be asked anew: each time it has longer. */
export const MAX_COMMITS_REPEATED = 4;
/** The first announcements of a job come quickly: gossip meshes need a moment to form. */
export const FIRST_ANNOUNCEMENTS_MS: readonly number[] = [0, 1_500, 4_000, 9_000];
/** A demand holds this long; it is repeated before it ends. */
export const DEMAND_LIFETIME_MS = 60_000;
/** The last word of a job lives just long enough to reach every board. */
export const LAST_DEMAND_LIFETIME_MS = 5_000;
/** An agreement holds this long at most; a longer job agrees anew. */
export const AGREEMENT_LIFETIME_MS = 6 * 3_600_000;
/** The view is rebuilt at most this often. */
export const VIEW_INTERVAL_MS = 150;
/** Weight of the newest sample in a provider's measured milliseconds per task. */
export const SPEED_SMOOTHING = 0.3;
/** Slots that a provider is believed to have before any result comes; each result is worth one more. Most lend no more. */
export const STARTING_SLOTS = 8;
/** A provider's pace is believed up to this many times what its results show: slots idle, and first tasks compile. */
export const PACE_DOUBT = 4;
/** Tasks or leases that one provider may give up, or hand in void, before the job ends its agreement. */
export const MAX_FAILED_LEASES = 5;
/** A provider whose stream has been gone this long gets its tasks taken away; it may still come back. */
export const ABSENCE_BEFORE_REQUEUE_MS = 10_000;
/** Rejected results that the view keeps. */
export const MAX_REJECTED_SHOWN = 500;
/**
 * Results that nobody else at work may confirm wait this long for another provider before this device confirms them:
 * longer than a seat takes to be filled, shorter than a person waits before giving up.
 */
export const LONELY_BEFORE_OWN_RUN_MS = 45_000;
/**
 * Results that nobody at work has the credit to confirm wait this long: providers that risk all they may would leave
 * after two minutes, and one that is late has taken up to a minute and a half of them.
 */
export const STUCK_BEFORE_OWN_RUN_MS = 15_000;
/**
 * Results of providers in one network wait this long for somebody from another one before this device helps out: longer
 * than seats take to be filled when a job begins, shorter than the two minutes after which unpaid providers leave.
 */
export const NEIGHBOURS_WAIT_MS = 10_000;
/** How often it is looked from which network each provider is reached. */
export const NETWORK_LOOK_INTERVAL_MS = 10_000;
/** A browser tells within milliseconds; work is not held up for longer than this. */
export const NETWORK_LOOK_TIMEOUT_MS = 400;
/** Tasks of a job whose known answers are kept to check providers with. */
export const MAX_KNOWN_ANSWERS = 1_000;
/** Notes that the view of a job keeps. */
export const MAX_NOTES_SHOWN = 20;
/** Refused providers that the view keeps. */
export const MAX_REFUSED_SHOWN = 50;
/** Peers named to a provider as holders of the job's inputs. */
export const MAX_HOLDERS_NAMED = 4;
/** Waiting times between attempts to store a verified result; then the job fails, because nothing else would show it. */
export const STORE_RETRY_DELAYS_MS: readonly number[] = [1_000, 5_000, 20_000];
/** Collateral is set aside at most this often: it costs the requestor gas, and any provider may ask. */
export const COVER_INTERVAL_MS = 60_000;
/** An agreement is renewed this long before it expires: time for clocks that differ, broken streams and a slow chain. */
export const RENEW_BEFORE_MS = 15 * 60_000;
/** And by as many of the provider's tasks: one that runs, one that waits, one that is leased next. */
export const RENEW_BEFORE_TASKS = 4;
/** A renewal that is not answered is offered again after this long: what kept the provider from signing may pass. */
export const RENEW_AGAIN_MS = 60_000;
/** An ended agreement's stream is kept this long for the receipt of its provider. */
export const LAST_WORDS_MS = 5_000;
