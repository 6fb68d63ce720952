import type { Envelope } from '../../protocol/envelope.ts';
import type { Result } from '../../protocol/task.ts';
import type { LieEvidence } from './task-events.ts';

/** What a provider opened its commitment with; the digest is hex. */
interface Opening {
  readonly nonce: Uint8Array;
  readonly digest: string;
  readonly result: Result;
}

/** What a provider signed about one task, and what it opened its commitment with. */
interface Statement {
  readonly agreement: string;
  readonly commit: Envelope;
  readonly opened?: Opening;
}

/**
 * The signed words of providers, by task and lease, for as long as a task may still prove them wrong. Results themselves
 * go sooner; these are small.
 */
export class Statements {
  readonly #byTask = new Map<number, Map<string, Statement>>();

  /** A provider committed; its first word counts. */
  commit(task: number, lease: string, agreement: string, commit: Envelope): void {
    const leases = this.#byTask.get(task) ?? new Map<string, Statement>();
    this.#byTask.set(task, leases);
    if (!leases.has(lease)) leases.set(lease, { agreement, commit });
  }

  /** It revealed a result that fits its commitment. */
  open(task: number, lease: string, opened: Opening): void {
    const statement = this.#byTask.get(task)?.get(lease);
    if (statement !== undefined) this.#byTask.get(task)?.set(lease, { ...statement, opened });
  }

  /** What a provider said under a lease, as evidence; undefined when it never revealed. */
  evidence(task: number, lease: string, accepted: string | undefined): LieEvidence | undefined {
    const statement = this.#byTask.get(task)?.get(lease);
    if (statement?.opened === undefined) return undefined;
    const { agreement, commit, opened } = statement;
    return {
      agreement,
      commit,
      nonce: opened.nonce,
      claimed: opened.digest,
      result: opened.result,
      ...(accepted === undefined ? {} : { accepted }),
    };
  }

  forget(task: number): void {
    this.#byTask.delete(task);
  }
}

/** What a provider said when it committed to one task. */
export interface Committed {
  readonly commitment: Uint8Array;
  /** Its signed message, which may hold more tasks. */
  readonly commit: Envelope;
  /** Digest of the agreement. */
  readonly agreement: string;
  readonly wallMs: number;
}
