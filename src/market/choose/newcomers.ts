import type { Random } from '../../base/random.ts';
import type { Ranked, RankedInput } from './rank.ts';

/** One seat in so many is kept for providers without a record: a market that only knows its own soon has no other. */
const SEATS_PER_NEWCOMER = 8;
/** A kept seat that no newcomer asks for goes to anybody after this, counted from when it was last asked for in vain. */
export const NEWCOMER_PATIENCE_MS = 20_000;
/** Of decisions about jobs too small to keep a seat, this share begins with a newcomer. */
const EXPLORED_SHARE = 0.1;

/** Seats of a job that newcomers may have at a time. */
export function newcomerSeats(seats: number): number {
  return Math.floor(seats / SEATS_PER_NEWCOMER);
}

/**
 * Seats that only newcomers may take now: an eighth of them, less those that newcomers hold. None once the job has waited
 * for newcomers long enough; small jobs explore instead ({@link inviteNewcomers}).
 */
export function seatsKept(job: {
  readonly seats: number;
  readonly newcomersSeated: number;
  /** Since the first proposal for this job. */
  readonly waitedMs: number;
}): number {
  if (job.waitedMs >= NEWCOMER_PATIENCE_MS) return 0;
  return Math.max(0, newcomerSeats(job.seats) - job.newcomersSeated);
}

/**
 * The order in which seats are given to ranked proposals, best first: of so many free seats the kept ones go to the best
 * newcomers, if there are any; with none kept, the first one goes to a newcomer in one of ten decisions.
 */
export function inviteNewcomers<T extends RankedInput & { readonly isNewcomer: boolean }>(
  ranked: readonly Ranked<T>[],
  seats: { readonly free: number; readonly kept: number },
  random: Random,
): Ranked<T>[] {
  const invited = seats.kept > 0 ? seats.kept : random() < EXPLORED_SHARE ? 1 : 0;
  const newcomers = ranked.filter(({ input }) => input.isNewcomer).slice(0, Math.min(invited, seats.free));
  const others = ranked.filter((one) => !newcomers.includes(one));
  return [...newcomers, ...others];
}
