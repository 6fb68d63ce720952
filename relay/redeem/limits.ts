/** What redeeming for others may cost a relay, with the reason beside each number. */

/** Vouchers held for one payee: as many payers at once keep no tab busy, and they fit one transaction. */
export const MAX_VOUCHERS_PER_PAYEE = 100;
/** Vouchers held in all; 330 bytes each, so 7 MB. */
export const MAX_HELD_VOUCHERS = 20_000;
/** Payees held; each is one file. */
export const MAX_HELD_PAYEES = 2_000;
/** Largest file of one payee: 100 vouchers with the longest proofs take 262 KB. */
export const MAX_PAYEE_FILE_BYTES = 1_048_576;
/** Vouchers that one peer may have checked, per second and in a burst: each costs a read of the chain. */
export const CHECKS_PER_PEER_PER_SECOND = 1;
export const CHECK_BURST_PER_PEER = 100;
/** Vouchers checked for everybody together, so that a crowd of new identities cannot drown the chain's node. */
export const CHECKS_PER_SECOND = 50;
export const CHECK_BURST = 1_000;
/** Hand-overs that change what is held for one payee: each is a durable write. */
export const WRITES_PER_PAYEE_PER_SECOND = 0.1;
export const WRITE_BURST_PER_PAYEE = 20;
/** Hand-overs looked at at the same time; the rest is told to come again. */
export const MAX_CHECKS_AT_ONCE = 16;
/** A signed payout must live this long when it comes: gas may be dear for a while. */
export const MIN_PAYOUT_LIFE_MS = 3_600_000;
/** A voucher that could not be paid is forgotten after this long, whatever its key's expiry says. */
export const MAX_HELD_MS = 30 * 86_400_000;
/** A payee whose vouchers did not pay is tried again after this long, doubled each time up to the second. */
export const RETRY_MS = 60_000;
export const MAX_RETRY_MS = 6 * 3_600_000;
/** After a round that failed (the node is away) the next one comes after this long, doubled up to the second. */
export const ROUND_RETRY_MS = 5_000;
export const MAX_ROUND_RETRY_MS = 300_000;
/** A transaction that no block takes for this long is sent again with a higher fee, same nonce. */
export const STUCK_MS = 120_000;
/** Nodes take a replacement only when it pays at least a tenth more (geth's default). */
export const REPLACEMENT_PERCENT = 112n;
/** What is asked as a fee is this many times the gas of now: it may be dearer when the transaction goes. */
export const FEE_TIMES_GAS = 2n;
/** Estimates are raised by this much: the state may change between trial and block. */
export const GAS_MARGIN_PERCENT = 125n;
/** Tries of a transaction with rising fees that are remembered. */
export const MAX_REPLACEMENTS = 20;
/** Time between two rounds: what comes meanwhile goes together. */
export const ROUND_MS = 30_000;
/** How often a transaction on its way is looked up. */
export const SETTLE_POLL_MS = 2_000;
/** Gas price beyond which nothing is sent, in wei: 500 gwei, which Polygon passes on bad days only. */
export const MAX_WEI_PER_GAS = 500_000_000_000n;
/**
 * Gas of a day where the operator pays, in wei, by the coin: 500 first redemptions on Polygon, a few dozen elsewhere.
 * Who pays itself by vouchers loses nothing; what it can burn of the operator's coins must have an end.
 */
export const MAX_WEI_PER_DAY = { POL: 1_000_000_000_000_000_000n, ETH: 10_000_000_000_000_000n } as const;
/** Blocks on top of a transaction before its vouchers are forgotten: reorganisations are shorter. */
export const CONFIRMATIONS = 8n;
