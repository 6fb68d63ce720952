import type { Random } from '../../src/base/random.ts';
import { TaskQueue } from '../../src/market/queue.ts';
import type { Policy } from '../../src/protocol/policy.ts';
import { newRecord, note, type ReputationRecord } from '../../src/reputation/record.ts';
import { isAudited } from '../../src/verification/policy/audit.ts';
import { decide, type Verdict } from '../../src/verification/task/decide.ts';
import { placementRefusal } from '../../src/verification/task/placement.ts';
import { rerunAfterBan } from '../../src/verification/job/rerun-after-ban.ts';
import {
  newTaskCheck,
  next,
  type TaskCheck,
  type TaskEvent,
} from '../../src/verification/task/task-check.ts';
import { firstReplicas, neededResults } from '../../src/verification/policy/vote.ts';

/** What a provider answers to a task: the truth, a wrong answer, or nothing (it vanished). */
export type Behaviour = (turn: {
  readonly task: number;
  readonly delivered: number;
  readonly random: Random;
}) => string | undefined;

export const TRUTH = 'truth';

/** Kinds of providers (design: verification, tests that must exist). */
export const BEHAVIOURS = {
  honest: () => TRUTH,
  /** Delivers garbage of its own without computing. */
  lazy: ({ random }) => `garbage ${random()}`,
  /** All of these agree on the same wrong answer for some tasks. */
  colluding: ({ task }) => (task % 3 === 0 ? 'conspiracy' : TRUTH),
  /** Honest until it is trusted, then like the colluders. */
  sleeper: ({ task, delivered }) => (delivered > 30 && task % 3 === 0 ? 'conspiracy' : TRUTH),
  flaky: ({ random }) => (random() < 0.4 ? undefined : TRUTH),
} as const satisfies Record<string, Behaviour>;
export type Kind = keyof typeof BEHAVIOURS;

/** How a simulated job went. */
export interface Outcome {
  /** Tasks whose accepted result is not the truth. */
  readonly wrong: number;
  readonly unsettled: number;
  /** Executions per task. */
  readonly overhead: number;
  /** Results of cheats that were paid although wrong. */
  readonly paidLies: number;
  readonly bannedCheats: number;
  readonly bannedHonest: number;
  readonly rounds: number;
}

interface Provider {
  readonly peer: string;
  readonly payee: `0x${string}`;
  readonly kind: Kind;
  record: ReputationRecord;
  delivered: number;
  isBanned: boolean;
}

/** One job in rounds: each round every provider takes, runs, commits and reveals one task. Repeatable by its random. */
export class MarketSimulation {
  readonly #policy: Policy;
  readonly #random: Random;
  readonly #providers: readonly Provider[];
  readonly #queue: TaskQueue;
  readonly #checks = new Map<number, TaskCheck>();
  readonly #accepted = new Map<number, { readonly answer: string; readonly supporters: readonly string[] }>();
  #executions = 0;
  #unsettled = 0;
  #paidLies = 0;

  constructor(policy: Policy, tasks: number, crowd: Partial<Record<Kind, number>>, random: Random) {
    this.#policy = policy;
    this.#random = random;
    this.#queue = new TaskQueue(tasks, firstReplicas(policy), random);
    const kinds = (Object.entries(crowd) as [Kind, number][]).flatMap(([kind, count]) =>
      Array<Kind>(count).fill(kind),
    );
    this.#providers = kinds.map((kind, i) => ({
      peer: `peer ${i}`,
      payee: `0x${i.toString(16)}`,
      kind,
      record: newRecord(0),
      delivered: 0,
      isBanned: false,
    }));
  }

  run(maxRounds: number): Outcome {
    let rounds = 0;
    while (this.#queue.done + this.#unsettled < this.#queue.tasks && rounds++ < maxRounds) this.#round();
    const banned = this.#providers.filter(({ isBanned }) => isBanned);
    const isCheat = ({ kind }: Provider) => kind !== 'honest' && kind !== 'flaky';
    return {
      wrong: [...this.#accepted.values()].filter(({ answer }) => answer !== TRUTH).length,
      unsettled: this.#queue.tasks - this.#queue.done,
      overhead: this.#executions / this.#queue.tasks,
      paidLies: this.#paidLies,
      bannedCheats: banned.filter(isCheat).length,
      bannedHonest: banned.filter((provider) => !isCheat(provider)).length,
      rounds,
    };
  }

  #round(): void {
    const taken = this.#providers.flatMap((provider) =>
      this.#lease(provider).map((task) => ({ provider, task })),
    );
    for (const { provider, task } of taken) this.#deliver(provider, task);
  }

  #lease(provider: Provider): number[] {
    if (provider.isBanned) return [];
    const mayTake = (task: number) => placementRefusal(this.#check(task), provider) === undefined;
    const tasks = this.#queue.take(provider.peer, 1, mayTake);
    for (const task of tasks) {
      const need = neededResults(this.#policy, provider.record.consecutiveValid, this.#random());
      this.#apply(task, {
        type: 'leased',
        id: `${provider.peer} ${this.#executions++}`,
        holder: provider,
        need,
      });
      this.#advance(task);
    }
    return tasks;
  }

  #deliver(provider: Provider, task: number): void {
    const replica = this.#check(task).replicas.find(
      ({ peer, phase }) => peer === provider.peer && phase === 'leased',
    );
    if (replica === undefined) return;
    const answer = this.#answer(provider, task);
    if (answer === undefined) this.#apply(task, { type: 'lost', id: replica.id, reason: 'late' });
    else {
      const isFirst = this.#check(task).commitOrder.length === 0;
      this.#apply(task, { type: 'committed', id: replica.id });
      this.#answers.set(replica.id, answer);
      if (isFirst && isAudited(this.#policy, this.#random())) {
        this.#apply(task, { type: 'audit-started' });
        this.#apply(task, { type: 'audited', digest: TRUTH });
      }
    }
    this.#advance(task);
  }

  readonly #answers = new Map<string, string>();

  #answer(provider: Provider, task: number): string | undefined {
    const behaviour: Behaviour = BEHAVIOURS[provider.kind];
    return behaviour({ task, delivered: provider.delivered++, random: this.#random });
  }

  #advance(task: number): void {
    for (;;) {
      const decision = decide(this.#check(task));
      if (decision.kind === 'reveal') {
        this.#apply(task, { type: 'reveal-asked', ids: decision.ids });
        for (const id of decision.ids)
          this.#apply(task, { type: 'revealed', id, digest: this.#answers.get(id)! });
        continue;
      }
      if (decision.kind === 'lease') this.#queue.setWanted(task, decision.count);
      if (decision.kind === 'verdict') this.#settle(task, decision);
      if (decision.kind === 'failed') {
        this.#queue.drop(task);
        this.#unsettled++;
      }
      return;
    }
  }

  #settle(task: number, verdict: Verdict): void {
    const { replicas } = this.#check(task);
    const providerOf = (id: string) => {
      const { peer } = replicas.find((replica) => replica.id === id)!;
      return this.#providers.find((provider) => provider.peer === peer)!;
    };
    const answer = verdict.accepted.length > 0 ? this.#answers.get(verdict.canonical)! : TRUTH;
    const supporters = verdict.accepted.map((id) => providerOf(id).peer);
    this.#accepted.set(task, { answer, supporters });
    this.#queue.finish(task);
    this.#checks.delete(task);
    if (answer !== TRUTH) this.#paidLies += supporters.length;
    for (const id of verdict.accepted) providerOf(id).record = note(providerOf(id).record, 'valid', 0);
    for (const { id } of verdict.rejected) this.#ban(providerOf(id));
  }

  #ban(provider: Provider): void {
    if (provider.isBanned) return;
    provider.isBanned = true;
    provider.record = note(provider.record, 'wrong', 0);
    for (const task of [...this.#checks.keys()]) {
      this.#apply(task, { type: 'banned', peer: provider.peer });
      this.#advance(task);
    }
    const accepted = [...this.#accepted].map(([task, { supporters }]) => ({ task, supporters }));
    for (const task of rerunAfterBan(accepted, provider.peer)) {
      this.#accepted.delete(task);
      this.#queue.reopen(task, firstReplicas(this.#policy));
    }
  }

  #check(task: number): TaskCheck {
    return this.#checks.get(task) ?? newTaskCheck(this.#policy, 'exact');
  }

  #apply(task: number, event: TaskEvent): void {
    this.#checks.set(task, next(this.#check(task), event));
  }
}
