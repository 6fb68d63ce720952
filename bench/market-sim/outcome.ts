import { TRUTH, isCheat } from './behaviours.ts';
import type { SimProvider } from './crowd.ts';

/** What cheats were paid, beside what honest providers with the same start (known, or new) were for as much. */
export interface Comparison {
  readonly cheats: number;
  readonly honest: number;
}

/** How a simulated job went. */
export interface Outcome {
  /** Tasks whose final result is not the right one. */
  readonly wrong: number;
  /** Tasks without a result. */
  readonly open: number;
  /** Results handed in beyond one per task, the requestor's own runs included, as a share of all tasks. */
  readonly extra: number;
  readonly ownRuns: number;
  readonly cheatsSeated: number;
  readonly cheatsBanned: number;
  readonly honestSeated: number;
  readonly honestBanned: number;
  /** Tasks that the cheats were paid for, each provider seated. */
  readonly income: Comparison;
  /** The same per hour in a seat: what a cheat has that comes back under another name each time. */
  readonly pace: Comparison;
  /** Results that a cheat had handed in when it was banned, on average. */
  readonly exclusionAfter: number;
  /** The longest that anybody sat without a task, as a share of the job's tasks done meanwhile. */
  readonly longestWait: number;
  /**
   * Of each newcomer to a market of known providers, the share of the job's tasks that were done between its first
   * asking for a seat and its first task; the shortest first. One that never got a task waited to the end.
   */
  readonly newcomerWaits: readonly number[];
  readonly endedAtMs: number;
}

/** What a job has left behind. */
export interface Remains {
  readonly tasks: number;
  readonly crowd: readonly SimProvider[];
  readonly results: readonly (string | undefined)[];
  readonly ownRuns: number;
  readonly endedAtMs: number;
}

/** Measures a job that has ended. */
export function measure({ tasks, crowd, results, ownRuns, endedAtMs }: Remains): Outcome {
  const seated = crowd.filter(({ seatedAtMs }) => seatedAtMs !== undefined);
  const cheats = seated.filter(({ kind }) => isCheat(kind));
  const honest = seated.filter(({ kind }) => !isCheat(kind));
  const banned = cheats.filter(({ isBanned }) => isBanned);
  let right = 0;
  let open = 0;
  for (let task = 0; task < tasks; task++) {
    if (results[task] === TRUTH) right++;
    else if (results[task] === undefined) open++;
  }
  const asked = crowd.filter(({ doneWhenAsked }) => doneWhenAsked !== undefined);
  const waits = asked
    .map((one) => ((one.doneWhenLeased ?? tasks) - one.doneWhenAsked!) / tasks)
    .toSorted((a, b) => a - b);
  return {
    wrong: tasks - right - open,
    open,
    extra: (sum(seated, ({ delivered }) => delivered) + ownRuns) / tasks - 1,
    ownRuns,
    cheatsSeated: cheats.length,
    cheatsBanned: banned.length,
    honestSeated: honest.length,
    honestBanned: honest.filter(({ isBanned }) => isBanned).length,
    income: compare(cheats, honest, () => 1),
    pace: compare(cheats, honest, ({ seatedMs }) => seatedMs),
    exclusionAfter: banned.length === 0 ? 0 : mean(banned, ({ delivered }) => delivered),
    longestWait: Math.max(
      0,
      ...seated.map((one) => ((one.doneWhenLeased ?? tasks) - one.doneWhenSeated) / tasks),
    ),
    newcomerWaits: waits,
    endedAtMs,
  };
}

/** How long newcomers wait, over all newcomers of these jobs. */
export function newcomerWait(outcomes: readonly Outcome[]) {
  const waits = outcomes.flatMap(({ newcomerWaits }) => newcomerWaits).toSorted((a, b) => a - b);
  const quantile = (share: number) => waits[Math.ceil(share * waits.length) - 1] ?? 0;
  return { worst: quantile(1), p95: quantile(0.95), median: quantile(0.5) };
}

function sum<T>(all: readonly T[], of: (one: T) => number): number {
  return all.reduce((total, one) => total + of(one), 0);
}

/** Cheats against honest ones over all these jobs; 0 without cheats. One job has too few cheats for a mean. */
export function ratio(comparisons: readonly Comparison[]): number {
  const honest = sum(comparisons, (one) => one.honest);
  return honest === 0 ? 0 : sum(comparisons, (one) => one.cheats) / honest;
}

/** Known ones stay for most of the job and newcomers for a few tasks: each cheat is held against its like. */
function compare(
  cheats: readonly SimProvider[],
  honest: readonly SimProvider[],
  size: (one: SimProvider) => number,
): Comparison {
  const expected = [true, false].map((isKnown) => {
    const like = honest.filter((one) => one.isKnown === isKnown);
    const of = cheats.filter((one) => one.isKnown === isKnown);
    return of.length === 0 ? 0 : (sum(like, ({ paid }) => paid) / sum(like, size)) * sum(of, size);
  });
  return { cheats: sum(cheats, ({ paid }) => paid), honest: sum(expected, (one) => one) };
}

function mean<T>(all: readonly T[], of: (one: T) => number): number {
  return sum(all, of) / all.length;
}
