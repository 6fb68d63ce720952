/** Fraud proofs kept. What was proven of peers one deals with goes last. */
export const MAX_FRAUD_RECORDS = 256;
/** Accusations kept of one accused, and by one accuser: neither can push the others out. */
export const MAX_PER_ACCUSED = 4;
export const MAX_PER_ACCUSER = 32;
/** An accusation that nobody needed to check in this time is forgotten. */
export const CLAIM_LIFETIME_MS = 7 * 86_400_000;
/** Checks that strangers' claims may cost this device within an hour. */
export const MAX_CHECKS_PER_HOUR = 20;
/** Time that they may take together: a twelfth of this device's. */
export const MAX_CHECK_MS_PER_HOUR = 300_000;
/** Longest that one check may compute. */
export const CHECK_TIMEOUT_MS = 60_000;
/** Longest that manifest and inputs of a claim may take to come. */
export const CHECK_FETCH_MS = 30_000;
/** Inputs that one check may fetch. */
export const MAX_CHECK_INPUT_BYTES = 64 * 1024 * 1024;
/** Own proofs are told again this often: peers join and leave. */
export const REPEAT_PROOF_MS = 30 * 60_000;
/** So many of the newest, and none after a week. */
export const REPEATED_PROOFS = 8;
export const REPEATED_FOR_MS = 7 * 86_400_000;
