import { DISPATCH_TARGET_MS } from '../limits.ts';

/** The first tile is this part of the axis: small enough to be harmless, large enough to time. */
const FIRST_TILE_PARTS = 64;
/** A tile grows by at most this factor, because a first reading may be off. */
const MAX_GROWTH = 4;
/** Timer readings below this are noise. */
const MIN_READING_MS = 0.2;

/**
 * How many workgroups along the tiled axis one dispatch takes, learnt from the dispatches before: about
 * {@link DISPATCH_TARGET_MS} each. One per pass, kept from task to task.
 */
export class TileSize {
  #perDispatch: number | undefined;
  #msPerWorkgroup: number | undefined;

  /** Workgroups of the next dispatch, when this many are left and the axis is `whole` long. */
  next(left: number, whole: number): number {
    this.#perDispatch ??= Math.max(1, Math.ceil(whole / FIRST_TILE_PARTS));
    return Math.min(left, this.#perDispatch);
  }

  /** Tells how long a dispatch of this many workgroups took. */
  record(workgroups: number, tookMs: number): void {
    const reading = Math.max(tookMs, MIN_READING_MS);
    this.#msPerWorkgroup = reading / workgroups;
    const fitting = Math.floor((workgroups * DISPATCH_TARGET_MS) / reading);
    this.#perDispatch = Math.max(1, Math.min(fitting, workgroups * MAX_GROWTH));
  }

  /** Begins anew with a small first tile. */
  forget(): void {
    this.#perDispatch = undefined;
    this.#msPerWorkgroup = undefined;
  }

  /** What a dispatch of this many workgroups should take; undefined before the first reading. */
  estimateMs(workgroups: number): number | undefined {
    return this.#msPerWorkgroup === undefined ? undefined : this.#msPerWorkgroup * workgroups;
  }
}
