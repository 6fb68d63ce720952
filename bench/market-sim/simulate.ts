import { seededRandom } from '../../src/base/random.ts';
import { cheats, gatherCrowd } from './crowd.ts';
import { CHEATS, type CheatSort } from './mixes.ts';
import type { Outcome } from './outcome.ts';
import type { Rules } from './rules.ts';
import { MarketLine } from './seat-line.ts';
import { SimJob } from './sim-job.ts';

/** How large a simulated job is. */
export interface Scale {
  readonly providers: number;
  readonly tasks: number;
  /** Providers at work at a time. */
  readonly seats: number;
  /** @default 3,000 */
  readonly tasksBeforeLeaving?: number;
}

/** Runs one job on a market of which this share cheats. The same seed gives the same job. */
export function simulate(rules: Rules, sort: CheatSort, share: number, scale: Scale, seed: number): Outcome {
  // Neighbouring seeds of the generator begin alike.
  const random = seededRandom(seed * 7_919);
  const crowd = gatherCrowd(scale.providers, cheats(share, ...CHEATS[sort]), random);
  return new SimJob({ ...scale, crowd, rules, random }).run();
}

/** One provider in so many has no record with the requestor. */
const NEWCOMER_SHARE = 0.05;

/**
 * Runs one job on a market where most providers have a record with the requestor, cheats too, and compete for its seats;
 * one in twenty is new: a tenth of those are there at the beginning, the others arrive while the job runs.
 */
export function simulateNewcomers(
  rules: Rules,
  sort: CheatSort,
  share: number,
  scale: Scale,
  seed: number,
): Outcome {
  const random = seededRandom(seed * 7_919);
  const crowd = gatherCrowd(scale.providers, cheats(share, ...CHEATS[sort]), random);
  const line = new MarketLine(crowd, scale.seats, random, {
    newcomers: scale.providers * NEWCOMER_SHARE,
    // Tasks take a second; the last ones arrive some time before the end.
    spreadMs: (0.95 * scale.tasks * 1_000) / scale.seats,
  });
  return new SimJob({ ...scale, crowd, rules, random, line }).run();
}
