const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;

/** All inputs of one job together: they are held in memory once per slot. */
export const MAX_INPUT_BYTES = 1 * GIB;
/** What one command may print; more ends it with `output-limit`. */
export const MAX_STDOUT_BYTES = 1 * MIB;
/** Files, directories and links that one command may have made at a time; a removed one counts no more. */
export const MAX_CREATED_FILES = 10_000;

/** A slot is replaced after this many tasks, so that nothing a guest may have left behind grows old; the old one works on until a spare has started. */
export const RECYCLE_AFTER_TASKS = 200;
/** A pool replaces one old slot in this time at most: a frame's start takes a tenth of a second of a core, and tiny tasks would start one after another. */
export const RECYCLE_INTERVAL_MS = 1_000;
/** A slot is replaced after this many tasks even if no spare has started. */
export const RECYCLE_LATEST_TASKS = 20_000;
/** How long after a task began the spare slot is started. */
export const SPARE_DELAY_MS = 250;
/** A slot that nobody wants for so long is removed; its frame holds some 4 MiB and its program's inputs. */
export const IDLE_SLOT_MS = 60_000;

/** How much of the device's memory running tasks may take together. */
export const MEMORY_SHARE = 0.5;
/** How much memory a device is taken to have whose browser does not tell. */
export const ASSUMED_DEVICE_MEMORY_GIB = 4;
/** The least that running tasks may take together: one by the default limits takes 320 MiB. */
export const MIN_MEMORY_BUDGET_BYTES = 512 * MIB;
/** How long a frame may take to start its worker, on a busy machine, before that counts as a fault of this device. */
export const SLOT_START_LIMIT_MS = 30_000;

/** How long a guard may look at one program before it counts as refused; honest ones take milliseconds. */
export const GUARD_LIMIT_MS = 10_000;
/** The guards' worker is stopped after this long without a call. */
export const GUARD_IDLE_MS = 30_000;

/** Messages that one task's worker may send; a reactor that tells chunks for ten minutes sends 60,000. */
export const MAX_TASK_MESSAGES = 200_000;
/** How often a long task's frame is asked whether its process still lives … */
export const FRAME_CHECK_INTERVAL_MS = 5_000;
/** … and how long it may take to answer; a machine that swaps is slow. */
export const FRAME_ANSWER_LIMIT_MS = 10_000;

/** The share of its time that the GPU works for others unless told otherwise: the rest keeps the page itself fluent. */
export const DEFAULT_GPU_DUTY = 0.9;
/** How long one GPU dispatch should take, so that the device stays usable for the person in front of it. */
export const DISPATCH_TARGET_MS = 50;
/**
 * A dispatch that would take longer is not begun: drivers end one after 2 to 10 s, and take the device of every page
 * along; without a GPU nobody ends it at all.
 */
export const MAX_DISPATCH_MS = 10_000;
/**
 * Workgroups of one dispatch, which is also the largest slice across the cut axis: empty ones alone take seconds on a
 * CPU, and no browser ends a dispatch there.
 */
export const MAX_DISPATCH_WORKGROUPS = 4_194_304;
/**
 * Storage buffers per shader stage that are asked for when the adapter has them (10 is WebGPU's newer default): 16 for
 * the guest and one for the overrun word of its loops.
 */
export const STORAGE_BUFFERS_WANTED = 17;
/** Largest buffer and binding that are asked for: no job may use more GPU memory than this. */
export const MAX_GUEST_BUFFER_BYTES = 1 * GIB;
/** Turns of one pass; each is a dispatch of its own. */
export const MAX_PASS_TURNS = 65_536;

/** Waiting times after the first, second … loss of the GPU device; browsers block a page that loses it again and again. */
export const DEVICE_LOSS_BACKOFFS_MS: readonly number[] = [2_000, 10_000, 30_000, 120_000];
/** This many losses within {@link DEVICE_LOSS_WINDOW_MS} end GPU work until the page is reloaded. */
export const MAX_DEVICE_LOSSES = 3;
export const DEVICE_LOSS_WINDOW_MS = 3_600_000;
