import { TRUTH, isCheat } from './behaviours.ts';
import type { SimProvider } from './crowd.ts';

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
  /** Tasks that a cheat was paid for against an honest provider, per provider seated; 0 without cheats. */
  readonly cheatIncome: number;
  /** The same per hour in a seat: where newcomers take turns, stays differ. */
  readonly cheatPace: number;
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
    cheatIncome:
      cheats.length === 0 ? 0 : mean(cheats, ({ paid }) => paid) / mean(honest, ({ paid }) => paid),
    cheatPace: cheats.length === 0 ? 0 : pace(cheats) / pace(honest),
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

function pace(all: readonly SimProvider[]): number {
  return sum(all, ({ paid }) => paid) / sum(all, ({ seatedMs }) => seatedMs);
}

function mean<T>(all: readonly T[], of: (one: T) => number): number {
  return sum(all, of) / all.length;
}
