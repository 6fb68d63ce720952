import type { Bytes } from '../../../base/bytes.ts';
import { toKilnError } from '../../../base/errors.ts';
import type { JobParts } from '../../job-parts.ts';
import type { Judgement } from './own-verifier.ts';
import type { Outputs } from '../result-keeper.ts';

/** What the trial works with. */
export interface VerifierTrialInit {
  readonly parts: Pick<JobParts, 'verify' | 'recompute' | 'fetchOutput'>;
  /** The verifier is of no use: the job cannot go on. For people. */
  readonly fail: (reason: string) => void;
  /** Aborted when the job is closed. */
  readonly signal: AbortSignal;
}

/**
 * Runs a job's verifier, and finds out whom to blame when it accepts nothing: before a verifier that has never said "right"
 * costs anybody a place, this device computes the task itself, once, and has its own result judged. A verifier that does
 * not accept that is its author's mistake, and ends the job.
 */
export class VerifierTrial {
  readonly #init: VerifierTrialInit;
  readonly #unjudged = new Set<number>();
  #isSound = false;
  #complaint: string | undefined;
  #trial: Promise<void> | undefined;

  constructor(init: VerifierTrialInit) {
    this.#init = init;
  }

  /**
   * Is a provider to blame for a result of this task that could not be judged? Only when the verifier has found others
   * right, and only the first one of a task: what stops it twice may be the task.
   */
  blames(task: number): boolean {
    const isFirst = !this.#unjudged.has(task);
    this.#unjudged.add(task);
    return isFirst && this.#isSound;
  }

  /** Has a result judged. Of a verifier that turned out to be of no use no word counts. */
  async verify(task: number, outputs: Outputs): Promise<Judgement> {
    const judged = await this.#init.parts.verify(task, outputs);
    if (judged.outcome === 'right') this.#isSound = true;
    if (this.#isSound) return judged;
    await (this.#trial ??= this.#try(task));
    if (this.#complaint === undefined) return judged;
    return { ...judged, outcome: 'inconclusive', reason: this.#complaint };
  }

  async #try(task: number): Promise<void> {
    const { parts, fail } = this.#init;
    try {
      const own = await this.#ownOutputs(task);
      if (own === undefined) return;
      const { outcome, reason = 'it gives no reason' } = await parts.verify(task, own);
      // Somebody's result was found right in the meantime, or this one: it can tell.
      if (outcome === 'right') this.#isSound = true;
      if (this.#isSound) return;
      this.#complaint = 'the verifier of this job does not accept what this device computed';
      fail(
        `The verifier of this job does not accept what this device computed for task ${task + 1} (${reason}). ` +
          'Nobody was excluded for that. Repair the verifier, and try a task out before you submit the job again.',
      );
    } catch (error) {
      // A device that cannot compute the task, or read its result, knows no better than before.
      if (toKilnError(error).code === 'base/aborted') throw error;
    }
  }

  /** What this device computes; undefined where there is nothing to verify. */
  async #ownOutputs(task: number): Promise<Outputs | undefined> {
    const { parts, signal } = this.#init;
    const { result, inline } = await parts.recompute(task);
    if (result.exit.kind !== 'ok') return undefined;
    const bytesOf = (path: string, cid: string, bytes: number): Bytes | Promise<Bytes> =>
      inline[path] ?? parts.fetchOutput(cid, bytes, [], signal);
    return Promise.all(
      result.outputs.map(async ({ path, cid, bytes }) => ({ path, bytes: await bytesOf(path, cid, bytes) })),
    );
  }
}
