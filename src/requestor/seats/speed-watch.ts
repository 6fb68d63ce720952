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
  /** Results that had come when counting began: with the first one, so that downloads do not count. */
  readonly before: number;
  busyMs: number;
  lookedAtMs: number;
  isTold: boolean;
}

/** A pause of the requestor's own machine is nobody's slowness. */
const LONGEST_LOOK_MS = 3 * SWEEP_INTERVAL_MS;

/** Holds the benchmark that each provider signed against the pace at which its results come. */
export class SpeedWatch {
  readonly #init: SpeedWatchInit;
  readonly #seen = new Map<string, Seen>();
  readonly #believed = new Map<PeerId, number>();

  constructor(init: SpeedWatchInit) {
    this.#init = init;
  }

  /** What a provider was seen to do, in micro-units per second, where its claim is not believed. */
  believedOf(peer: PeerId): number | undefined {
    return this.#believed.get(peer);
  }

  /** Looks at one provider; to be called at every sweep. Returns a reason to end its agreement when there is one. */
  review(link: ProviderLink): string | undefined {
    if (link.isEnded || link.executions === 0) return undefined;
    const { clock, microUnitsPerTask, needed, onOverstated } = this.#init;
    const nowMs = clock.now();
    const seen = this.#seen.get(link.digest);
    if (seen === undefined) {
      const before = link.executions;
      this.#seen.set(link.digest, { before, busyMs: 0, lookedAtMs: nowMs, isTold: false });
      return undefined;
    }
    const isBusy = link.isAttached && link.leasesInFlight > 0;
    if (isBusy) seen.busyMs += Math.min(nowMs - seen.lookedAtMs, LONGEST_LOOK_MS);
    seen.lookedAtMs = nowMs;
    const { claimed } = link;
    const verdict = checkSpeed(
      {
        microUnitsPerTask,
        tasks: link.executions - seen.before,
        busyMs: seen.busyMs,
        ...(claimed === undefined ? {} : { claimedMicroUnitsPerSecond: claimed }),
      },
      needed,
    );
    if (verdict === undefined) return undefined;
    if (verdict.isOverstated) this.#believed.set(link.peer, verdict.microUnitsPerSecond);
    if (verdict.isOverstated && !seen.isTold && verdict.text !== undefined) {
      seen.isTold = true;
      onOverstated(link.peer, verdict.text);
    }
    return verdict.isTooSlow ? `Too slow: ${verdict.text}.` : undefined;
  }
}
