import type { VerdictOutcome, WorkDown } from '../../protocol/work.ts';

type Entry = Extract<WorkDown, { type: 'verdict' }>['entries'][number];

/** Verdicts remembered for one provider: more than are on their way in the seconds that a broken stream takes to notice. */
const MAX_TOLD = 4_096;

/**
 * What one provider was told of its results. A stream that broke may have swallowed some: who commits again to a judged
 * task hears the same verdict again, and later words on provisional ones are repeated. Counts those that still stand
 * only for now.
 */
export class ToldVerdicts {
  readonly #told = new Map<string, VerdictOutcome>();
  readonly #held = new Set<string>();
  /** What may not have been heard, or not understood before: to be said again. Newest last. */
  readonly #again = new Map<string, Entry>();

  /** Tasks whose pay is held back now. */
  get heldTasks(): number {
    return this.#held.size;
  }

  /** @param isHeard is there a stream on which it can be said? */
  note(entry: Entry, isHeard = true): void {
    const key = keyOf(entry.lease, entry.task);
    this.#told.delete(key);
    this.#told.set(key, entry.outcome);
    dropOldest(this.#told);
    if (entry.outcome === 'provisional') this.#held.add(key);
    const wasHeld = entry.outcome !== 'provisional' && this.#held.delete(key);
    if (isHeard && !wasHeld) return;
    this.#again.set(key, entry);
    dropOldest(this.#again);
  }

  /** What was said of a task, as far as that is remembered. */
  of(lease: string, task: number): VerdictOutcome | undefined {
    const key = keyOf(lease, task);
    return this.#held.has(key) ? 'provisional' : this.#told.get(key);
  }

  /** What was said of the tasks of these leases, as far as that is remembered. */
  about(leases: ReadonlySet<string>): readonly Entry[] {
    if (leases.size === 0) return [];
    const told = [...this.#told].map(([key, outcome]) => ({ ...placeOf(key), outcome }));
    return told.filter(({ lease }) => leases.has(lease));
  }

  /** What of it waits for another verdict. */
  get held(): readonly { readonly lease: string; readonly task: number }[] {
    return [...this.#held].map(placeOf);
  }

  /** Does the pay of a task of this lease wait for another verdict? */
  isHeld(lease: string, task: number): boolean {
    return this.#held.has(keyOf(lease, task));
  }

  /** To be said again on a new stream: last words on what was held, and what was said while there was no stream. */
  get again(): readonly Entry[] {
    return [...this.#again.values()];
  }
}

function keyOf(lease: string, task: number): string {
  return `${lease}/${task}`;
}

function placeOf(key: string): { readonly lease: string; readonly task: number } {
  const [lease, task] = key.split('/');
  return { lease: lease!, task: Number(task) };
}

function dropOldest(map: Map<string, unknown>): void {
  if (map.size > MAX_TOLD) map.delete(map.keys().next().value!);
}
