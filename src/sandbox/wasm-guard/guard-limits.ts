/*
 * What a module may hold, so that neither the guard nor a browser's compiler can be made slow or huge. All lie at or
 * below what browsers themselves allow (WebAssembly JavaScript Interface, "Implementation-defined limits").
 */

/** Function types, functions, globals, exports, element and data segments: each at most so many. */
export const MAX_ENTRIES = 100_000;
/** Preview 1 has fewer than fifty functions; a module may import one under several types. */
export const MAX_IMPORTS = 1_000;
export const MAX_TABLES = 100;
/** Parameters, and results, of one function type. */
export const MAX_ARITY = 1_000;
/** Parameters and locals of one function: a little below the browsers' 50,000, since the guard adds its own. */
export const MAX_LOCALS = 49_000;
/** Blocks inside one another: a switch of so many cases is still fine. */
export const MAX_NESTING = 16_384;
/** Targets of one `br_table`. */
export const MAX_BRANCH_TARGETS = 65_520;
/** Bytes of one function, before and after rewriting. */
export const MAX_FUNCTION_BYTES = 7_654_321;
/** Longest name of an import that is looked up, and of what a message shows. */
export const MAX_NAME_CHARS = 64;

/**
 * Sum over all functions of locals × control instructions: compilers copy the state of every local at every branch, so
 * a few hundred kilobytes of both would compile for minutes.
 */
export const MAX_MERGE_WORK = 2 ** 31;

/** A rewritten module is at most so many times the original's size (with canonical NaNs, the second factor) … */
export const MAX_GROWTH = 6;
export const MAX_GROWTH_WITH_NANS = 16;
/** … plus this, which lets tiny modules be all loops … */
export const GROWTH_ALLOWANCE_BYTES = 65_536;
/** … and never above this. */
export const MAX_OUTPUT_BYTES = 256 * 1_048_576;
