/** Longest path or symbolic link; PATH_MAX of Linux. */
export const MAX_PATH_BYTES = 4_096;
/** Longest name of one file; NAME_MAX of Linux. */
export const MAX_NAME_BYTES = 255;
/** Symbolic links that one path may lead through; Linux has the same. */
export const MAX_SYMLINKS = 40;
/** Byte ranges of one read or write; IOV_MAX of Linux. */
export const MAX_VECTORS = 1_024;
/** Subscriptions of one `poll_oneoff`. */
export const MAX_SUBSCRIPTIONS = 4_096;
/** Descriptors open at once. */
export const MAX_DESCRIPTORS = 4_096;
/** Standard error is kept so far, for whoever looks for a fault; the rest is forgotten. */
export const MAX_STDERR_BYTES = 65_536;
/** Lines of a trace. */
export const MAX_TRACE_LINES = 10_000;
