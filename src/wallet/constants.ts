/** Limits and waits of the wallet, with the unit in the name. */

/** A payer's view is read again after this long; well under the 60 s that a provider's rules allow. */
export const VIEW_CACHE_MS = 20_000;
/** Views kept: terms come from strangers, so their number is bounded. */
export const MAX_CACHED_VIEWS = 500;
/** Vouchers per redemption: 100 first redemptions take 7.1 M gas (measured), well under a block. */
export const MAX_REDEEM_ROWS = 100;
/** How often a pending transaction is looked up. */
export const RECEIPT_POLL_MS = 250;
/** How long a transaction may stay pending before the caller is told. */
export const RECEIPT_TIMEOUT_MS = 180_000;
/** How long one request to the chain's node may take. */
export const RPC_TIMEOUT_MS = 15_000;
/** Native coin below which a local chain refills an account: hundreds of transactions. */
export const LOW_GAS_WEI = 100_000_000_000_000_000n;
/** Native coin that a local chain gives an account. */
export const GAS_GIFT_WEI = 10_000_000_000_000_000_000n;
/** Injected wallets listed: any script of the page can announce one. */
export const MAX_INJECTED_WALLETS = 24;
/** Longest name and icon (a data URL) that an injected wallet may show. */
export const MAX_WALLET_NAME_CHARS = 60;
export const MAX_WALLET_ICON_CHARS = 100_000;
/** How often an injected wallet is asked about a batch, and how long. */
export const CALLS_POLL_MS = 500;
export const CALLS_TIMEOUT_MS = 180_000;
/**
 * What one native coin is worth, in whole GLM, where the network's configuration does not say: an order of magnitude is
 * enough, since vouchers are redeemed when they are worth many times their gas.
 */
export const TOKENS_PER_COIN = { POL: 1, ETH: 10_000 } as const;
/** Nodes whose newest blocks are further apart than this are not compared: one is stuck (half a minute on Polygon). */
export const MAX_BLOCK_LAG = 16n;
/** How often the pool's events of payers are looked at: well within the shortest thaw, a minute on local chains. */
export const PAYER_WATCH_MS = 10_000;
/** Blocks of one question for events: the least that public nodes allow. */
export const MAX_LOG_BLOCKS = 500n;
/** Questions of one look: a tab that slept for a day catches up within minutes. */
export const MAX_LOG_RANGES = 10;
/** Events that one answer may hold, and payers whose events are asked for: the last ones. */
export const MAX_LOGS = 1_000;
export const MAX_WATCHED_PAYERS = 200;
/** How long a redeeming relay may take for all it is asked in one go: it reads the chain for each voucher. */
export const RELAY_ANSWER_MS = 60_000;
/** Most of a payout that a relay may ask as its fee; beyond it the vouchers wait until they are worth more. */
export const MAX_FEE_PERCENT = 10n;
/** How long a signed payout is good: gas may be dear for a while. */
export const PAYOUT_LIFE_MS = 86_400_000;
/** How long a signed order may be carried out: a busy chain's queue, and little more, for until then it cannot be undone. */
export const ORDER_LIFE_MS = 600_000;
/** Payees that one transaction sets collateral aside for: 50k gas each, well under a block. */
export const MAX_COVERED_PAYEES = 50;
