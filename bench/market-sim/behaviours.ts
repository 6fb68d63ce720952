import type { Random } from '../../src/base/random.ts';

/** The right result of every task. */
export const TRUTH = 'truth';
/** What accomplices answer, so that their lies agree. */
const LIE = 'lie';
/** Tasks that a sleeper computes honestly before it wakes. */
const SLEEP_TASKS = 50;
/** Share of its tasks about which a low-rate cheat lies. */
const LOW_RATE = 0.02;
/** Share of its tasks that a flaky provider never ends. */
const VANISH_SHARE = 0.05;
/** How much slower a slow provider is. */
const SLOWNESS = 6;

/** What a provider hands in: a result, what it saw another commit to, or nothing. */
export type Answer = { readonly digest: string } | 'copied commitment' | 'nothing';

/** One task as a provider sees it. */
export interface Turn {
  readonly task: number;
  /** Tasks it was given before. */
  readonly before: number;
  /** The highest task that it, or any of its kind, was given before; -1 if none. */
  readonly highest: number;
  /** Somebody has committed to this task already. */
  readonly canCopy: boolean;
  readonly random: Random;
}

const truth: Answer = { digest: TRUTH };
const lie: Answer = { digest: LIE };

/** Kinds of providers (design: verification, tests that must exist). */
export const BEHAVIOURS = {
  honest: () => truth,
  slow: () => truth,
  flaky: ({ random }) => (random() < VANISH_SHARE ? 'nothing' : truth),
  /** Computes nothing and hands in garbage of its own. */
  lazy: ({ random }) => ({ digest: `garbage ${random()}` }),
  /** Computes nothing: hands in what another committed to, or the result of another task. */
  copying: ({ canCopy, task }) => (canCopy ? 'copied commitment' : { digest: `result of ${task - 1}` }),
  /** All of these answer the same lie, always. */
  colluding: () => lie,
  sleeper: ({ before }) => (before < SLEEP_TASKS ? truth : lie),
  'low-rate': ({ random }) => (random() < LOW_RATE ? lie : truth),
  /** Lies about the same 2 % of all tasks as its accomplices do, so that they confirm each other. */
  'low-rate ring': ({ task }) => (isChosen(task) ? lie : truth),
  /** Honest at first; then lies, as its accomplices do, where a task's number is higher than all that they saw: it looks fresh. */
  cunning: ({ before, task, highest }) => (before >= SLEEP_TASKS && task > highest ? lie : truth),
} as const satisfies Record<string, (turn: Turn) => Answer>;

export type Kind = keyof typeof BEHAVIOURS;

const HONEST: readonly Kind[] = ['honest', 'slow', 'flaky'];

/** Does this kind ever hand in a wrong result on purpose? */
export function isCheat(kind: Kind): boolean {
  return !HONEST.includes(kind);
}

/** Time per task against that of an ordinary provider. */
export function slowness(kind: Kind): number {
  return kind === 'slow' ? SLOWNESS : 1;
}

/** One task in fifty, spread over the job (Fibonacci hashing). */
function isChosen(task: number): boolean {
  return (Math.imul(task, 0x9e3779b1) >>> 0) / 2 ** 32 < LOW_RATE;
}
