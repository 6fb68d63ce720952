import { seededRandom } from '../../src/base/random.ts';
import type { CheatSort } from './mixes.ts';
import { type Outcome, ratio } from './outcome.ts';
import { priceDay } from './price-day.ts';
import { BoincRules, KilnRules, QuorumRules, type Rules, SingleRules } from './rules.ts';
import { type Scale, simulate, simulateNewcomers } from './simulate.ts';

/** The ways of checking that are compared. */
const WAYS: Readonly<Record<string, () => Rules>> = {
  single: () => new SingleRules(),
  'quorum 2': () => new QuorumRules(),
  'BOINC adaptive': () => new BoincRules(),
  Kiln: () => new KilnRules(),
};
const CURVE_SORTS: readonly CheatSort[] = ['colluders and sleepers', 'low-rate'];
/** How much of a job one provider does: short stays leave little to check anybody by. */
const STAYS: readonly number[] = [20, 50, 200, 1_000];

/** Wrong results accepted and extra executions over the share of cheats, for each way of checking. */
export function* curveLines(scale: Scale, shares: readonly number[]): Generator<string> {
  for (const sort of CURVE_SORTS) {
    yield `${sort}: wrong results accepted in 10,000 / extra executions, over the share of cheats`;
    yield row('', shares.map(percent));
    for (const [way, rules] of Object.entries(WAYS)) {
      yield row(
        way,
        shares.map((share) => figures(simulate(rules(), sort, share, scale, 1), scale)),
      );
    }
  }
}

/** The same under Kiln's rules, over how many tasks each provider does before the job is done. */
export function* stayLines(scale: Scale): Generator<string> {
  yield '10 % cheats, by tasks per provider: wrong in 10,000 / extra executions';
  yield row('', STAYS.map(String));
  for (const sort of CURVE_SORTS) {
    yield row(
      sort,
      STAYS.map((stay) => {
        const job = { ...scale, tasks: scale.seats * stay };
        return figures(simulate(new KilnRules(), sort, 0.1, job, 1), job);
      }),
    );
  }
}

/** Tasks whose pay is held back at once; the last by the product's rule, with the least credit. */
const HELD_BACK: Readonly<Record<string, ((paidTasks: number) => number) | undefined>> = {
  '1': () => 1,
  '6': () => 6,
  '30': () => 30,
  '1 + paid / 4': undefined,
};
const HELD_BACK_SORTS: readonly CheatSort[] = ['sleepers'];

/** What a cheat earns, and what it gets through, over how much pay is held back: a tenth cheat, most are known. */
export function* heldBackLines(scale: Scale, seeds: readonly number[]): Generator<string> {
  yield 'known market, 10 % cheats, by task prices held back: income / per hour in a seat, against honest / wrong in 10,000';
  yield row('', Object.keys(HELD_BACK));
  for (const sort of HELD_BACK_SORTS) {
    yield row(
      sort,
      Object.values(HELD_BACK).map((held) => {
        const jobs = seeds.map((seed) =>
          simulateNewcomers(new KilnRules(undefined, held), sort, 0.1, scale, seed),
        );
        const wrong = jobs.reduce((sum, one) => sum + one.wrong, 0) / jobs.length / scale.tasks;
        const income = ratio(jobs.map((job) => job.income));
        const pace = ratio(jobs.map((job) => job.pace));
        return `${income.toFixed(2)} / ${pace.toFixed(2)} / ${(10_000 * wrong).toFixed(1)}`;
      }),
    );
  }
}

/** The median price of a market whose providers all follow it, hour by hour. */
export function* priceLines(providers: number, hoursPerPhase: number): Generator<string> {
  const { hourly, turns } = priceDay(providers, hoursPerPhase, seededRandom(1));
  yield `median price in floors, hourly; demand for half of the slots, twice of them, half again (${hoursPerPhase} h each):`;
  yield `  ${hourly.map((price) => price.toFixed(2)).join(' ')}`;
  yield `  turns by more than 5 % once at rest: ${turns}`;
}

function figures({ wrong, extra }: Outcome, { tasks }: Scale): string {
  return `${((wrong / tasks) * 10_000).toFixed(1)} / ${extra.toFixed(3)}`;
}

function row(name: string, cells: readonly string[]): string {
  return `  ${name.padEnd(24)}${cells.map((cell) => cell.padStart(20)).join('')}`;
}

function percent(share: number): string {
  return `${share * 100} %`;
}
