/** The bind group that the guard adds: one `atomic<u32>`, not 0 after an invocation ran out of loop turns. */
export const OVERRUN_GROUP = 1;
