import { heldBackTasks } from '../../src/payment/costs/held-back.ts';
import type { Policy } from '../../src/protocol/policy.ts';
import type { ClosingCheck } from '../../src/verification/job/closing-checks.ts';
import { JobTrust } from '../../src/verification/job/job-trust.ts';
import { type AfterBan, type Due, ReleaseBook } from '../../src/verification/job/release-book.ts';
import { ADAPTIVE_TRIAL_RESULTS } from '../../src/verification/policy/vote.ts';
import { type Decision, decide } from '../../src/verification/task/decide.ts';
import type { TaskCheck } from '../../src/verification/task/task-check.ts';

/** How a simulated job checks results: Kiln's own rules, or those of others to compare with. */
export interface Rules {
  readonly policy: Policy;
  /** Agreeing results that a replica leased to this provider calls for. */
  need(peer: string, random: number): number;
  /** This provider passed the checks of earlier jobs. */
  know?(peer: string): void;
  decide(check: TaskCheck): Decision;
  commit(task: number, peer: string): void;
  accept(task: number, supporters: readonly string[], isProven: boolean): void;
  /** A provider handed in a wrong result; undefined: it stays, and nothing of it is taken back. */
  caught(peer: string): AfterBan | undefined;
  /** Who stands behind a task's result. */
  supporters(task: number): readonly string[];
  takeDue(): readonly Due[];
  closingChecks(random: () => number): readonly ClosingCheck[];
  close(): void;
  /** Share of cheats that the rules take the job to have, and share of results they check; for tables. */
  readonly seen?: { readonly faultShare: number; readonly checkRate: number };
}

/** Three tasks on credit: what a provider with one slot gives by default where a task takes a second or more. */
const LEAST_CREDIT = { creditLimit: 3n, pricePerUnit: 1_000_000n, microUnitsPerTask: 1 };

/** The rules of the product, exactly: `JobTrust`, `ReleaseBook` and `decide`. */
export class KilnRules implements Rules {
  readonly policy: Policy;
  readonly #trust: JobTrust;
  readonly #book: ReleaseBook;
  readonly #arbiter = { canCompute: true, isTrusted: (peer: string) => this.#trust.isTrusted(peer) };
  /** Lone results of each provider whose pay is held back, the oldest first. */
  readonly #held = new Map<string, number[]>();
  /** Paid before they were released: `task peer`. */
  readonly #paidEarly = new Set<string>();
  #early: Due[] = [];

  readonly #mayHold: (paidTasks: number) => number;
  readonly #paidTasks = new Map<string, number>();

  /** @param mayHold tasks of one provider whose pay is held back at once, by how many were paid. @default with the least credit */
  constructor(policy: Policy = { kind: 'adaptive', auditRate: 0 }, mayHold?: (paidTasks: number) => number) {
    this.policy = policy;
    this.#mayHold = mayHold ?? ((paidTasks) => heldBackTasks({ ...LEAST_CREDIT, policy }, paidTasks));
    this.#trust = new JobTrust(policy);
    this.#book = new ReleaseBook(policy, this.#trust);
  }

  get seen() {
    return { faultShare: this.#trust.trustedFaultShare, checkRate: this.#trust.checkRate };
  }

  need(peer: string, random: number): number {
    return this.#trust.neededResults(peer, random);
  }

  know(peer: string): void {
    if (this.#trust.passed(peer) === 0) this.#trust.pass(peer, ADAPTIVE_TRIAL_RESULTS);
  }

  decide(check: TaskCheck): Decision {
    return decide(check, this.#trust.credibilityOf, this.#arbiter);
  }

  commit(task: number, peer: string): void {
    this.#book.commit(task, peer);
  }

  accept(task: number, supporters: readonly string[], isProven: boolean): void {
    this.#book.accept(task, supporters, isProven);
    if (this.#book.standing(task)?.isReleased === false) this.#hold(task, supporters[0]!);
  }

  caught(peer: string): AfterBan {
    return this.#book.ban(peer);
  }

  supporters(task: number): readonly string[] {
    return this.#book.standing(task)?.supporters ?? [];
  }

  takeDue(): readonly Due[] {
    const early = this.#early;
    this.#early = [];
    const released = this.#book.takeDue().filter(({ task, peer }) => !this.#paidEarly.has(`${task} ${peer}`));
    const due = [...early, ...released];
    for (const { peer } of due) this.#paidTasks.set(peer, (this.#paidTasks.get(peer) ?? 0) + 1);
    return due;
  }

  /** Beyond so many, pay may not be held back longer, whatever becomes of the result. */
  #hold(task: number, peer: string): void {
    const held = this.#held.get(peer) ?? [];
    this.#held.set(peer, held);
    held.push(task);
    if (held.length <= this.#mayHold(this.#paidTasks.get(peer) ?? 0)) return;
    const oldest = held.shift()!;
    if (this.#book.standing(oldest)?.supporters.includes(peer) !== true) return;
    this.#early.push({ task: oldest, peer });
    this.#paidEarly.add(`${oldest} ${peer}`);
  }

  closingChecks(random: () => number): readonly ClosingCheck[] {
    return this.#book.closingChecks(random, true);
  }

  close(): void {
    this.#book.close();
  }
}

/** Rules that accept and pay at once, exclude nobody and take nothing back. */
abstract class PlainRules implements Rules {
  abstract readonly policy: Policy;
  #due: Due[] = [];

  abstract need(peer: string, random: number): number;

  decide(check: TaskCheck): Decision {
    return decide(check);
  }

  commit(): void {}

  accept(task: number, supporters: readonly string[], _isProven: boolean): void {
    this.#due.push(...supporters.map((peer) => ({ task, peer })));
  }

  caught(_peer: string): AfterBan | undefined {
    return undefined;
  }

  supporters(): readonly string[] {
    return [];
  }

  takeDue(): readonly Due[] {
    const due = this.#due;
    this.#due = [];
    return due;
  }

  closingChecks(): readonly ClosingCheck[] {
    return [];
  }

  close(): void {}
}

/** Every task is computed once and believed. */
export class SingleRules extends PlainRules {
  readonly policy: Policy = { kind: 'trust', auditRate: 0 };

  need(): number {
    return 1;
  }
}

/** Every task is computed until two results agree. */
export class QuorumRules extends PlainRules {
  readonly policy: Policy = { kind: 'quorum', need: 2, limit: 9, auditRate: 0 };

  need(): number {
    return 2;
  }
}

/** BOINC trusts nobody with fewer consecutive valid results than this (sched_config.h, CONS_VALID_UNREPLICATED). */
const BOINC_TRUST_RESULTS = 10;

/**
 * BOINC's adaptive replication as published: a host with ten consecutive valid results is trusted with probability
 * 1 − 1/c; c grows when a replicated result is found valid, and is zero again after an invalid one (sched_version.cpp,
 * set_trust; wiki, AdaptiveReplication).
 */
export class BoincRules extends PlainRules {
  readonly policy: Policy = { kind: 'adaptive', auditRate: 0 };
  readonly #valid = new Map<string, number>();

  need(peer: string, random: number): number {
    const valid = this.#valid.get(peer) ?? 0;
    return valid >= BOINC_TRUST_RESULTS && random > 1 / valid ? 1 : 2;
  }

  override accept(task: number, supporters: readonly string[], isProven: boolean): void {
    super.accept(task, supporters, isProven);
    if (supporters.length < 2) return;
    for (const peer of supporters) this.#valid.set(peer, (this.#valid.get(peer) ?? 0) + 1);
  }

  override caught(peer: string): undefined {
    this.#valid.set(peer, 0);
  }
}
