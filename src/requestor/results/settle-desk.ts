import { KilnError } from '../../base/errors.ts';
import type { PeerId } from '../../protocol/identity.ts';
import type { VerdictOutcome } from '../../protocol/work.ts';
import { rerunAfterBan } from '../../verification/job/rerun-after-ban.ts';
import type { JobParts } from '../job-parts.ts';
import type { JobProgress } from './job-progress.ts';
import type { LeaseDesk } from '../leases/lease-desk.ts';
import type { Outbox } from '../leases/outbox.ts';
import type { ProviderLink } from '../seats/provider-link.ts';
import type { TaskDesk } from './task-desk.ts';
import { type Settled, VERDICT_CHANGED } from './task-steps.ts';

/** What the desk works with. */
export interface SettleDeskInit {
  readonly parts: JobParts;
  readonly progress: JobProgress;
  readonly outbox: Outbox;
  readonly leases: LeaseDesk;
  readonly tasks: () => TaskDesk;
  /** Pays what is owed to a provider; failures are the job's to handle. */
  readonly pay: (link: ProviderLink) => void;
  /** Ends every agreement of the provider that was caught, whichever of its links this is. */
  readonly ban: (link: ProviderLink, reason: string) => void;
}

/** Carries verdicts out: stores the accepted result, tells everybody concerned, pays, and bans who was caught. */
export class SettleDesk {
  readonly bannedPayees = new Set<string>();
  readonly #init: SettleDeskInit;
  /** Who vouches for each verified task. */
  readonly #supporters = new Map<number, readonly PeerId[]>();

  constructor(init: SettleDeskInit) {
    this.#init = init;
  }

  /**
   * Notes who vouches for a verified task, also one of an earlier tab. False when all of them were caught: the result
   * does not count, and the task has to run again. (Without supporters, this device computed it.)
   */
  remember(task: number, supporters: readonly PeerId[]): boolean {
    const { banned } = this.#init.progress;
    if (supporters.length > 0 && supporters.every((peer) => banned.has(peer))) return false;
    this.#supporters.set(task, supporters);
    return true;
  }

  /** Stores a verified result before anything else happens, then tells and pays. */
  async settle({ task, verdict, result, inline, replicas, isCurrent }: Settled): Promise<void> {
    const { parts, progress, leases } = this.#init;
    const accepted = replicas.filter(({ id }) => verdict.accepted.includes(id));
    const supporters = accepted.map(({ id, peer }) => ({ peer, agreement: leases.owner(id)?.digest ?? '' }));
    await parts.keeper.keep(task, result, inline, supporters);
    if (!isCurrent()) {
      await parts.keeper.drop(task);
      throw new KilnError(VERDICT_CHANGED, 'Somebody was banned while the result was stored.', {
        data: { task },
        hint: 'Decide the task again.',
      });
    }
    this.remember(
      task,
      supporters.map(({ peer }) => peer),
    );
    progress.verify(task, result.exit, parts.clock.now());
    const reasons = new Map(
      [...verdict.rejected, ...verdict.inconclusive].map(({ id, reason }) => [id, reason]),
    );
    const payees = new Set<ProviderLink>();
    for (const { id } of replicas) {
      const link = leases.owner(id);
      if (link === undefined) continue;
      const outcome = outcomeOf(id, verdict);
      leases.release(link, id, task, outcome, reasons.get(id));
      if (outcome === 'accepted') {
        link.owedTasks++;
        payees.add(link);
        parts.reputation.note(link.peer, 'valid');
      }
      if (outcome === 'rejected')
        this.caught(link, task, reasons.get(id) ?? 'disagrees with the accepted result');
    }
    // Verdicts of one turn travel together; they leave before any voucher, which has to be stored and signed first.
    for (const link of payees) this.#init.pay(link);
  }

  /** A provider delivered a wrong result: it is unpaid for it, banned from the job, and its lone results run again. */
  caught(link: ProviderLink, task: number, reason: string): void {
    const { parts, progress, outbox } = this.#init;
    if (progress.banned.has(link.peer)) return;
    const tasks = this.#init.tasks();
    progress.reject({ task, peer: link.peer, reason });
    parts.reputation.note(link.peer, 'wrong');
    progress.banned.add(link.peer);
    this.bannedPayees.add(link.payee.toLowerCase());
    const { banned } = progress;
    const standing = [...this.#supporters].map(([verified, peers]) => ({
      task: verified,
      supporters: peers.filter((peer) => peer === link.peer || !banned.has(peer)),
    }));
    for (const again of rerunAfterBan(standing, link.peer)) {
      this.#supporters.delete(again);
      // Should the store refuse, a reload finds it vouched for by nobody ({@link remember}), and a rerun replaces it.
      parts.keeper.drop(again).catch(() => {});
      progress.reopen(again);
      tasks.reopen(again);
    }
    tasks.ban(link.peer);
    outbox.flush();
    this.#init.ban(link, `Result of task ${task} rejected: ${reason}`);
  }
}

function outcomeOf(id: string, verdict: Settled['verdict']): VerdictOutcome {
  if (verdict.accepted.includes(id)) return 'accepted';
  if (verdict.rejected.some((rejected) => rejected.id === id)) return 'rejected';
  return verdict.inconclusive.some((inconclusive) => inconclusive.id === id) ? 'inconclusive' : 'not-needed';
}
