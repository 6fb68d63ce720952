import type { Arbiter } from '../verification/task/decide.ts';
import type { Bytes } from '../base/bytes.ts';
import type { Cid } from '../base/cid.ts';
import type { PeerId } from '../protocol/identity.ts';
import { JobTrust } from '../verification/job/job-trust.ts';
import { REVEAL_TIMEOUT_MS } from './constants.ts';
import type { JobParts } from './job-parts.ts';
import { LeaseDesk } from './leases/lease-desk.ts';
import { mayTakeMore } from './leases/link-price.ts';
import { Outbox } from './leases/outbox.ts';
import { WorkIntake } from './leases/work-intake.ts';
import { CoverDesk } from './pay/cover-desk.ts';
import type { Paymaster } from './pay/paymaster.ts';
import { ReceiptDesk } from './pay/receipt-desk.ts';
import type { RestorePlan } from './restore-plan.ts';
import { JobProgress } from './results/job-progress.ts';
import type { LonelyReason } from './results/placement/lonely-tasks.ts';
import { ResultDesk } from './results/result-desk.ts';
import { Statements } from './results/statements.ts';
import { TaskDesk } from './results/task-desk.ts';
import type { Settled } from './results/task-steps.ts';
import { TaskTeller } from './results/task-teller.ts';
import { VerifierTrial } from './results/own/verifier-trial.ts';
import { LinkBook } from './seats/link-book.ts';
import { NetworkWatch } from './seats/network-watch.ts';
import type { EndState, ProviderLink } from './seats/provider-link.ts';
import { RenewalDesk } from './seats/renewal-desk.ts';
import { BanDesk } from './standing/ban-desk.ts';
import { RecheckDesk } from './standing/recheck-desk.ts';
import { ReleaseDesk } from './standing/release-desk.ts';
import { RingerDesk } from './standing/ringer-desk.ts';
import { SettleDesk } from './standing/settle-desk.ts';
import { WasteDesk } from './standing/waste-desk.ts';

/** What people read when this device computes what only one provider has found. */
const CHECKED_HERE: Readonly<Record<LonelyReason, string>> = {
  few: 'Too few providers are there to confirm results: this device checks them.',
  neighbours:
    'Most providers are in one network and do not confirm each other: this device checks what others cannot.',
};
const LEFT_TO_NEIGHBOURS =
  'All providers are in one network, and this device cannot check their results: they confirm each other.';

/** What the desks of a job ask its runner. */
export interface JobDeskActions {
  readonly isRunning: () => boolean;
  readonly pay: (link: ProviderLink) => void;
  readonly dismiss: (link: ProviderLink, state: EndState, reason: string) => void;
  readonly settle: (settled: Settled) => Promise<void>;
  readonly onReleased: () => void;
  readonly fail: (reason: string) => void;
  /** What the job thinks of a provider has changed: that survives a reload from now on. */
  readonly storeNow: () => void;
  /** Aborted when the job is closed. */
  readonly signal: AbortSignal;
}

/** The desks of one running job, put together: who knows and who tells whom. */
export class JobDesks {
  readonly links = new LinkBook();
  readonly outbox = new Outbox();
  readonly trust: JobTrust;
  readonly progress: JobProgress;
  readonly leases: LeaseDesk;
  readonly tasks: TaskDesk;
  readonly intake: WorkIntake;
  readonly releases: ReleaseDesk;
  readonly rechecks: RecheckDesk;
  readonly bans: BanDesk;
  readonly waste: WasteDesk;
  readonly ringers: RingerDesk;
  readonly settling: SettleDesk;
  readonly renewals: RenewalDesk;
  readonly receipts: ReceiptDesk;
  readonly networks: NetworkWatch;
  readonly #parts: JobParts;
  readonly #actions: JobDeskActions;

  constructor(parts: JobParts, paymaster: Paymaster, actions: JobDeskActions) {
    this.#parts = parts;
    this.#actions = actions;
    const { record, clock, random } = parts;
    const { links, outbox } = this;
    const { pay, dismiss } = actions;
    const trust = (this.trust = new JobTrust(record.manifest.policy));
    const progress = (this.progress = new JobProgress(record, parts.taskCount, clock.now()));
    const teller = new TaskTeller(clock, parts.observers);
    const statements = new Statements();
    const tasks = () => this.tasks;
    const leases = (this.leases = new LeaseDesk({
      parts,
      progress,
      outbox,
      tasks,
      links: () => links.all,
      isRunning: actions.isRunning,
      budgetRest: () => paymaster.rest,
      ringers: () => this.ringers,
      waste: () => this.waste,
      closingReserve: () => this.rechecks.reserve,
    }));
    const standing = { parts, trust, progress, links, leases, teller, statements, tasks, random, pay };
    const releases = (this.releases = new ReleaseDesk({ ...standing, onReleased: actions.onReleased }));
    const onTakenBack = (task: number) => ringers.forget(task);
    const rechecks = (this.rechecks = new RecheckDesk({
      ...{ ...standing, releases, onTakenBack },
      onKept: actions.onReleased,
    }));
    const ringers = (this.ringers = new RingerDesk({ ...standing, rechecks }));
    const discard: RecheckDesk['discard'] = (peer, reason) => rechecks.discard(peer, reason);
    const bans = (this.bans = new BanDesk({ ...standing, discard, dismiss }));
    const waste = (this.waste = new WasteDesk({ ...standing, dismiss }));
    this.settling = new SettleDesk({ ...standing, releases, rechecks, bans, ringers });
    const results = new ResultDesk(record.job, clock, {
      askBytes: ({ lease, task }) => this.#askReveal(lease, task, true),
      fetchOutput: ({ lease }, cid, bytes) => this.#fetchOutput(lease, cid, bytes),
    });
    this.tasks = this.#openTasks(results, statements, teller);
    const { agreements, network, shelf } = parts;
    const { identity } = network;
    this.networks = new NetworkWatch(network, clock);
    this.receipts = new ReceiptDesk({ identity, clock, shelf, paymaster });
    this.renewals = new RenewalDesk({
      ...{ identity, clock, agreements, links },
      keyExpiresAtMs: paymaster.keyExpiresAtMs,
      dismiss: (link, reason) => dismiss(link, 'ended', reason),
    });
    this.intake = new WorkIntake({
      renewals: this.renewals,
      receipts: this.receipts,
      waste,
      tasks: this.tasks,
      leases,
      outbox,
      progress,
      cover: new CoverDesk(clock, paymaster, () => links.all),
      askReveal: (lease, task, withBytes) => this.#askReveal(lease, task, withBytes),
      dismiss,
    });
  }

  /** A provider takes its seat. Checks that it passed in earlier jobs spare it part of the trial. */
  seat(link: ProviderLink, passedBefore: number): void {
    if (this.links.of(link.peer).length === 0) this.trust.pass(link.peer, passedBefore);
    this.links.add(link);
    void this.networks.look(link);
  }

  /** Takes up what a reloaded tab had stored: what stands, in the order of its verdicts, and who was banned. */
  restore(plan: RestorePlan): void {
    const { progress, bans, releases, trust, tasks } = this;
    for (const { agreement } of plan.banned) bans.accounts.add(agreement.provider, agreement.payee);
    for (const peer of progress.banned) trust.catch(peer);
    this.waste.restore();
    releases.restore(plan.standing, (peer) => progress.banned.has(peer));
    for (const record of plan.standing) {
      const { task, exit, isProvisional } = record;
      tasks.queue.finish(task);
      if (isProvisional === true) progress.stand(task);
      else progress.verify(task, exit);
      this.ringers.learn(record, []);
      for (const { agreement, lease, isHeld } of record.supporters) {
        if (lease === undefined) continue;
        // What was said before the reload may have been lost with it: it is said again.
        const outcome = isHeld === true ? 'provisional' : 'accepted';
        this.links.get(agreement)?.told.note({ lease, task, outcome }, false);
      }
    }
  }

  /**
   * This device found the result right for which a provider was excluded: what was accepted instead is checked here, and
   * whoever supports it is caught. Of a job that has ended it is only said.
   */
  acquit(task: number, peer: PeerId): void {
    this.progress.note(`Task ${task + 1}: this device finds another result than the one that was accepted.`);
    if (!this.#actions.isRunning()) return;
    this.bans.acquit(task, peer);
    void this.rechecks.check(task, 'this device finds another result', 'own-device');
  }

  #openTasks(results: ResultDesk, statements: Statements, teller: TaskTeller): TaskDesk {
    const { record, taskCount, random, recompute } = this.#parts;
    const { links, trust, progress, leases } = this;
    const { fail, signal } = this.#actions;
    const verifier = new VerifierTrial({ parts: this.#parts, fail, signal });
    return new TaskDesk({
      manifest: record.manifest,
      tasks: taskCount,
      results,
      statements,
      trust,
      teller,
      random,
      actions: {
        askReveal: (lease, task, withBytes) => this.#askReveal(lease, task, withBytes),
        dropReplica: (lease, task) => leases.drop(lease, task),
        isOnlyProvider: (peer) => links.isAlone(peer),
        holders: () => links.atWork.map(({ holder }) => holder),
        takers: () => links.atWork.filter(mayTakeMore).map(({ holder }) => holder),
        credibilityOf: trust.credibilityOf,
        arbiter: this.#arbiter(),
        recompute,
        verify: (task, outputs) => verifier.verify(task, outputs),
        withheld: (lease) => this.waste.unproven(leases.owner(lease), 'unopened', lease),
        unjudged: (lease, task) => {
          if (verifier.blames(task)) this.waste.unproven(leases.owner(lease), 'unjudged', lease);
        },
        auditFailed: (task, reason) => {
          this.rechecks.ownRunFailed(task);
          progress.note(`Task ${task + 1} could not be checked on this device: ${reason}`);
        },
        committed: (task, peer) => this.releases.book.commit(task, peer),
        startsOver: (peer) => {
          if (trust.passed(peer) === 0) return;
          this.releases.noteStartOver(peer);
          this.#actions.storeNow();
        },
        lonely: (why) => this.#mayCheck(why),
        leftToNeighbours: () => progress.note(LEFT_TO_NEIGHBOURS),
        caught: (lease, task, reason) => this.#broke(teller, lease, task, reason),
        settle: (settled) => this.#actions.settle(settled),
        settleRinger: (judged) => this.settling.settleRinger(judged),
        ringerEnded: (task) => this.rechecks.ringerEnded(task),
        fail: (task, reason) => this.#actions.fail(`Task ${task + 1}: ${reason}.`),
      },
    });
  }

  /** This device decides where providers that are trusted would be outvoted, as long as it can compute the job's tasks. */
  #arbiter(): Arbiter {
    const canCompute = () => this.rechecks.canCompute;
    return {
      get canCompute() {
        return canCompute();
      },
      isTrusted: (peer) => this.trust.isTrusted(peer),
    };
  }

  #mayCheck(why: LonelyReason): boolean {
    if (this.rechecks.canCompute) this.progress.note(CHECKED_HERE[why]);
    return this.rechecks.canCompute;
  }

  /**
   * What a provider revealed is not what it signed its commitment to, no honest run can have it, or a verifier refuted it:
   * it hears so and is banned, whatever becomes of the task. That is a wrong result, but none that can be shown to others:
   * a reveal is not signed, and what a verifier refutes need not differ from what anybody else computes. Whoever reveals
   * nothing at all, or not its bytes, is not meant: see {@link WasteDesk}.
   */
  #broke(teller: TaskTeller, lease: string, task: number, reason: string): void {
    const link = this.leases.owner(lease);
    if (link === undefined) return;
    this.leases.release(link, lease, task, 'rejected', reason);
    teller.tell(task, { type: 'verdict', lease, peer: link.peer, outcome: 'rejected', reason });
    this.bans.caught({ task, lease, link, reason });
  }

  #askReveal(lease: string, task: number, withBytes: boolean): void {
    const link = this.leases.owner(lease);
    if (link === undefined) return;
    this.progress.check(task);
    this.leases.touch(link, lease, [task], this.#parts.clock.now() + REVEAL_TIMEOUT_MS);
    this.outbox.reveal(link, lease, task, withBytes);
  }

  #fetchOutput(lease: string, cid: Cid, bytes: number): Promise<Bytes> {
    const link = this.leases.owner(lease);
    const holders = link === undefined ? [] : [{ peer: link.peer, addresses: link.addresses }];
    return this.#parts.fetchOutput(cid, bytes, holders, this.#actions.signal);
  }
}
