/*
 * What the guard adds to a module's exports for the runner. A guest's own exports may not begin with `kiln:`.
 */

/** A mutable i64 global: the fuel left. The runner sets it before each call; below 0 the guest has trapped. */
export const FUEL_EXPORT = 'kiln:fuel';
/** The module's start function, which no longer runs by itself, so that fuel bounds it too; absent without one. */
export const START_EXPORT = 'kiln:start';
