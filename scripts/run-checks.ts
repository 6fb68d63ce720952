import type { Check } from './checks.ts';

/** How one check ended. */
export interface Outcome<Result> {
  readonly check: Check;
  readonly result: Result;
}

/** Options of {@link runChecks}. */
export interface RunChecksOptions<Result> {
  /** Cores of this machine: what runs at the same time wants no more of them together. */
  readonly cores: number;
  readonly signal: AbortSignal;
  /** Runs one check; must not reject, and must end soon once `signal` is aborted. */
  readonly run: (check: Check) => Promise<Result>;
  /** Called as each check starts and ends, with those that run then. */
  readonly onChange: (running: readonly Check[], ended?: Outcome<Result>) => void;
}

/**
 * Runs checks side by side, each started in order of the list as soon as the cores that it keeps busy are free and the
 * check that it comes after has ended; only those that want a single core go before one that waits for more. A check that
 * wants more cores than there are runs alone. Nothing is started after an abort; resolves when all that was started has
 * ended, with the outcomes in the order of the list.
 */
export async function runChecks<Result>(
  checks: readonly Check[],
  { cores, signal, run, onChange }: RunChecksOptions<Result>,
): Promise<readonly Outcome<Result>[]> {
  const wanted = ({ cores: wish }: Check) => Math.min(wish, cores);
  const waiting = [...checks];
  const running = new Map<Check, Promise<Outcome<Result>>>();
  const outcomes: Outcome<Result>[] = [];

  const startWhatFits = () => {
    let isQueueing = false;
    for (const check of [...waiting]) {
      const busy = [...running.keys()].reduce((sum, one) => sum + wanted(one), 0);
      const isHeldUp = [...waiting, ...running.keys()].some(({ name }) => name === check.after);
      // What keeps one core busy fills gaps; what keeps more waits for its turn, or the largest would come last.
      if (isHeldUp || busy + wanted(check) > cores || (isQueueing && check.cores > 1)) {
        isQueueing ||= check.cores > 1;
        continue;
      }
      waiting.splice(waiting.indexOf(check), 1);
      running.set(
        check,
        run(check).then((result) => ({ check, result })),
      );
      onChange([...running.keys()]);
    }
  };

  while (waiting.length + running.size > 0) {
    if (!signal.aborted) startWhatFits();
    if (running.size === 0) break;
    const ended = await Promise.race(running.values());
    running.delete(ended.check);
    outcomes.push(ended);
    onChange([...running.keys()], ended);
  }
  return outcomes.sort((a, b) => checks.indexOf(a.check) - checks.indexOf(b.check));
}
