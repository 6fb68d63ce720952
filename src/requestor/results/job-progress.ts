import type { PeerId } from '../../protocol/identity.ts';
import type { Exit } from '../../protocol/task.ts';
import { MAX_NOTES_SHOWN, MAX_REJECTED_SHOWN } from '../constants.ts';
import type { ProviderLink } from '../seats/provider-link.ts';
import type { JobRecord } from '../records.ts';
import type { JobProviderView, JobStatus, JobView, RejectedResult, TaskPhase } from '../view.ts';

/** Exits that can be verified and leave no result, as a person reads them. */
const FAULTS: Readonly<Partial<Record<Exit['kind'], string>>> = {
  trap: 'trapped',
  fuel: 'used up its fuel',
};

/** How far one job is: what its record and its view are made of. */
export class JobProgress {
  readonly #record: JobRecord;
  readonly #phases: TaskPhase[];
  readonly #startedAtMs: number;
  readonly #restoredProviders: readonly JobProviderView[];
  /** Who was caught. */
  readonly banned: ReadonlySet<PeerId>;
  readonly #banned: Set<PeerId>;
  readonly #banReasons: Map<PeerId, string>;
  /** Who was put aside for wasting the job's time, and why. */
  readonly setAside: ReadonlyMap<PeerId, string>;
  readonly #setAside: Map<PeerId, string>;
  /** Who is trusted anew since which verdict. */
  readonly startedOver: Map<PeerId, number>;
  readonly #notes: string[] = [];
  #settledHere = 0;
  #status: JobStatus;
  #error: string | undefined;
  #verified = 0;
  #provisional = 0;
  /** Tasks in which the program itself failed, as far as their results are released. */
  readonly #faults = new Map<number, Exit['kind']>();
  #executions: number;
  #rejected: RejectedResult[];
  #firstResultAtMs: number | undefined;
  #endedAtMs: number | undefined;
  /** No further task fits the budget. */
  isBroke = false;
  /** Results that are still to be checked before the job can end. */
  closingChecks = 0;

  constructor(record: JobRecord, tasks: number, nowMs: number) {
    this.#record = record;
    this.#phases = new Array<TaskPhase>(tasks).fill('waiting');
    this.#startedAtMs = nowMs;
    this.#restoredProviders = record.providers;
    this.#banned = new Set(record.banned);
    this.banned = this.#banned;
    this.#banReasons = new Map(Object.entries(record.banReasons ?? {}));
    this.#setAside = new Map(Object.entries(record.setAside ?? {}));
    this.setAside = this.#setAside;
    this.startedOver = new Map(Object.entries(record.startedOver ?? {}));
    this.#status = record.status;
    this.#error = record.error;
    this.#executions = record.executions;
    this.#rejected = [...record.rejected];
    this.#firstResultAtMs = record.firstResultAtMs;
    this.#endedAtMs = record.endedAtMs;
  }

  get status(): JobStatus {
    return this.#status;
  }

  get verified(): number {
    return this.#verified;
  }

  /** Tasks that have a result: verified ones, and those whose result stands for now. */
  get settled(): number {
    return this.#verified + this.#provisional;
  }

  /** Why the job ends without all of its results when no further task fits the budget. */
  get spentReason(): string {
    return `The budget is used up: ${this.#verified} of ${this.#phases.length} tasks have a result, which is checked and paid for.`;
  }

  /** What the program did wrong in a verified task, counted from 1; it will do so on every device. */
  get fault(): string | undefined {
    const [task, kind] = [...this.#faults][0] ?? [];
    if (task === undefined || kind === undefined) return undefined;
    return `Task ${task + 1}: the program ${FAULTS[kind]}. Try this task out on this device to see why.`;
  }

  wait(task: number): void {
    this.#set(task, 'waiting');
  }

  run(task: number): void {
    if (this.#phases[task] === 'waiting') this.#set(task, 'running');
  }

  check(task: number): void {
    this.#set(task, 'checking');
  }

  /** A task has a result that stands for now; `nowMs` is absent when it was read from the store. */
  stand(task: number, nowMs?: number): void {
    if (this.#isSettled(task)) return;
    this.#phases[task] = 'provisional';
    this.#provisional++;
    if (nowMs === undefined) return;
    this.#settledHere++;
    this.#firstResultAtMs ??= nowMs;
  }

  /** A task is verified, with this exit; `nowMs` is absent when it was read from the store. */
  verify(task: number, exit: Exit, nowMs?: number): void {
    if (this.#phases[task] === 'verified') return;
    this.stand(task, nowMs);
    this.#phases[task] = 'verified';
    if (exit.kind in FAULTS) this.#faults.set(task, exit.kind);
    this.#provisional--;
    this.#verified++;
  }

  /** A task that had a result must run again. */
  reopen(task: number): void {
    if (!this.#isSettled(task)) return;
    if (this.#phases[task] === 'verified') this.#verified--;
    else this.#provisional--;
    this.#phases[task] = 'waiting';
    this.#faults.delete(task);
  }

  /** A provider is excluded for good. */
  ban(peer: PeerId, reason: string): void {
    this.#banned.add(peer);
    this.#banReasons.set(peer, reason);
  }

  /** A provider wasted the job's time too often: it works on it no more. */
  putAside(peer: PeerId, reason: string): void {
    this.#setAside.set(peer, reason);
  }

  /** Was this provider excluded for this one result, and for nothing else? */
  isRejectedOnlyFor(task: number, peer: PeerId): boolean {
    const rejected = this.#rejected.filter((one) => one.peer === peer);
    return this.#banned.has(peer) && rejected.length > 0 && rejected.every((one) => one.task === task);
  }

  /** Who was excluded for its result of this task had told the truth. */
  acquit(task: number, peer: PeerId): void {
    this.#banned.delete(peer);
    this.#banReasons.delete(peer);
    this.#rejected = this.#rejected.filter((one) => one.task !== task || one.peer !== peer);
  }

  /** Something that people may want to know; said twice it is noted once. */
  note(text: string): void {
    if (this.#notes.includes(text)) return;
    this.#notes.push(text);
    if (this.#notes.length > MAX_NOTES_SHOWN) this.#notes.shift();
  }

  execute(results: number): void {
    this.#executions += results;
  }

  /** Does this end of a run say that the program fails wherever it runs? */
  isFault(exit: Exit): boolean {
    return exit.kind in FAULTS;
  }

  reject(rejected: RejectedResult): void {
    const { task, peer } = rejected;
    if (this.#rejected.some((known) => known.task === task && known.peer === peer)) return;
    this.#rejected.push(rejected);
    if (this.#rejected.length > MAX_REJECTED_SHOWN) this.#rejected.shift();
  }

  end(status: JobStatus, nowMs: number, error?: string): void {
    this.#status = status;
    this.#error = error;
    this.#endedAtMs = nowMs;
  }

  /** The record to store now. */
  record(links: readonly ProviderLink[]): JobRecord {
    return {
      ...this.#record,
      status: this.#status,
      ...(this.#error === undefined ? {} : { error: this.#error }),
      ...(this.#firstResultAtMs === undefined ? {} : { firstResultAtMs: this.#firstResultAtMs }),
      ...(this.#endedAtMs === undefined ? {} : { endedAtMs: this.#endedAtMs }),
      executions: this.#executions,
      rejected: [...this.#rejected],
      banned: [...this.#banned],
      banReasons: Object.fromEntries(this.#banReasons),
      ...(this.#setAside.size === 0 ? {} : { setAside: Object.fromEntries(this.#setAside) }),
      ...(this.startedOver.size === 0 ? {} : { startedOver: Object.fromEntries(this.startedOver) }),
      providers: this.#providers(links),
    };
  }

  view(links: readonly ProviderLink[], spent: bigint, pricePerTaskCeiling: bigint, nowMs: number): JobView {
    const record = this.record(links);
    const waitingFor = this.#waitingFor(links);
    const etaMs = this.#etaMs(nowMs);
    return {
      job: record.job,
      manifest: record.manifest,
      status: record.status,
      ...(record.error === undefined ? {} : { error: record.error }),
      phases: [...this.#phases],
      verified: this.#verified,
      provisional: this.#provisional,
      executions: record.executions,
      providers: record.providers,
      rejected: record.rejected,
      refused: [],
      budget: record.cap,
      spent,
      pricePerTaskCeiling,
      createdAtMs: record.createdAtMs,
      ...(record.firstResultAtMs === undefined ? {} : { firstResultAtMs: record.firstResultAtMs }),
      ...(record.endedAtMs === undefined ? {} : { endedAtMs: record.endedAtMs }),
      ...(etaMs === undefined ? {} : { etaMs }),
      ...(waitingFor === undefined ? {} : { waitingFor }),
      ...(this.#notes.length === 0 ? {} : { notes: [...this.#notes] }),
    };
  }

  #set(task: number, phase: TaskPhase): void {
    if (!this.#isSettled(task)) this.#phases[task] = phase;
  }

  #isSettled(task: number): boolean {
    return this.#phases[task] === 'provisional' || this.#phases[task] === 'verified';
  }

  /**
   * One line per provider: those of before a reload, then those of now, added up. Links know all of their pay, also
   * that of before the reload, which the stored view may have missed.
   */
  #providers(links: readonly ProviderLink[]): JobProviderView[] {
    const linked = new Set(links.map(({ peer }) => peer));
    const byPeer = new Map<PeerId, JobProviderView>(
      this.#restoredProviders.map((view) => [
        view.peer,
        { ...this.#restored(view), ...(linked.has(view.peer) ? { tasksPaid: 0, paid: 0n } : {}) },
      ]),
    );
    for (const link of links) {
      const now = link.view();
      const before = byPeer.get(now.peer);
      const tasksPaid = now.tasksPaid + (before?.tasksPaid ?? 0);
      byPeer.set(now.peer, {
        ...now,
        executions: Math.max(now.executions + (before?.executions ?? 0), tasksPaid),
        tasksPaid,
        paid: now.paid + (before?.paid ?? 0n),
      });
    }
    return [...byPeer.values()];
  }

  /** A provider of before a reload. */
  #restored(view: JobProviderView): JobProviderView {
    const { peer } = view;
    const reason = this.#banReasons.get(peer) ?? this.#setAside.get(peer);
    const state = this.#banned.has(peer) ? 'banned' : this.#setAside.has(peer) ? 'set-aside' : 'ended';
    return { ...view, state, ...(reason === undefined ? {} : { endReason: reason }) };
  }

  #etaMs(nowMs: number): number | undefined {
    if (this.#status !== 'running' || this.#settledHere === 0) return undefined;
    const msPerTask = (nowMs - this.#startedAtMs) / this.#settledHere;
    return Math.round(msPerTask * (this.#phases.length - this.settled + this.closingChecks));
  }

  #waitingFor(links: readonly ProviderLink[]): string | undefined {
    if (this.#status !== 'running') return undefined;
    if (this.isBroke) return 'the budget: no further task fits it';
    const atWork = links.filter((link) => link.state === 'working');
    const working = new Set(atWork.map(({ payee }) => payee.toLowerCase())).size;
    const networks = new Set(atWork.map(({ peer, network }) => network ?? peer)).size;
    if (working === 0) return 'providers: none has taken this job yet';
    const { policy } = this.#record.manifest;
    const needed = policy.kind === 'trust' ? 1 : policy.kind === 'quorum' ? policy.need : 2;
    const second = `a second provider: each result needs ${needed}, paid on different accounts`;
    if (this.closingChecks > 0 && this.settled === this.#phases.length)
      return `closing checks: ${this.closingChecks} left${working < needed ? `; ${second}` : ''}`;
    if (working < needed) return second;
    return networks < needed ? 'a provider in another network: all of these share one' : undefined;
  }
}
