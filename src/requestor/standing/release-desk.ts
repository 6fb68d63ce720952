import { toKilnError } from '../../base/errors.ts';
import type { PeerId } from '../../protocol/identity.ts';
import type { JobTrust } from '../../verification/job/job-trust.ts';
import { ReleaseBook } from '../../verification/job/release-book.ts';
import type { JobParts } from '../job-parts.ts';
import type { LeaseDesk } from '../leases/lease-desk.ts';
import type { ResultRecord, Supporter } from '../records.ts';
import type { JobProgress } from '../results/job-progress.ts';
import type { Statements } from '../results/statements.ts';
import type { TaskTeller } from '../results/task-teller.ts';
import type { LinkBook } from '../seats/link-book.ts';
import type { ProviderLink } from '../seats/provider-link.ts';

/** What the desk works with. */
export interface ReleaseDeskInit {
  readonly parts: JobParts;
  readonly trust: JobTrust;
  readonly progress: JobProgress;
  readonly links: LinkBook;
  readonly leases: LeaseDesk;
  readonly teller: TaskTeller;
  readonly statements: Statements;
  readonly pay: (link: ProviderLink) => void;
  /** Results were released: the job may be at its end. */
  readonly onReleased: () => void;
}

/**
 * The results that stand, and which of them the check policy has released. A released one is stored as such, then its
 * providers hear so and the pay that was held back is due.
 */
export class ReleaseDesk {
  readonly #init: ReleaseDeskInit;
  readonly #book: ReleaseBook;
  /** Released by the book, and not stored as such yet. */
  readonly #due = new Set<number>();
  #order = 0;
  #isWriting = false;
  #isClosed = false;

  constructor(init: ReleaseDeskInit) {
    this.#init = init;
    this.#order = Math.max(0, ...init.progress.startedOver.values());
    this.#book = new ReleaseBook(init.parts.record.manifest.policy, init.trust);
  }

  get book(): ReleaseBook {
    return this.#book;
  }

  /** Are all results that stand released, and stored as released? */
  get isDone(): boolean {
    return this.#book.provisional === 0 && this.#due.size === 0;
  }

  /** Position of the next verdict among all of this job. */
  nextOrder(): number {
    return this.#order++;
  }

  /** A stored result stands from now on. */
  accept(record: ResultRecord, isBanned: (peer: PeerId) => boolean = () => false): void {
    const { task, supporters, isProven = false, isProvisional = false, order = 0 } = record;
    this.#order = Math.max(this.#order, order + 1);
    const peers = supporters.map(({ peer }) => peer).filter((peer) => !isBanned(peer));
    // What no provider supports was computed here.
    this.#book.accept(task, peers, isProven || supporters.length === 0);
    const isStoredSo = !isProvisional && supporters.every(({ isHeld }) => isHeld !== true);
    this.#takeDue(isStoredSo ? task : undefined);
  }

  /**
   * Takes up what a reloaded tab had stored, in the order of its verdicts. Checks that a provider had passed before it kept
   * a result back count no more, as they did not then.
   */
  restore(standing: readonly ResultRecord[], isBanned: (peer: PeerId) => boolean): void {
    const { progress, trust } = this.#init;
    const anew = [...progress.startedOver].toSorted(([, a], [, b]) => b - a);
    const startOver = (order: number) => {
      while (anew.length > 0 && anew.at(-1)![1] <= order) trust.startOver(anew.pop()![0]);
    };
    for (const record of standing) {
      startOver(record.order ?? -1);
      this.accept(record, isBanned);
    }
    startOver(Infinity);
  }

  /** This provider is about to be trusted anew: noted with the verdicts that there were, for a reload. */
  noteStartOver(peer: PeerId): void {
    this.#init.progress.startedOver.set(peer, this.#order);
  }

  /** Was everything checked that had to be before the job closes? */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** The job closes: everything that stands is released. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#book.close();
    this.#takeDue();
    void this.flush();
  }

  /**
   * The job ends before its time: results that stand for now stay so, and who delivered them is paid. Resolves when that
   * is stored; what cannot be stored stays unpaid.
   */
  async settleUp(): Promise<void> {
    const held = new Set(this.#init.links.all.flatMap(({ told }) => told.held.map(({ task }) => task)));
    for (const task of [...held, ...this.#due]) await this.#release(task, false).catch(() => {});
  }

  /** Stores what was released, then tells and pays. What cannot be stored now is tried again at the next call. Never rejects. */
  async flush(): Promise<void> {
    if (this.#isWriting) return;
    this.#isWriting = true;
    try {
      for (const task of this.#due) {
        await this.#release(task, true);
        this.#due.delete(task);
      }
    } catch (error) {
      this.#init.progress.note(`A result could not be stored as released yet: ${toKilnError(error).message}`);
    } finally {
      this.#isWriting = false;
    }
    if (this.isDone) this.#init.onReleased();
  }

  #takeDue(except?: number): void {
    for (const { task } of this.#book.takeDue()) if (task !== except) this.#due.add(task);
  }

  /** Not while a verdict about the task is being carried out: each would write over what the other one wrote. */
  #release(task: number, isForGood: boolean): Promise<void> {
    return this.#init.parts.keeper.alone(task, () => this.#releaseNow(task, isForGood));
  }

  async #releaseNow(task: number, isForGood: boolean): Promise<void> {
    const { parts, progress, teller, statements } = this.#init;
    const { keeper } = parts;
    const stored = await keeper.get(task);
    if (stored === undefined || this.#book.standing(task) === undefined) return;
    const isDue = ({ peer, isHeld }: Supporter) => isHeld === true && !progress.banned.has(peer);
    const { isProvisional = false, supporters, ...rest } = stored;
    await keeper.put({
      ...rest,
      supporters: supporters.map((one) => (isDue(one) ? unheld(one) : one)),
      ...(isProvisional && !isForGood ? { isProvisional } : {}),
    });
    // Somebody was caught meanwhile: nothing stands here any more.
    if (this.#book.standing(task) === undefined) return void (await keeper.drop(task));
    for (const supporter of supporters.filter(isDue)) this.#settle(task, supporter);
    if (!isForGood) return;
    progress.verify(task, stored.exit);
    teller.tell(task, { type: 'released', reason: 'the check policy lets it go' });
    statements.forget(task);
    teller.forgotten(task);
  }

  /** A supporter's pay is due now. */
  #settle(task: number, { agreement, lease = '', peer }: Supporter): void {
    const { links, leases, teller, pay } = this.#init;
    const link = links.get(agreement);
    if (link === undefined) return;
    leases.release(link, lease, task, 'accepted');
    teller.tell(task, { type: 'verdict', lease, peer, outcome: 'accepted' });
    link.owedTasks++;
    pay(link);
  }
}

function unheld({ isHeld: _, ...supporter }: Supporter): Supporter {
  return supporter;
}
