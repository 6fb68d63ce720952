import { defaultCreditLimit } from '../../src/payment/costs/price.ts';
import type { BenchCheck, BenchContext } from '../report.ts';
import { ALWAYS_CHEATING, CHEATS, type CheatSort, LOW_RATE_CHEATS } from './mixes.ts';
import { newcomerWait, type Outcome, ratio } from './outcome.ts';
import { KilnRules } from './rules.ts';
import { type Scale, simulate, simulateNewcomers } from './simulate.ts';
import { curveLines, heldBackLines, priceLines, stayLines } from './tables.ts';
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
  [0.01, 'low-rate ring'],
  [0.1, 'colluders and sleepers'],
  [0.1, 'cunning'],
  [0.1, 'low-rate'],
  [0.1, 'low-rate ring'],
];

/** The same mix of providers, once for each seed. */
interface Mixed {
  readonly sort: CheatSort;
  readonly share: number;
  readonly outcomes: readonly Outcome[];
}

/** Simulates jobs on a market in virtual time, holds the rules of verification to their bounds, and prints the curves. */
export async function run({ isQuick, signal, log }: BenchContext): Promise<readonly BenchCheck[]> {
  const seeds = isQuick ? QUICK_SEEDS : SEEDS;
  log(`${FULL.providers} providers, ${FULL.tasks} tasks, ${FULL.seats} seats; worst of all seeds`);
  log(
    'wrong: with the mean; income, and per hour in a seat: of all cheats, against honest ones of the same start',
  );
  const mixes: readonly (readonly [number, CheatSort])[] = [0.01, 0.1].flatMap((share) =>
    (Object.keys(CHEATS) as CheatSort[]).map((sort) => [share, sort] as const),
  );
  const play = (share: number, sort: CheatSort, one: typeof simulate): Mixed => ({
    sort,
    share,
    outcomes: seeds.map((seed) => {
      signal.throwIfAborted();
      return one(new KilnRules(), sort, share, FULL, seed);
    }),
  });
  const plain = mixes.map(([share, sort]) => {
    const mixed = play(share, sort, simulate);
    log(`${`${share * 100} % ${sort}`.padEnd(30)}${describe(mixed)}`);
    return mixed;
  });
  const known = KNOWN_MARKETS.map(([share, sort]) => {
    const mixed = play(share, sort, simulateNewcomers);
    const { worst, p95, median } = newcomerWait(mixed.outcomes);
    const waits = [median, p95, worst].map((wait) => `${(100 * wait).toFixed(2)} %`).join(', ');
    log(
      `known market, ${share * 100} % ${sort}`.padEnd(44) +
        `newcomers wait (median, 95th percentile, worst) ${waits}`,
    );
    log(`  ${describe(mixed)}`);
    return mixed;
  });
  for (const line of curveLines(CURVE, isQuick ? QUICK_CURVE_SHARES : CURVE_SHARES)) log(line);
  signal.throwIfAborted();
  for (const line of stayLines(STAY_SEATS)) log(line);
  for (const line of heldBackLines(FULL, seeds)) log(line);
  for (const line of priceLines(isQuick ? 50 : 200, 8)) log(line);
  return judge([...plain, ...known], known);
}

function describe({ outcomes }: Mixed): string {
  const worst = (of: (outcome: Outcome) => number) => Math.max(...outcomes.map(of));
  const sum = (of: (outcome: Outcome) => number) => outcomes.reduce((total, one) => total + of(one), 0);
  return [
    `wrong ${worst(({ wrong }) => wrong)} (${(sum(({ wrong }) => wrong) / outcomes.length).toFixed(1)})`,
    `extra ${worst(({ extra }) => extra).toFixed(3)}`,
    `income ${ratio(outcomes.map(({ income }) => income)).toFixed(3)}`,
    `per hour ${ratio(outcomes.map(({ pace }) => pace)).toFixed(2)}`,
    `cheats banned ${sum(({ cheatsBanned }) => cheatsBanned)} of ${sum(({ cheatsSeated }) => cheatsSeated)}`,
    `after ${worst(({ exclusionAfter }) => exclusionAfter).toFixed(0)} results`,
    `honest banned ${sum(({ honestBanned }) => honestBanned)} of ${sum(({ honestSeated }) => honestSeated)}`,
    `own runs ${worst(({ ownRuns }) => ownRuns)}`,
  ].join(', ');
}

/** Holds every mix to the bounds, on markets of strangers and of known providers alike. */
function judge(mixes: readonly Mixed[], known: readonly Mixed[]): BenchCheck[] {
  const jobs = mixes.flatMap(({ outcomes }) => outcomes);
  const all = { what: 'simulated jobs, of which this is the worst', value: jobs.length };
  const each = { what: 'mixes, of which this is the worst', value: mixes.length };
  const check = (name: string, value: number, unit: string, target: number, reference = all): BenchCheck => ({
    name,
    value: Number(value.toFixed(4)),
    unit,
    target,
    better: 'lower',
    reference,
  });
  const extraAt = (share: number) =>
    Math.max(
      ...mixes.filter((one) => one.share === share).flatMap((one) => one.outcomes.map(({ extra }) => extra)),
    );
  const wrongOf = (sorts: readonly CheatSort[]) =>
    mixes.filter(({ sort }) => sorts.includes(sort)).map(({ outcomes }) => outcomes.map(wrongShare));
  const lowRate = wrongOf(LOW_RATE_CHEATS);
  return [
    check('extra executions at 1 % cheats', extraAt(0.01), 'share', 0.1),
    check('extra executions at 10 % cheats', extraAt(0.1), 'share', 0.2),
    check(
      'wrong accepted, colluders and sleepers',
      Math.max(...wrongOf(ALWAYS_CHEATING).flat()),
      'in 10,000',
      0,
    ),
    // A share, so of all jobs of a mix: one job has a handful of cheats, and the luck of one of them decides.
    check('wrong accepted, 2 % low-rate', Math.max(...lowRate.map(mean)), 'in 10,000', 1, {
      what: 'in 10,000, in the worst single job',
      value: Math.max(...lowRate.flat()),
    }),
    check(
      'cheat income against honest',
      Math.max(...mixes.map(({ outcomes }) => ratio(outcomes.map(({ income }) => income)))),
      'ratio',
      1,
      each,
    ),
    check(
      'newcomers wait for work (95th percentile)',
      newcomerWait(known.flatMap(({ outcomes }) => outcomes)).p95,
      'share of the job',
      0.01,
    ),
    check('unpaid work', worstUnpaid(), 'of credit limit and earned hold-back', 1),
  ];
}

/** Tasks with a wrong result, or none, in 10,000. */
function wrongShare({ wrong, open }: Outcome): number {
  return (10_000 * (wrong + open)) / FULL.tasks;
}

function mean(all: readonly number[]): number {
  return all.reduce((sum, one) => sum + one, 0) / all.length;
}

/**
 * The most that any requestor gets for nothing from one provider, as a part of what it may: the product's default credit
 * limit, and beyond it a quarter of what it paid, held back.
 */
function worstUnpaid(): number {
  const offer = {
    pricePerUnit: 1_000_000n,
    microUnitsPerSecond: 4_000_000,
    microUnitsPerTask: 1_000_000,
    slots: 4,
  };
  const policy = { kind: 'adaptive', auditRate: 0 } as const;
  const terms = { ...offer, policy, creditLimit: defaultCreditLimit(offer) };
  const requestors = Object.keys(UNPAYING) as (keyof typeof UNPAYING)[];
  return Math.max(
    ...requestors.map((requestor) => {
      const { unpaid, bound } = unpaidWork(requestor, terms);
      return unpaid / bound;
    }),
  );
}
