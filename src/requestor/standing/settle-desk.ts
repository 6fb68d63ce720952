import { KilnError } from '../../base/errors.ts';
import type { VerdictOutcome } from '../../protocol/work.ts';
import type { Replica } from '../../verification/task/task-check.ts';
import type { JobParts } from '../job-parts.ts';
import type { LeaseDesk } from '../leases/lease-desk.ts';
import type { ResultRecord, Supporter } from '../records.ts';
import type { JobProgress } from '../results/job-progress.ts';
import type { Statements } from '../results/statements.ts';
import { NO_BYTES } from '../results/evidence.ts';
import { type Judged, type Settled, VERDICT_CHANGED } from '../results/task-steps.ts';
import type { TaskTeller } from '../results/task-teller.ts';
import type { LinkBook } from '../seats/link-book.ts';
import type { ProviderLink } from '../seats/provider-link.ts';
import type { BanDesk } from './ban-desk.ts';
import type { RecheckDesk } from './recheck-desk.ts';
import type { ReleaseDesk } from './release-desk.ts';
import type { RingerDesk } from './ringer-desk.ts';

/** What the desk works with. */
export interface SettleDeskInit {
  readonly parts: JobParts;
  readonly progress: JobProgress;
  readonly links: LinkBook;
  readonly leases: LeaseDesk;
  readonly statements: Statements;
  readonly teller: TaskTeller;
  readonly releases: ReleaseDesk;
  readonly rechecks: RecheckDesk;
  readonly bans: BanDesk;
  readonly ringers: RingerDesk;
  /** Pays what is owed to a provider; failures are the job's to handle. */
  readonly pay: (link: ProviderLink) => void;
}

/** Carries verdicts out: stores the accepted result, tells everybody concerned, pays or holds back, and bans who was caught. */
export class SettleDesk {
  readonly #init: SettleDeskInit;

  constructor(init: SettleDeskInit) {
    this.#init = init;
  }

  /**
   * Stores a result that stands before anything else happens, then tells and pays. False when the task had this very
   * result before.
   */
  settle(settled: Settled): Promise<boolean> {
    return this.#init.parts.keeper.alone(settled.task, () => this.#settle(settled));
  }

  /** A provider was checked by a task whose answer was known: it is paid as for any other, or caught. */
  settleRinger(judged: Judged): Promise<void> {
    return this.#init.parts.keeper.alone(judged.task, () => this.#settleRinger(judged));
  }

  async #settle(settled: Settled): Promise<boolean> {
    const { parts, releases, rechecks, progress, teller } = this.#init;
    const { task, digest, verdict, result, isCurrent } = settled;
    const before = releases.book.standing(task) === undefined ? undefined : await parts.keeper.get(task);
    const record = await parts.keeper.keep(settled, this.#about(settled, before));
    if (!isCurrent()) {
      await (before === undefined ? parts.keeper.drop(task) : parts.keeper.put(before));
      throw changed(task);
    }
    const isReplacing = before !== undefined && before.digest !== digest;
    if (isReplacing) progress.reopen(task);
    const nowMs = parts.clock.now();
    if (record.isProvisional === true) progress.stand(task, nowMs);
    else progress.verify(task, result.exit, nowMs);
    const supporters = record.supporters.map(({ peer }) => peer);
    const { canonical } = verdict;
    teller.tell(task, { type: 'settled', canonical, digest, result, supporters, isReplacing });
    releases.accept(record);
    rechecks.ended(task);
    this.#init.ringers.learn(record, settled.check.replicas);
    this.#noteValid(record, before);
    this.#tell(settled, record.supporters, before);
    void releases.flush();
    // A program that fails on every device ends the job, but not on the word of one.
    if (record.isProvisional === true && progress.isFault(result.exit))
      void rechecks.check(task, 'it says that the program fails');
    else if (record.isProvisional !== true) this.#forget(task);
    return before === undefined || isReplacing;
  }

  async #settleRinger(judged: Judged): Promise<void> {
    const { parts, leases, releases } = this.#init;
    const { task, verdict, check, isCurrent } = judged;
    const before = await parts.keeper.get(task);
    const passed = check.replicas
      .filter(({ id }) => verdict.accepted.includes(id))
      .map((replica) => supporterOf(replica, leases.owner(replica.id)));
    const supporters = [...(before?.supporters ?? []), ...passed];
    if (before !== undefined && passed.length > 0) {
      const record = { ...before, supporters };
      await parts.keeper.put(record);
      if (!isCurrent()) {
        await parts.keeper.put(before);
        throw changed(task);
      }
      releases.accept(record);
      this.#noteValid(record, before);
    }
    this.#tell(judged, supporters, before);
    this.#forget(task);
  }

  /** What is stored beside the result. */
  #about(
    { task, digest, check, verdict }: Settled,
    before: ResultRecord | undefined,
  ): Omit<ResultRecord, 'exit' | 'outputs' | 'statement'> {
    const { leases, releases } = this.#init;
    const accepted = check.replicas.filter(({ id }) => verdict.accepted.includes(id));
    const isProven = check.audit.state === 'done' || check.comparator === 'verifier';
    const wasReleased = before !== undefined && before.isProvisional !== true;
    const isProvisional =
      check.policy.kind === 'adaptive' && accepted.length === 1 && !isProven && !wasReleased;
    const supporters = accepted.map((replica): Supporter => {
      const known = before?.supporters.find(({ lease }) => lease === replica.id);
      if (known !== undefined) return known;
      const link = leases.owner(replica.id);
      const isHeld = isProvisional && link !== undefined && leases.mayHold(link);
      return { ...supporterOf(replica, link), ...(isHeld ? { isHeld } : {}) };
    });
    return {
      task,
      digest,
      supporters,
      order: releases.nextOrder(),
      ...(isProvisional ? { isProvisional } : {}),
      ...(isProven ? { isProven } : {}),
    };
  }

  /** A result counts in its provider's record once another one, or this device, agreed with it. */
  #noteValid(record: ResultRecord, before: ResultRecord | undefined): void {
    const isChecked = (one: ResultRecord | undefined) =>
      one !== undefined && (one.isProven === true || one.supporters.length > 1);
    if (!isChecked(record)) return;
    for (const { peer, lease, numericClass } of record.supporters) {
      const isNew = before?.supporters.every((other) => other.lease !== lease) !== false;
      if (isNew || !isChecked(before)) this.#init.parts.reputation.note(peer, 'valid', numericClass);
    }
  }

  #tell(
    { task, verdict, check, digest }: Judged,
    supporters: readonly Supporter[],
    before: ResultRecord | undefined,
  ): void {
    const { leases, links, bans, statements, teller, pay } = this.#init;
    const reasons = new Map(
      [...verdict.rejected, ...verdict.inconclusive].map(({ id, reason }) => [id, reason]),
    );
    const payees = new Set<ProviderLink>();
    const caught: { lease: string; link: ProviderLink; reason: string }[] = [];
    for (const replica of check.replicas) {
      const { id: lease, peer } = replica;
      const known = before?.supporters.find((one) => one.lease === lease);
      const link = leases.owner(lease) ?? (known === undefined ? undefined : links.get(known.agreement));
      if (link === undefined) continue;
      const supporter = supporters.find((one) => one.lease === lease);
      // Who stood before and still does has heard so.
      if (known !== undefined && supporter !== undefined) continue;
      const isWithheld = isOnlyWithheld(replica, check.comparator, digest);
      const outcome = isWithheld ? 'inconclusive' : outcomeOf(lease, verdict, supporter);
      if (outcome === 'rejected' && link.told.of(lease, task) === 'rejected') continue;
      const reason = reasons.get(lease);
      leases.release(link, lease, task, outcome, reason);
      teller.tell(task, {
        type: 'verdict',
        lease,
        peer,
        outcome,
        ...(reason === undefined ? {} : { reason }),
      });
      if (outcome === 'accepted') {
        link.owedTasks++;
        payees.add(link);
      }
      if (outcome === 'rejected')
        caught.push({ lease, link, reason: reason ?? 'disagrees with the accepted result' });
    }
    for (const { lease, link, reason } of caught) {
      const evidence = statements.evidence(task, lease, digest);
      bans.caught({ task, lease, link, reason, ...(evidence === undefined ? {} : { evidence }) });
    }
    // Verdicts of one turn travel together; they leave before any voucher, which has to be stored and signed first.
    for (const link of payees) pay(link);
  }

  #forget(task: number): void {
    this.#init.statements.forget(task);
    this.#init.teller.forgotten(task);
  }
}

function changed(task: number): KilnError {
  return new KilnError(VERDICT_CHANGED, 'Somebody was banned while the result was stored.', {
    data: { task },
    hint: 'Decide the task again.',
  });
}

function supporterOf({ id, peer, payee, numericClass }: Replica, link: ProviderLink | undefined): Supporter {
  return {
    peer,
    payee,
    lease: id,
    agreement: link?.digest ?? '',
    ...(numericClass === undefined ? {} : { numericClass }),
  };
}

/**
 * Did a provider keep the bytes of its result back, and nothing shows that it is wrong? Where digests are compared,
 * another one than the accepted is wrong whatever its bytes are.
 */
function isOnlyWithheld(
  { phase, reason, digest }: Replica,
  comparator: Judged['check']['comparator'],
  accepted: string,
): boolean {
  return phase === 'broken' && reason === NO_BYTES && (comparator !== 'exact' || digest === accepted);
}

function outcomeOf(
  id: string,
  verdict: Settled['verdict'],
  supporter: Supporter | undefined,
): VerdictOutcome {
  if (supporter !== undefined) return supporter.isHeld === true ? 'provisional' : 'accepted';
  if (verdict.rejected.some((rejected) => rejected.id === id)) return 'rejected';
  return verdict.inconclusive.some((inconclusive) => inconclusive.id === id) ? 'inconclusive' : 'not-needed';
}
