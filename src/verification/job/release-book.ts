import type { PeerId } from '../../protocol/identity.ts';
import type { Policy } from '../../protocol/policy.ts';
import { acceptanceThreshold } from '../policy/check-rate.ts';
import { groupCredibilities } from '../policy/credibility.ts';
import { type ClosingCheck, closingChecks } from './closing-checks.ts';
import type { JobTrust } from './job-trust.ts';

/** A lone result of a trusted provider is released once it has handed in so many later ones without being caught. */
export const RESULTS_BEFORE_RELEASE = 200;

/** A result that is the provider's to be paid for: told once for each task and provider. */
export interface Due {
  readonly task: number;
  readonly peer: PeerId;
}

/** What has to happen after a provider was caught. */
export interface AfterBan {
  /** Only caught ones supported these: they run again from the start. */
  readonly rerun: readonly number[];
  /** Who is left does not suffice: one more replica beside the standing result (`recheckTask`). */
  readonly recheck: readonly number[];
}

/** Who stands behind an accepted result. */
export interface Standing {
  /** Providers whose results agreed, none of them caught, in order of joining. */
  readonly supporters: readonly PeerId[];
  /** The requestor computed it too, or its verifier program found it right: no provider's word is needed. */
  readonly isProven: boolean;
  readonly isReleased: boolean;
}

interface Entry extends Standing {
  supporters: readonly PeerId[];
  isReleased: boolean;
  readonly loneBy: PeerId | undefined;
  /** Supporters that were told as due. */
  due: readonly PeerId[];
}

/** What a provider handed in. */
interface HandedIn {
  /** In order of commitment. */
  readonly tasks: Set<number>;
  /** Its lone provisional results, the oldest first, with the number of results it had handed in by then. */
  readonly waiting: { readonly task: number; readonly after: number }[];
  /** Up to where `waiting` was released. */
  released: number;
}

/**
 * The accepted results of one job between "accepted" and "the job is closed": which are released (to be paid and
 * used) and which provisional, what a ban takes back, and what is to be checked before the job may close.
 *
 * A result that several support, or that was proven, is released at once. What one trusted provider says alone is
 * provisional until it has handed in {@link RESULTS_BEFORE_RELEASE} later ones, or the job closes. Until it closes, a
 * provider that is caught once loses all its lone results, the released ones included.
 *
 * To restore a book, tell it everything again in the same order: it is a function of what it was told.
 *
 * @example
 * book.commit(7, 'alice');
 * book.commit(7, 'bob');
 * book.accept(7, ['alice', 'bob'], false);
 * for (const { task, peer } of book.takeDue()) pay(peer, task);
 * const { rerun, recheck } = book.ban('bob'); // rerun: [], recheck: [7] unless alice is trusted
 */
export class ReleaseBook {
  readonly #policy: Policy;
  readonly #trust: JobTrust;
  readonly #entries = new Map<number, Entry>();
  readonly #handedIn = new Map<PeerId, HandedIn>();
  #provisional = 0;
  #due: Due[] = [];

  /** `trust` is told of every check that a verdict here passes, and of every ban. */
  constructor(policy: Policy, trust: JobTrust) {
    this.#policy = policy;
    this.#trust = trust;
  }

  /** Accepted results that are provisional. */
  get provisional(): number {
    return this.#provisional;
  }

  /** Who stands behind this task's result; undefined while it has none. */
  standing(task: number): Standing | undefined {
    return this.#entries.get(task);
  }

  /**
   * A provider committed to a result of this task. The order of these tells which results are later than others: a
   * verdict may come long after.
   */
  commit(task: number, peer: PeerId): void {
    const { tasks } = this.#of(peer);
    tasks.delete(task);
    tasks.add(task);
  }

  /**
   * A verdict accepted a task's result. `supporters` are the providers whose results agreed; after a re-check those of
   * the standing result are among them, if it was confirmed. `isProven`: the requestor's own result agreed, or a
   * verifier program did. Tell this before the {@link ban} of those whom the same verdict rejected.
   */
  accept(task: number, supporters: readonly PeerId[], isProven: boolean): void {
    const before = this.#entries.get(task);
    const isReleased = before?.isReleased === true || isProven || !this.#isHeldBack(supporters);
    const loneBy = before?.loneBy ?? (isReleased ? undefined : supporters[0]);
    const entry: Entry = { supporters, isProven, isReleased: false, loneBy, due: before?.due ?? [] };
    const passedBefore = before === undefined ? [] : passersOf(before);
    for (const peer of passersOf(entry)) if (!passedBefore.includes(peer)) this.#trust.pass(peer);
    if (before?.isReleased !== false) this.#provisional++;
    this.#entries.set(task, entry);
    for (const peer of supporters) this.#of(peer).tasks.add(task);
    if (isReleased) this.#release(task, entry);
    else this.#hold(task, supporters[0]!);
  }

  /** Results that may be paid, since this was asked last. */
  takeDue(): readonly Due[] {
    const due = this.#due;
    this.#due = [];
    return due;
  }

  /**
   * A provider was caught: its support is gone, and so are the checks that others passed by agreeing with it alone.
   * Tasks to run again are forgotten here; those to re-check stand meanwhile.
   */
  ban(peer: PeerId): AfterBan {
    this.#trust.catch(peer);
    const rerun: number[] = [];
    const weakened: number[] = [];
    for (const task of this.#handedIn.get(peer)?.tasks ?? []) {
      const entry = this.#entries.get(task);
      if (entry === undefined || !entry.supporters.includes(peer)) continue;
      entry.supporters = entry.supporters.filter((one) => one !== peer);
      if (entry.isProven) continue;
      if (entry.supporters.length === 1) this.#trust.withdraw(entry.supporters[0]!);
      if (entry.supporters.length > 0) weakened.push(task);
      else {
        if (!entry.isReleased) this.#provisional--;
        this.#entries.delete(task);
        rerun.push(task);
      }
    }
    this.#handedIn.delete(peer);
    return { rerun, recheck: weakened.filter((task) => !this.#suffice(this.#entries.get(task)!.supporters)) };
  }

  /**
   * What to check before the job may close; nothing: it may. Ask when no task is under way, carry all of them out, and
   * ask again: the job is closing, so from the first time on every result is checked. `random` draws among a provider's
   * results; `canCompute` says whether this device can run the tasks.
   */
  closingChecks(random: () => number, canCompute: boolean): readonly ClosingCheck[] {
    if (this.#policy.kind !== 'adaptive') return [];
    this.#trust.checkAll();
    const tasksOf = new Map([...this.#handedIn].map(([peer, { tasks }]) => [peer, tasks]));
    return closingChecks(
      { tasksOf, standing: (task) => this.#entries.get(task) },
      this.#trust,
      random,
      canCompute,
    );
  }

  /** The job closes: everything that stands is released. */
  close(): void {
    for (const [task, entry] of this.#entries) if (!entry.isReleased) this.#release(task, entry);
  }

  /** Does a result of these wait for release? Under other policies the quorum, or trust, was the check. */
  #isHeldBack(supporters: readonly PeerId[]): boolean {
    return this.#policy.kind === 'adaptive' && supporters.length === 1;
  }

  #suffice(supporters: readonly PeerId[]): boolean {
    if (this.#policy.kind === 'trust') return true;
    if (this.#policy.kind === 'quorum') return supporters.length >= this.#policy.need;
    if (supporters.length === 1) return this.#trust.isTrusted(supporters[0]!);
    const [credibility] = groupCredibilities([supporters.map((peer) => this.#trust.credibilityOf(peer))]);
    return credibility! >= acceptanceThreshold(this.#policy);
  }

  #of(peer: PeerId): HandedIn {
    const known = this.#handedIn.get(peer);
    if (known !== undefined) return known;
    const fresh: HandedIn = { tasks: new Set(), waiting: [], released: 0 };
    this.#handedIn.set(peer, fresh);
    return fresh;
  }

  /** Holds a lone result back, and releases what its provider said alone so many results ago. */
  #hold(task: number, peer: PeerId): void {
    const handedIn = this.#of(peer);
    const { tasks, waiting } = handedIn;
    waiting.push({ task, after: tasks.size });
    while (waiting[handedIn.released]!.after + RESULTS_BEFORE_RELEASE <= tasks.size) {
      const old = waiting[handedIn.released++]!.task;
      const entry = this.#entries.get(old);
      if (entry?.isReleased === false && entry.supporters.includes(peer)) this.#release(old, entry);
    }
  }

  #release(task: number, entry: Entry): void {
    if (!entry.isReleased) this.#provisional--;
    entry.isReleased = true;
    for (const peer of entry.supporters) if (!entry.due.includes(peer)) this.#due.push({ task, peer });
    entry.due = [...new Set([...entry.due, ...entry.supporters])];
  }
}

/** Those whose result of a task was checked by somebody else. */
function passersOf({ supporters, isProven }: Standing): readonly PeerId[] {
  return isProven || supporters.length > 1 ? supporters : [];
}
