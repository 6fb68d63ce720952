import { DISPATCH_TARGET_MS, MAX_DISPATCH_WORKGROUPS } from '../../limits.ts';

/** The first tile is at most this part of the axis … */
const FIRST_TILE_PARTS = 64;
/** … and at most this many workgroups, so that even the heaviest shader is harmless on a slow device. */
export const FIRST_TILE_WORKGROUPS = 4;
/** A tile is at most this many times the largest that was timed, because readings may be off … */
const MAX_GROWTH = 4;
/** … or this many times when that one was over at once. */
const QUICK_GROWTH = 16;
const QUICK_MS = 1;
/** Timer readings below this are noise. */
const MIN_READING_MS = 0.2;
/** Shorter readings hold more waiting than work: they may show that a pass is faster than thought, never slower. */
const TRUSTED_READING_MS = 4;

/**
 * How many workgroups one dispatch of a pass takes, learnt from the dispatches before: about
 * {@link DISPATCH_TARGET_MS} each. One per pass, kept from task to task; it counts whole workgroups, so that what was
 * learnt on one grid holds on another.
 */
export class TileSize {
  #msPerWorkgroup: number | undefined;
  #largest = 0;
  /** How long the largest took. */
  #largestMs = 0;
  #readings = 0;

  /** Steps along the cut axis for the next dispatch: `left` of `whole` are to be done, a step is this many workgroups. */
  next(left: number, whole: number, workgroupsPerStep: number): number {
    const workgroups = this.#workgroups(Math.ceil(whole / FIRST_TILE_PARTS) * workgroupsPerStep);
    return Math.max(1, Math.min(left, Math.floor(workgroups / workgroupsPerStep)));
  }

  /** Tells how long this many workgroups took, as one dispatch or several; `largest` is the largest of them. */
  record(workgroups: number, tookMs: number, largest = workgroups): void {
    const reading = Math.max(tookMs, MIN_READING_MS) / workgroups;
    this.#readings++;
    if (largest >= this.#largest) {
      this.#largest = largest;
      this.#largestMs = (tookMs * largest) / workgroups;
    }
    const known = this.#msPerWorkgroup;
    // The first dispatch holds what a driver does once, so that the second reading replaces it.
    if (known === undefined || this.#readings === 2) this.#msPerWorkgroup = reading;
    // Slower counts at once, for the person in front of the machine; faster by halves, for one reading may be luck.
    else if (reading < known) this.#msPerWorkgroup = Math.sqrt(known * reading);
    else if (tookMs >= TRUSTED_READING_MS) this.#msPerWorkgroup = reading;
  }

  /** Begins anew with a small first tile. */
  forget(): void {
    this.#msPerWorkgroup = undefined;
    this.#largest = 0;
    this.#largestMs = 0;
    this.#readings = 0;
  }

  /** What this many workgroups should take; undefined before the first reading. */
  estimateMs(workgroups: number): number | undefined {
    return this.#msPerWorkgroup === undefined ? undefined : this.#msPerWorkgroup * workgroups;
  }

  /** Is the estimate for so many workgroups more than a guess from a much smaller tile? */
  isSure(workgroups: number): boolean {
    return this.#largest * this.#growth >= workgroups || this.#largestMs >= TRUSTED_READING_MS;
  }

  get #growth(): number {
    const tookMs = Math.max(this.#largestMs, this.estimateMs(this.#largest) ?? 0);
    return tookMs < QUICK_MS ? QUICK_GROWTH : MAX_GROWTH;
  }

  #workgroups(firstTile: number): number {
    if (this.#msPerWorkgroup === undefined) return Math.min(firstTile, FIRST_TILE_WORKGROUPS);
    const fitting = DISPATCH_TARGET_MS / this.#msPerWorkgroup;
    return Math.min(fitting, this.#largest * this.#growth, MAX_DISPATCH_WORKGROUPS);
  }
}
