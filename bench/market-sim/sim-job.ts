import type { Random } from '../../src/base/random.ts';
import { freshWindow, TaskQueue } from '../../src/market/queue.ts';
import { firstReplicas } from '../../src/verification/policy/vote.ts';
import type { Verdict } from '../../src/verification/task/decide.ts';
import { placementRefusal } from '../../src/verification/task/placement.ts';
import { recheckTask } from '../../src/verification/task/recheck-task.ts';
import {
  newTaskCheck,
  next,
  type TaskCheck,
  type TaskEvent,
} from '../../src/verification/task/task-check.ts';
import { BEHAVIOURS, type Kind, TRUTH } from './behaviours.ts';
import type { SimProvider } from './crowd.ts';
import { measure, type Outcome } from './outcome.ts';
import type { Rules } from './rules.ts';
import { PlainLine, type SeatLine } from './seat-line.ts';
import { VirtualTime } from './virtual-time.ts';

/** A lease whose provider vanished is given up after this long. */
const DEADLINE_MS = 30_000;
/** After each task, one provider in so many leaves for good: tabs are closed. */
const TASKS_BEFORE_LEAVING = 3_000;

/** What a simulated job is made of. */
export interface SimJobInit {
  readonly tasks: number;
  /** Providers at work at a time; the others wait for a free seat. */
  readonly seats: number;
  /** Who is on the market, in order of asking for a seat. */
  readonly crowd: readonly SimProvider[];
  readonly rules: Rules;
  /** Who gets the seats. @default nobody is known, and they go to whoever asks next */
  readonly line?: SeatLine;
  readonly random: Random;
  /** Providers leave after about so many tasks. @default 3,000 */
  readonly tasksBeforeLeaving?: number;
}

/** One job on a market in virtual time, with the product's own queue, placement, checks and release of results. */
export class SimJob {
  readonly #init: SimJobInit;
  readonly #rules: Rules;
  readonly #random: Random;
  readonly #time = new VirtualTime();
  readonly #queue: TaskQueue;
  readonly #byPeer: ReadonlyMap<string, SimProvider>;
  readonly #seated = new Set<SimProvider>();
  readonly #idle = new Set<SimProvider>();
  readonly #checks = new Map<number, TaskCheck>();
  /** What providers committed to, by replica id; only while their task is under way. */
  readonly #answers = new Map<string, string>();
  /** Digest of each accepted result. */
  readonly #results: (string | undefined)[] = [];
  readonly #line: SeatLine;
  /** The highest task that any provider of a kind was given: what accomplices can tell each other. */
  readonly #highest = new Map<Kind, number>();
  #leases = 0;
  #ownRuns = 0;

  constructor(init: SimJobInit) {
    this.#init = init;
    this.#rules = init.rules;
    this.#random = init.random;
    const { policy } = init.rules;
    const window = policy.kind === 'adaptive' ? freshWindow(init.tasks) : 1;
    this.#queue = new TaskQueue(init.tasks, firstReplicas(policy), init.random, window);
    this.#line = init.line ?? new PlainLine(init.crowd, init.seats);
    this.#byPeer = new Map(init.crowd.map((provider) => [provider.holder.peer, provider]));
  }

  run(): Outcome {
    for (const { provider, atMs } of this.#line.arrivals)
      this.#time.after(atMs, () => void (provider.doneWhenAsked = this.#queue.done));
    do {
      if (this.#isSettled && !this.#openClosingChecks()) break;
      this.#fillSeats();
      for (const provider of [...this.#idle]) this.#give(provider);
      this.#pay();
    } while (this.#time.step());
    this.#rules.close();
    this.#pay();
    for (const provider of [...this.#seated]) this.#leave(provider);
    const { crowd, tasks } = this.#init;
    return measure({
      tasks,
      crowd,
      results: this.#results,
      ownRuns: this.#ownRuns,
      endedAtMs: this.#time.nowMs,
    });
  }

  #fillSeats(): void {
    const { coming, leaving } = this.#line.fill(this.#seated, this.#time.nowMs);
    for (const provider of leaving) this.#giveWay(provider);
    for (const provider of coming) {
      provider.isKnown = this.#line.isKnown(provider);
      if (provider.isKnown) this.#rules.know?.(provider.holder.peer);
      provider.seatedAtMs = this.#time.nowMs;
      provider.doneWhenSeated = this.#queue.done;
      this.#seated.add(provider);
      this.#idle.add(provider);
    }
  }

  /** What it has in hand goes back to the queue. */
  #giveWay(provider: SimProvider): void {
    const { inHand } = provider;
    this.#leave(provider);
    provider.inHand = undefined;
    if (inHand === undefined) return;
    this.#apply(inHand.task, { type: 'lost', id: inHand.id, reason: 'gave its seat to a newcomer' });
    this.#advance(inHand.task);
  }

  #leave(provider: SimProvider): void {
    if (!this.#seated.delete(provider)) return;
    this.#idle.delete(provider);
    this.#queue.forget(provider.holder.peer);
    provider.seatedMs += this.#time.nowMs - provider.seatedAtMs!;
  }

  #quit(provider: SimProvider): void {
    provider.hasLeft = true;
    this.#leave(provider);
  }

  #give(provider: SimProvider): void {
    const { holder } = provider;
    const mayTake = (task: number) => {
      const check = this.#checks.get(task);
      return check === undefined || placementRefusal(check, holder) === undefined;
    };
    const [task] = this.#queue.take(holder.peer, 1, mayTake);
    if (task === undefined) return;
    this.#idle.delete(provider);
    provider.leased++;
    provider.doneWhenLeased ??= this.#queue.done;
    const id = `${holder.peer} ${this.#leases++}`;
    const need = this.#rules.need(holder.peer, this.#random());
    provider.inHand = { task, id };
    this.#apply(task, { type: 'leased', id, holder, need });
    this.#advance(task);
    this.#time.after(provider.msPerTask * (0.9 + 0.2 * this.#random()), () =>
      this.#finish(provider, task, id),
    );
  }

  /** The provider is done with a task, or would be. */
  #finish(provider: SimProvider, task: number, id: string): void {
    if (provider.isBanned || provider.inHand?.id !== id) return;
    provider.inHand = undefined;
    const committed = this.#checks.get(task)?.commitOrder ?? [];
    const highest = this.#highest.get(provider.kind) ?? -1;
    this.#highest.set(provider.kind, Math.max(task, highest));
    const answer = BEHAVIOURS[provider.kind]({
      task,
      highest,
      before: provider.leased - 1,
      canCopy: committed.some((other) => this.#answers.has(other)),
      random: this.#random,
    });
    if (answer === 'nothing') {
      this.#quit(provider);
      this.#time.after(DEADLINE_MS, () => {
        this.#apply(task, { type: 'lost', id, reason: 'late' });
        this.#advance(task);
      });
      return;
    }
    provider.delivered++;
    this.#answers.set(id, answer === 'copied commitment' ? answer : answer.digest);
    this.#rules.commit(task, provider.holder.peer);
    this.#apply(task, { type: 'committed', id });
    this.#advance(task);
    if (provider.isBanned) return;
    if (this.#random() < 1 / (this.#init.tasksBeforeLeaving ?? TASKS_BEFORE_LEAVING)) this.#quit(provider);
    else this.#idle.add(provider);
  }

  /** Carries decisions out until one has to wait. */
  #advance(task: number): void {
    for (;;) {
      const check = this.#checks.get(task);
      if (check === undefined) return;
      const decision = this.#rules.decide(check);
      switch (decision.kind) {
        case 'lease':
          return this.#queue.setWanted(task, decision.count);
        case 'reveal':
          this.#apply(task, { type: 'reveal-asked', ids: decision.ids });
          for (const id of decision.ids) this.#reveal(task, id);
          break;
        case 'own-run':
          this.#runHere(task);
          break;
        case 'verdict':
          return this.#settle(task, check, decision);
        default:
          throw new Error(`No simulated task comes to ${decision.kind}.`);
      }
    }
  }

  #reveal(task: number, id: string): void {
    const digest = this.#answers.get(id)!;
    const isCopied = digest === 'copied commitment';
    this.#apply(
      task,
      isCopied ? { type: 'broken', id, reason: 'another’s commitment' } : { type: 'revealed', id, digest },
    );
  }

  #runHere(task: number): void {
    this.#ownRuns++;
    this.#apply(task, { type: 'audit-started' });
    this.#apply(task, { type: 'audited', digest: TRUTH });
  }

  #settle(task: number, check: TaskCheck, verdict: Verdict): void {
    const peerOf = new Map(check.replicas.map(({ id, peer }) => [id, peer]));
    const isProven = check.audit.state === 'done';
    this.#results[task] = isProven
      ? TRUTH
      : check.replicas.find(({ id }) => id === verdict.canonical)!.digest;
    this.#checks.delete(task);
    for (const { id } of check.replicas) this.#answers.delete(id);
    this.#queue.finish(task);
    this.#rules.accept(
      task,
      verdict.accepted.map((id) => peerOf.get(id)!),
      isProven,
    );
    for (const { id } of verdict.rejected) this.#catch(this.#byPeer.get(peerOf.get(id)!)!);
  }

  #catch(provider: SimProvider): void {
    if (provider.isBanned) return;
    const { peer } = provider.holder;
    const after = this.#rules.caught(peer);
    if (after === undefined) return;
    provider.isBanned = true;
    this.#leave(provider);
    for (const task of after.rerun) {
      this.#results[task] = undefined;
      this.#queue.reopen(task, 1);
    }
    for (const task of after.recheck) this.#recheck(task);
    for (const task of [...this.#checks.keys()]) {
      this.#apply(task, { type: 'banned', peer });
      this.#advance(task);
    }
  }

  #recheck(task: number): void {
    const digest = this.#results[task]!;
    const standing = this.#rules.supporters(task).map((peer) => {
      const { holder } = this.#byPeer.get(peer)!;
      return { ...holder, id: peer, digest };
    });
    this.#checks.set(task, recheckTask(this.#rules.policy, 'exact', standing));
    this.#queue.reopen(task, 0);
    this.#advance(task);
  }

  #pay(): void {
    for (const { peer } of this.#rules.takeDue()) this.#byPeer.get(peer)!.paid++;
  }

  /** Has every task a result, and is none of them checked once more? */
  get #isSettled(): boolean {
    return this.#queue.done === this.#queue.tasks && this.#checks.size === 0;
  }

  /** Begins what is to be checked before the job closes; false when nothing is. */
  #openClosingChecks(): boolean {
    const wanted = this.#rules.closingChecks(this.#random);
    for (const { task, by } of wanted) {
      // What was wanted at once may have been settled, or taken back, by what came before it.
      if (this.#results[task] === undefined || this.#checks.has(task)) continue;
      this.#recheck(task);
      if (by === 'provider') continue;
      this.#runHere(task);
      this.#advance(task);
    }
    return wanted.length > 0;
  }

  /** A task that is settled, or was begun anew, takes no more events of old replicas. */
  #apply(task: number, event: TaskEvent): void {
    const check = this.#checks.get(task);
    if (check === undefined && event.type !== 'leased') return;
    this.#checks.set(task, next(check ?? newTaskCheck(this.#rules.policy, 'exact'), event));
  }
}
