import { defaultCreditLimit } from '../../src/payment/costs/price.ts';
import { tasksOnCredit } from '../../src/payment/costs/unpaid.ts';
import type { BenchCheck, BenchContext } from '../report.ts';
import { ALWAYS_CHEATING, CHEATS, type CheatSort, LOW_RATE_CHEATS } from './mixes.ts';
import { newcomerWait, type Outcome } from './outcome.ts';
import { KilnRules } from './rules.ts';
import { type Scale, simulate, simulateNewcomers } from './simulate.ts';
import { curveLines, priceLines, stayLines } from './tables.ts';
import { UNPAYING, unpaidWork } from './unpaid-work.ts';

/** 64 seats is what the page offers at most; each provider then does some 1,500 tasks. */
const FULL: Scale = { providers: 5_000, tasks: 100_000, seats: 64 };
const CURVE: Scale = { ...FULL, tasks: 50_000 };
const STAY_SEATS: Scale = { providers: 5_000, tasks: 0, seats: 64, tasksBeforeLeaving: 1e9 };
const SEEDS = [1, 2, 3];
const QUICK_SEEDS = [1];
const CURVE_SHARES = [0.01, 0.05, 0.1, 0.2];
const QUICK_CURVE_SHARES = [0.1];

/** Markets of providers with records, into which newcomers come. */
const KNOWN_MARKETS: readonly (readonly [number, CheatSort])[] = [
  [0.01, 'lazy'],
  [0.1, 'colluders and sleepers'],
  [0.1, 'low-rate ring'],
];

/** One simulated job and what it was. */
interface Run {
  readonly sort: CheatSort;
  readonly share: number;
  readonly seed: number;
  readonly outcome: Outcome;
}

/** Simulates jobs on a market in virtual time, holds the rules of verification to their bounds, and prints the curves. */
export async function run({ isQuick, signal, log }: BenchContext): Promise<readonly BenchCheck[]> {
  const scale = FULL;
  log(
    `${scale.providers} providers, ${scale.tasks} tasks, ${scale.seats} seats; worst of each mix over all seeds`,
  );
  const runs = runAll(scale, isQuick ? QUICK_SEEDS : SEEDS, signal, log);
  const newcomers = runNewcomers(scale, isQuick ? QUICK_SEEDS : SEEDS, signal, log);
  for (const line of curveLines(CURVE, isQuick ? QUICK_CURVE_SHARES : CURVE_SHARES)) log(line);
  signal.throwIfAborted();
  for (const line of stayLines(STAY_SEATS)) log(line);
  for (const line of priceLines(isQuick ? 50 : 200, 8)) log(line);
  return judge(runs, newcomers, scale);
}

function runAll(
  scale: Scale,
  seeds: readonly number[],
  signal: AbortSignal,
  log: (text: string) => void,
): Run[] {
  const runs: Run[] = [];
  for (const share of [0.01, 0.1]) {
    for (const sort of Object.keys(CHEATS) as CheatSort[]) {
      const here = seeds.map((seed): Run => {
        signal.throwIfAborted();
        return { sort, share, seed, outcome: simulate(new KilnRules(), sort, share, scale, seed) };
      });
      log(`${`${share * 100} % ${sort}`.padEnd(30)}${describe(here.map(({ outcome }) => outcome))}`);
      runs.push(...here);
    }
  }
  return runs;
}

/** Jobs on a market where most are known and compete for the seats; cheats have records too. */
function runNewcomers(
  scale: Scale,
  seeds: readonly number[],
  signal: AbortSignal,
  log: (text: string) => void,
): readonly Outcome[] {
  const all: Outcome[] = [];
  for (const [share, sort] of KNOWN_MARKETS) {
    const here = seeds.map((seed) => {
      signal.throwIfAborted();
      return simulateNewcomers(new KilnRules(), sort, share, scale, seed);
    });
    const { worst, p95, median } = newcomerWait(here);
    const waits = [median, p95, worst].map((wait) => `${(100 * wait).toFixed(2)} %`).join(', ');
    log(
      `known market, ${share * 100} % ${sort}`.padEnd(44) +
        `newcomers wait (median, 95th percentile, worst) ${waits}`,
    );
    const pace = Math.max(...here.map(({ cheatPace }) => cheatPace));
    log(`  ${describe(here)}, income per hour in a seat ${pace.toFixed(3)}`);
    all.push(...here);
  }
  return all;
}

function describe(outcomes: readonly Outcome[]): string {
  const worst = (of: (outcome: Outcome) => number) => Math.max(...outcomes.map(of));
  const sum = (of: (outcome: Outcome) => number) => outcomes.reduce((total, one) => total + of(one), 0);
  return [
    `wrong ${worst(({ wrong }) => wrong)}`,
    `extra ${worst(({ extra }) => extra).toFixed(3)}`,
    `income ${worst(({ cheatIncome }) => cheatIncome).toFixed(3)}`,
    `cheats banned ${sum(({ cheatsBanned }) => cheatsBanned)} of ${sum(({ cheatsSeated }) => cheatsSeated)}`,
    `after ${worst(({ exclusionAfter }) => exclusionAfter).toFixed(0)} results`,
    `honest banned ${sum(({ honestBanned }) => honestBanned)} of ${sum(({ honestSeated }) => honestSeated)}`,
    `own runs ${worst(({ ownRuns }) => ownRuns)}`,
  ].join(', ');
}

function judge(runs: readonly Run[], known: readonly Outcome[], { tasks }: Scale): BenchCheck[] {
  const worst = (of: (outcome: Outcome) => number, keep: (run: Run) => boolean = () => true) =>
    Math.max(...runs.filter(keep).map(({ outcome }) => of(outcome)));
  const wrongOf = (sorts: readonly CheatSort[]) =>
    worst(
      ({ wrong, open }) => (10_000 * (wrong + open)) / tasks,
      ({ sort }) => sorts.includes(sort),
    );
  const reference = { what: 'simulated jobs, of which this is the worst', value: runs.length };
  const check = (name: string, value: number, unit: string, target: number): BenchCheck => ({
    name,
    value: Number(value.toFixed(4)),
    unit,
    target,
    better: 'lower',
    reference,
  });
  const extraAt = (share: number) =>
    worst(
      ({ extra }) => extra,
      (run) => run.share === share,
    );
  return [
    check('extra executions at 1 % cheats', extraAt(0.01), 'share', 0.1),
    check('extra executions at 10 % cheats', extraAt(0.1), 'share', 0.2),
    check('wrong accepted, colluders and sleepers', wrongOf(ALWAYS_CHEATING), 'in 10,000', 0),
    check('wrong accepted, 2 % low-rate', wrongOf(LOW_RATE_CHEATS), 'in 10,000', 1),
    check(
      'cheat income against honest',
      worst(({ cheatIncome }) => cheatIncome),
      'ratio',
      1,
    ),
    check('newcomers wait for work (95th percentile)', newcomerWait(known).p95, 'share of the job', 0.01),
    check('unpaid work', worstUnpaid(), 'credit limits', 1),
  ];
}

/** The most that any requestor gets for nothing from one provider, in credit limits of the product's default. */
function worstUnpaid(): number {
  const offer = {
    pricePerUnit: 1_000_000n,
    microUnitsPerSecond: 4_000_000,
    microUnitsPerTask: 1_000_000,
    slots: 4,
  };
  const terms = { ...offer, creditLimit: defaultCreditLimit(offer) };
  const requestors = Object.keys(UNPAYING) as (keyof typeof UNPAYING)[];
  return Math.max(...requestors.map((requestor) => unpaidWork(requestor, terms) / tasksOnCredit(terms)));
}
