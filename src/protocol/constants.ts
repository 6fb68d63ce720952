/** Every limit a stranger meets on the wire, with its unit in the name and its reason beside it. */

const KIB = 1024;
const MIB = 1024 * KIB;

/** Gossip frames stay small: announcements carry CIDs, never data (design: network, relay limits). */
export const MAX_ANNOUNCEMENT_BYTES = 16 * KIB;
/** Proposals, agreements and refusals are a few hundred bytes. */
export const MAX_NEGOTIATE_FRAME_BYTES = 16 * KIB;
/** A lease of many tiny tasks with their inline results must fit one frame. */
export const MAX_WORK_FRAME_BYTES = 1 * MIB;
/** A page of the board. */
export const MAX_BOARD_FRAME_BYTES = 256 * KIB;
/** A manifest names blobs; it never holds them. */
export const MAX_MANIFEST_BYTES = 64 * KIB;

/** CBOR nested deeper than this is refused before it is decoded. */
export const MAX_CBOR_DEPTH = 24;

/** Announcements live at most this long, so that a vanished peer is forgotten soon. */
export const MAX_ANNOUNCEMENT_LIFETIME_MS = 120_000;
/** Clocks of strangers may be this far ahead. */
export const MAX_CLOCK_SKEW_MS = 30_000;
/** How often an announcement that still holds is repeated; jitter is added. */
export const ANNOUNCE_INTERVAL_MS = 20_000;
/** Announcements one peer may originate per second, sustained and in a burst. */
export const ANNOUNCEMENTS_PER_SECOND = 2;
export const ANNOUNCEMENT_BURST = 20;

/** Text limits. */
export const MAX_NAME_CHARS = 80;
export const MAX_REASON_CHARS = 300;
export const MAX_ADDRESSES = 6;
export const MAX_ADDRESS_CHARS = 300;

/** What a GPU may say of itself: more than any adapter has today. */
export const MAX_GPU_NAME_CHARS = 120;
export const MAX_GPU_FEATURES = 40;
export const MAX_GPU_LIMITS = 48;
export const MAX_GPU_VENDORS = 8;
/** Longest round trip that is worth saying. */
export const MAX_LATENCY_MS = 60_000;
/** A peer's own record: receipts of about a kilobyte each, fetched before a stranger is trusted. */
export const MAX_RECORD_RECEIPTS = 48;
export const MAX_RECORD_BYTES = 64 * KIB;

/** A fraud proof carries one or two signed commits of up to some hundred tasks; it must fit a gossip frame of 64 KiB. */
export const MAX_FRAUD_PROOF_BYTES = 48 * KIB;
/** Fraud proofs that one peer may gossip per second, sustained and in a burst: each costs some signature checks. */
export const FRAUD_PROOFS_PER_SECOND = 0.1;
export const FRAUD_PROOF_BURST = 10;

/** A lease takes about a second of a provider's time (design: leases). */
export const LEASE_TARGET_MS = 1_000;
/** Tiny tasks are batched up to this many per lease, so that a frame of results stays bounded. */
export const MAX_TASKS_PER_LEASE = 1_024;
/** Tasks of one signed commit: 15 KiB, so that two of them fit a fraud proof and none can be too large to be shown. */
export const MAX_COMMIT_ENTRIES = 256;
/** Leases kept in flight per provider slot, so that its pipe never runs dry. */
export const LEASES_IN_FLIGHT = 2;
/** Leases that a provider accepts at once, whatever it was told. */
export const MAX_OPEN_LEASES = 256;
/** `progress` comes at most this often. */
export const PROGRESS_INTERVAL_MS = 500;
/** Heartbeat of a work stream, and how long silence lasts before the stream counts as broken. */
export const PING_INTERVAL_MS = 5_000;
export const SILENCE_LIMIT_MS = 20_000;
/** A broken work stream may be resumed this long. */
export const RESUME_WINDOW_MS = 120_000;
/** Outputs of one lease up to this many bytes travel inside the result frame; larger ones as blobs. */
export const MAX_INLINE_OUTPUT_BYTES = 64 * KIB;

/** Tasks per job: indexes travel as integers and a job's record must fit a tab. */
export const MAX_TASKS_PER_JOB = 1_000_000;
export const MAX_INPUT_BLOBS = 64;
export const MAX_OUTPUT_FILES = 64;

/** Streams one peer may hold open per protocol. */
export const MAX_STREAMS_PER_PEER = 4;
/** Work frames one peer may send per second, sustained and in a burst. */
export const WORK_FRAMES_PER_SECOND = 200;
export const WORK_FRAME_BURST = 1_000;
/** Negotiations that a requestor holds open at once, one with each provider. */
export const MAX_OPEN_NEGOTIATIONS = 128;
/** How long one step of a negotiation may take. */
export const NEGOTIATION_TIMEOUT_MS = 15_000;

/** Vouchers that one hand-over to a redeeming relay may bring; they are of one payee. */
export const MAX_HANDED_VOUCHERS = 50;
/** Levels of an allocation's sum tree, as the contract's: 2^32 payees. */
export const MAX_PROOF_LEVELS = 32;
/** Such a hand-over with the longest proofs is 124 KiB. */
export const MAX_REDEEM_FRAME_BYTES = 256 * KIB;

/** Blob bytes served per peer and minute. */
export const MAX_BLOB_BYTES_SERVED_PER_MINUTE = 2_048 * MIB;
/** Board entries a relay holds, and a page of an answer. */
export const MAX_BOARD_ENTRIES = 10_000;
export const BOARD_PAGE_ENTRIES = 50;

/** One unit of work has this many micro-units; prices are per unit, amounts of work are integers of these. */
export const MICRO_UNITS_PER_UNIT = 1_000_000n;
