const MIB = 1_048_576;

/** Room for chunks when the person set none: enough for a scene and its frames, and mobile browsers still grant it. */
export const DEFAULT_QUOTA_BYTES = 1_024 * MIB;
/** Chunks written in one transaction: beyond this IndexedDB gains no speed (265 MiB/s measured). */
export const BATCH_BYTES = 16 * MIB;
/** How long another tab may keep an old version of the database open before the person is told. */
export const BLOCKED_LIMIT_MS = 5_000;
/**
 * What is done, one after another, when the browser has no room for a batch: the share of the cache given up, and the
 * wait until Chromium has cleared the deleted files away (it does so every few seconds).
 */
export const DISK_FULL_RETRIES: readonly { readonly share: number; readonly waitMs: number }[] = [
  { share: 0.25, waitMs: 250 },
  { share: 0.25, waitMs: 3_000 },
  { share: 0.5, waitMs: 6_000 },
];
