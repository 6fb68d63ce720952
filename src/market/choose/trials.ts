import { newcomerSeats } from './newcomers.ts';

/** Results after which a newcomer's trial is over: it has a record now, and competes by it. */
export const TRIAL_RESULTS = 3;
/** A trial that brings fewer results is over after this, so that nobody sits on a trial for ever. */
export const TRIAL_MS = 30_000;

/** Who has a seat, as far as trials are concerned. */
export interface Seated {
  readonly peer: string;
  /** Had no record when it was seated. */
  readonly cameNew: boolean;
  readonly seatedAtMs: number;
  /** Results that it has handed in. */
  readonly results: number;
}

/** Is this one a newcomer that has not shown yet what it can do? */
export function isOnTrial({ cameNew, results, seatedAtMs }: Seated, nowMs: number): boolean {
  return cameNew && results < TRIAL_RESULTS && nowMs - seatedAtMs < TRIAL_MS;
}

/**
 * Who gives its seat to a newcomer that asks while all are taken, so that newcomers need not wait until somebody leaves:
 * whoever came as a newcomer and has had its trial, else whoever was seated last. Nobody while an eighth of the seats is
 * on trial; so at most an eighth of the seats ever changes hands for newcomers, and small jobs are left alone.
 *
 * @example
 * const leaving = givesWay(seated, 64, clock.now());
 */
export function givesWay(seated: readonly Seated[], seats: number, nowMs: number): Seated | undefined {
  const settled = seated.filter((one) => !isOnTrial(one, nowMs));
  if (seated.length - settled.length >= newcomerSeats(seats)) return undefined;
  const tried = settled.filter(({ cameNew }) => cameNew);
  return (tried.length > 0 ? tried : settled).reduce<Seated | undefined>(
    (last, one) => (last === undefined || one.seatedAtMs > last.seatedAtMs ? one : last),
    undefined,
  );
}
