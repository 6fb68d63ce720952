const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;

/** Largest WASM module: what a browser compiles in a few seconds. */
export const MAX_MODULE_BYTES = 64 * MIB;
/** Largest WGSL source; larger ones compile for minutes. */
export const MAX_WGSL_BYTES = 256 * KIB;
/** All inputs of one job together: they are held in memory once per slot. */
export const MAX_INPUT_BYTES = 1 * GIB;
/** What one command may print; more ends it with `output-limit`. */
export const MAX_STDOUT_BYTES = 1 * MIB;
/** Files and directories that one command may create. */
export const MAX_CREATED_FILES = 10_000;
/** File descriptors that one command may open in its life (the shim never reuses a number). */
export const MAX_DESCRIPTORS = 100_000;

/** A slot is replaced after this many tasks, so that nothing a guest may have left behind grows old: once a spare is ready … */
export const RECYCLE_AFTER_TASKS = 200;
/** … and after so many in any case; a spare takes up to 0.4 s to start, in which 0.3 ms tasks are about 1,300. */
export const RECYCLE_LATEST_TASKS = 2_000;
/** How long after a task began the spare slot is started. */
export const SPARE_DELAY_MS = 250;
/** A slot that nobody wants for so long is removed; its frame holds some 4 MiB and its program's inputs. */
export const IDLE_SLOT_MS = 60_000;

/** How much of the device's memory running tasks may take together … */
export const MEMORY_SHARE = 0.5;
/** … where the browser does not tell how much there is … */
export const ASSUMED_DEVICE_MEMORY_GIB = 4;
/** … and at least so much: a task by the default limits takes 320 MiB. */
export const MIN_MEMORY_BUDGET_BYTES = 512 * MIB;
/** How long a frame may take to start its worker, on a busy machine, before that counts as a fault of this device. */
export const SLOT_START_LIMIT_MS = 30_000;

/** How long a guard may look at one program before it counts as refused; honest ones take milliseconds. */
export const GUARD_LIMIT_MS = 10_000;
/** The guards' worker is stopped after this long without a call. */
export const GUARD_IDLE_MS = 30_000;

/** How often a long task's frame is asked whether its process still lives … */
export const FRAME_CHECK_INTERVAL_MS = 5_000;
/** … and how long it may take to answer; a machine that swaps is slow. */
export const FRAME_ANSWER_LIMIT_MS = 10_000;

/** The share of its time that the GPU works for others unless told otherwise: the rest keeps the page itself fluent. */
export const DEFAULT_GPU_DUTY = 0.9;
/** How long one GPU dispatch should take, so that the device stays usable for the person in front of it. */
export const DISPATCH_TARGET_MS = 50;
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
/** Turns of one pass; each is a dispatch of its own. */
export const MAX_PASS_TURNS = 65_536;

/** Waiting times after the first, second … loss of the GPU device; browsers block a page that loses it again and again. */
export const DEVICE_LOSS_BACKOFFS_MS: readonly number[] = [2_000, 10_000, 30_000, 120_000];
/** This many losses within {@link DEVICE_LOSS_WINDOW_MS} end GPU work until the page is reloaded. */
export const MAX_DEVICE_LOSSES = 3;
export const DEVICE_LOSS_WINDOW_MS = 3_600_000;
