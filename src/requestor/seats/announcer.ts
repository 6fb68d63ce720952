import type { Random } from '../../base/random.ts';
import type { Clock } from '../../base/time.ts';
import type { Demand } from '../../protocol/announce.ts';
import type { GroupProof } from '../../protocol/group.ts';
import { ANNOUNCE_INTERVAL_MS } from '../../protocol/constants.ts';
import { seal } from '../../protocol/envelope.ts';
import { DEMAND_LIFETIME_MS, FIRST_ANNOUNCEMENTS_MS, LAST_DEMAND_LIFETIME_MS } from '../constants.ts';
import type { RequestorNetwork } from '../slices.ts';

/** Announces one job's demand while it wants providers: quickly at first, then every 20 s with jitter. */
export class Announcer {
  readonly #network: RequestorNetwork;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #describe: () => Omit<Demand, 'requestor' | 'addresses' | 'issuedAt' | 'expiresAt'> | undefined;
  readonly #prove: ((expiresAt: number) => GroupProof) | undefined;
  #count = 0;
  #cancel: () => void = () => {};
  #isStopped = false;

  /**
   * `describe` gives the demand as it is now, or undefined while no provider is wanted. `prove` shows membership in a
   * private group up to the end of an announcement. @default the open market
   */
  constructor(
    network: RequestorNetwork,
    clock: Clock,
    random: Random,
    describe: () => Omit<Demand, 'requestor' | 'addresses' | 'issuedAt' | 'expiresAt'> | undefined,
    prove?: (expiresAt: number) => GroupProof,
  ) {
    this.#network = network;
    this.#clock = clock;
    this.#random = random;
    this.#describe = describe;
    this.#prove = prove;
    this.#arm();
  }

  /** Starts over with quick announcements: a seat became free. */
  hurry(): void {
    if (this.#isStopped) return;
    this.#cancel();
    this.#count = 0;
    this.#arm();
  }

  /** Announces once more, briefly, that nothing is wanted: boards forget the demand. Then falls silent. */
  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#cancel();
    if (this.#count > 0) void this.#announce(LAST_DEMAND_LIFETIME_MS);
  }

  #arm(): void {
    const jitter = 0.75 + this.#random() / 2;
    const quickMs = FIRST_ANNOUNCEMENTS_MS[this.#count];
    const beforeMs = FIRST_ANNOUNCEMENTS_MS[this.#count - 1] ?? 0;
    const delayMs = quickMs === undefined ? ANNOUNCE_INTERVAL_MS * jitter : quickMs - beforeMs;
    this.#cancel = this.#clock.after(delayMs, () => {
      this.#count++;
      void this.#announce().finally(() => {
        if (!this.#isStopped) this.#arm();
      });
    });
  }

  async #announce(lifetimeMs = DEMAND_LIFETIME_MS): Promise<void> {
    const wanted = this.#describe();
    if (wanted === undefined) return;
    const nowMs = this.#clock.now();
    const expiresAt = nowMs + lifetimeMs;
    const group = this.#prove?.(expiresAt);
    const demand: Demand = {
      ...wanted,
      ...(group === undefined ? {} : { group }),
      requestor: this.#network.identity.peer,
      addresses: [...this.#network.addresses()],
      issuedAt: nowMs,
      expiresAt,
    };
    // A relay that is away now hears the next announcement.
    await this.#network
      .publishDemand(wanted.kind, seal(this.#network.identity, 'kiln/demand/1', demand))
      .catch(() => {});
  }
}
