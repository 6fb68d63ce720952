import { seededRandom } from '../../src/base/random.ts';
import { cheats, gatherCrowd } from './crowd.ts';
import { CHEATS, type CheatSort } from './mixes.ts';
import type { Outcome } from './outcome.ts';
import type { Rules } from './rules.ts';
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
