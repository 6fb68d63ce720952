import type { Envelope } from '../../protocol/envelope.ts';
import type { LieEvidence } from './task-events.ts';

/** What a provider signed about one task, and what it opened its commitment with. */
interface Statement {
  readonly agreement: string;
  readonly commit: Envelope;
  readonly opened?: { readonly nonce: Uint8Array; readonly digest: string };
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

  /** It revealed a result that fits its commitment. `digest` is hex. */
  open(task: number, lease: string, nonce: Uint8Array, digest: string): void {
    const statement = this.#byTask.get(task)?.get(lease);
    if (statement !== undefined)
      this.#byTask.get(task)?.set(lease, { ...statement, opened: { nonce, digest } });
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
      ...(accepted === undefined ? {} : { accepted }),
    };
  }

  forget(task: number): void {
    this.#byTask.delete(task);
  }
}
