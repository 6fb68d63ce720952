/*
 * What the guard adds to a module's exports for the runner. A guest's own exports may not begin with `kiln:`.
 */

/**
 * A mutable i64 global: the fuel left. It begins at 0, so a guest that nobody gave fuel traps at its first function.
 *
 * * Set it (`.value = 20_000_000_000n`) before the start function and before each call into the guest. Charges come
 *   before what they pay for; the charge that takes it below 0 ends the guest with an `unreachable` trap.
 * * After a call returned, or while an import runs, it holds exactly what is left: fuel used = given − left. An import
 *   may lower it to charge for its own work; the guest sees that when it goes on.
 * * After a trap: below 0 means out of fuel, and all that was given counts as used. 0 or more means another trap; it
 *   then holds what was left at the guest's last call, return or entry of a function, since functions with loops keep
 *   it in a local in between. Either way the same module, input and fuel leave the same number on every engine.
 * * An instance that ran out stays out until the global is set again, and its memory is then in mid-air: use a new one.
 */
export const FUEL_EXPORT = 'kiln:fuel';
/**
 * A mutable i32 global: not 0 once the engine denied growth of memory or a table that their maxima allow. The guest was
 * then ended by an `unreachable` trap, which is this device's doing and no result of the program. Growth beyond a
 * maximum is −1 on every device and no matter of this.
 */
export const DENIED_EXPORT = 'kiln:denied';
/**
 * The module's start function, `() → ()`, which no longer runs by itself, so that fuel bounds it too; absent without
 * one. Call it once after the fuel was set and before any other export.
 */
export const START_EXPORT = 'kiln:start';
