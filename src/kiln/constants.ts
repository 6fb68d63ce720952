/** Name of the database of this browser profile. */
export const STORE_NAME = 'kiln';
/** Memory that a provider offers: the sandbox's default per slot. */
export const OFFERED_MEMORY_BYTES = 256 * 1024 * 1024;
/** GPU memory that a provider offers: the sandbox's default. */
export const OFFERED_GPU_MEMORY_BYTES = 256 * 1024 * 1024;
/** Share of the cores lent by default: the person goes on working. */
export const DEFAULT_CORE_SHARE = 0.5;
/**
 * A job's key stays good this long beyond the longest agreement and the pool's thaw: a week for providers who come back
 * late. It costs the payer nothing, since a deposit thaws independently of its keys.
 */
export const SESSION_MARGIN_MS = 7 * 86_400_000;
/** Collateral lasts this long: two days for a provider that redeems what is a day old. */
export const COVER_LASTS_MS = 2 * 86_400_000;
/** Vouchers are redeemed by themselves when asked for, at most this often. */
export const REDEEM_INTERVAL_MS = 60_000;
/** How often it is checked whether vouchers must be redeemed. */
export const REDEEM_CHECK_MS = 600_000;
/** Entries of the wallet's history that are shown. */
export const MAX_HISTORY_SHOWN = 100;
/** Session keys listed, one question to the chain each; those that ended are shown for a day more. */
export const MAX_SESSIONS_SHOWN = 30;
export const ENDED_SESSION_SHOWN_MS = 86_400_000;
/** New vouchers are shown within this time. */
export const WALLET_REFRESH_MS = 2_000;
/** How long a page waits for its former self to let go of the node, and how often it asks. */
export const OLD_TAB_GRACE_MS = 4_000;
export const OLD_TAB_POLL_MS = 200;
