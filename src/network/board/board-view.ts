import { Cell, type Observable } from '../../base/observable.ts';
import type { Clock } from '../../base/time.ts';
import type { Demand, Offer } from '../../protocol/announce.ts';
import { MAX_ANNOUNCEMENT_LIFETIME_MS } from '../../protocol/constants.ts';
import type { PeerId } from '../../protocol/identity.ts';
import type { BoardView } from '../view.ts';

/** Changes are shown together, at most this often. */
const SHOW_INTERVAL_MS = 250;
/** How often expired entries are looked for. */
const SWEEP_INTERVAL_MS = 5_000;
/** Entries of each sort that a tab keeps; the newest stay. */
const MAX_ENTRIES = 2_000;

/** The newest valid offers and demands that this tab has heard of. */
export class BoardMemory {
  readonly view: Observable<BoardView>;
  readonly #view = new Cell<BoardView>({ offers: [], demands: [] });
  readonly #clock: Clock;
  readonly #offers = new Map<PeerId, Offer>();
  readonly #demands = new Map<string, Demand>();
  #stopShow: (() => void) | undefined;
  #stopSweep = () => {};

  constructor(clock: Clock) {
    this.#clock = clock;
    this.view = this.#view;
    this.#scheduleSweep();
  }

  addOffer(offer: Offer): void {
    this.#add(this.#offers, offer.provider, offer);
  }

  /** One without a task left withdraws those before it: it is not shown, and remembered for as long as any of them lives. */
  addDemand(demand: Demand): void {
    this.#add(this.#demands, `${demand.requestor} ${demand.job}`, demand);
  }

  /** A provider withdrew its offer. */
  removeOffer(provider: PeerId): void {
    if (this.#offers.delete(provider)) this.#scheduleShow();
  }

  stop(): void {
    this.#stopShow?.();
    this.#stopSweep();
  }

  #add<T extends { readonly issuedAt: number }>(entries: Map<string, T>, key: string, entry: T): void {
    const known = entries.get(key);
    if (known !== undefined && known.issuedAt >= entry.issuedAt) return;
    entries.delete(key);
    entries.set(key, entry);
    const oldest = entries.keys().next();
    if (entries.size > MAX_ENTRIES && !oldest.done) entries.delete(oldest.value);
    this.#scheduleShow();
  }

  #scheduleShow(): void {
    this.#stopShow ??= this.#clock.after(SHOW_INTERVAL_MS, () => {
      this.#stopShow = undefined;
      const demands = [...this.#demands.values()].filter(({ tasksLeft }) => tasksLeft > 0);
      this.#view.set({ offers: [...this.#offers.values()], demands });
    });
  }

  #scheduleSweep(): void {
    this.#stopSweep = this.#clock.after(SWEEP_INTERVAL_MS, () => {
      const nowMs = this.#clock.now();
      const before = this.#offers.size + this.#demands.size;
      for (const [key, offer] of this.#offers) if (offer.expiresAt <= nowMs) this.#offers.delete(key);
      for (const [key, demand] of this.#demands) if (endMs(demand) <= nowMs) this.#demands.delete(key);
      if (this.#offers.size + this.#demands.size !== before) this.#scheduleShow();
      this.#scheduleSweep();
    });
  }
}

/** When a demand may be forgotten; in milliseconds. */
function endMs({ tasksLeft, issuedAt, expiresAt }: Demand): number {
  return tasksLeft > 0 ? expiresAt : issuedAt + MAX_ANNOUNCEMENT_LIFETIME_MS;
}
