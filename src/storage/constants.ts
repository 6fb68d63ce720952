const MIB = 1_048_576;

/** Room for chunks when the person set none: enough for a scene and its frames, and mobile browsers still grant it. */
export const DEFAULT_QUOTA_BYTES = 1_024 * MIB;
/** Chunks written in one transaction: beyond this IndexedDB gains no speed (265 MiB/s measured). */
export const BATCH_BYTES = 16 * MIB;
/** How long another tab may keep an old version of the database open before the person is told. */
export const BLOCKED_LIMIT_MS = 5_000;
/** Shares of the cache given up, one after another, when the browser has no room for a batch. */
export const DISK_FULL_SHARES: readonly number[] = [0.25, 0.5, 1];
