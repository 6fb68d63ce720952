import type { Clock } from '../../base/time.ts';
import { checkSpeed } from '../../market/choose/check-speed.ts';
import type { PeerId } from '../../protocol/identity.ts';
import { SWEEP_INTERVAL_MS } from '../constants.ts';
import type { ProviderLink } from './provider-link.ts';

/** What the watch asks its job. */
export interface SpeedWatchInit {
  readonly clock: Clock;
  readonly microUnitsPerTask: number;
  /** Least speed that the job asks for, in micro-units per second and slot. @default none */
  readonly needed?: number;
  /** Told once of each claim that is not believed, in words. */
  readonly onOverstated: (peer: PeerId, text: string) => void;
}

interface Seen {
  /** The agreement looked at last, and its results then; before the first result there is nothing to count. */
  digest: string;
  executions: number;
  tasks: number;
  busyMs: number;
  lookedAtMs: number;
  isTold: boolean;
}

/** A pause of the requestor's own machine is nobody's slowness. */
const LONGEST_LOOK_MS = 3 * SWEEP_INTERVAL_MS;

/** Holds the benchmark that each provider signed against the pace at which its results come. */
export class SpeedWatch {
  readonly #init: SpeedWatchInit;
  /** By provider: who comes back under a new agreement is not forgotten. */
  readonly #seen = new Map<PeerId, Seen>();
  readonly #believed = new Map<PeerId, number>();
  readonly #tooSlow = new Map<PeerId, string>();

  constructor(init: SpeedWatchInit) {
    this.#init = init;
  }

  /** What a provider was seen to do, in micro-units per second, where its claim is not believed. */
  believedOf(peer: PeerId): number | undefined {
    return this.#believed.get(peer);
  }

  /** Why a provider is not taken again, in words; undefined while nothing is held against it. */
  tooSlow(peer: PeerId): string | undefined {
    return this.#tooSlow.get(peer);
  }

  /** Looks at one provider; to be called at every sweep. Returns a reason to end its agreement when there is one. */
  review(link: ProviderLink): string | undefined {
    if (link.isEnded) return undefined;
    this.#correctPace(link);
    if (link.executions === 0) return undefined;
    const { microUnitsPerTask, needed, onOverstated } = this.#init;
    const seen = this.#look(link);
    const verdict = checkSpeed(
      {
        microUnitsPerTask,
        tasks: seen.tasks,
        busyMs: seen.busyMs,
        ...(link.claimed === undefined ? {} : { claimedMicroUnitsPerSecond: link.claimed }),
      },
      needed,
    );
    if (verdict === undefined) return undefined;
    if (verdict.isOverstated) this.#believed.set(link.peer, verdict.microUnitsPerSecond);
    if (verdict.isOverstated && !seen.isTold && verdict.text !== undefined) {
      seen.isTold = true;
      onOverstated(link.peer, verdict.text);
    }
    if (!verdict.isTooSlow || verdict.text === undefined) return undefined;
    this.#tooSlow.set(link.peer, verdict.text);
    return `Too slow: ${verdict.text}.`;
  }

  /** Leases follow a provider's pace by its own word: where that is not believed, what was seen bounds it. */
  #correctPace(link: ProviderLink): void {
    const believed = this.#believed.get(link.peer);
    if (believed === undefined) return;
    const seenMs = (this.#init.microUnitsPerTask * 1_000 * link.agreement.slots) / believed;
    link.msPerTask = Math.max(link.msPerTask ?? 0, seenMs);
  }

  /** Counting begins with an agreement's first result: downloads and compilers are not the machine's pace. */
  #look(link: ProviderLink): Seen {
    const { digest, executions, peer } = link;
    const lookedAtMs = this.#init.clock.now();
    const before = this.#seen.get(peer);
    if (before === undefined || before.digest !== digest) {
      const { tasks, busyMs, isTold } = before ?? { tasks: 0, busyMs: 0, isTold: false };
      const begun: Seen = { digest, executions, tasks, busyMs, lookedAtMs, isTold };
      this.#seen.set(peer, begun);
      return begun;
    }
    const isBusy = link.isAttached && link.leasesInFlight > 0;
    if (isBusy) before.busyMs += Math.min(lookedAtMs - before.lookedAtMs, LONGEST_LOOK_MS);
    before.tasks += executions - before.executions;
    return Object.assign(before, { executions, lookedAtMs });
  }
}
