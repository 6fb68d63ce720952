import type { Collection } from '../base/collection.ts';
import type { Clock } from '../base/time.ts';
import type { Store } from '../storage/store.ts';
import { readOutcome } from '../wallet/look-up.ts';
import type { PoolReader } from '../wallet/pool-reader.ts';
import { MAX_HISTORY_SHOWN } from './constants.ts';
import type { WalletEvent } from './wallet-view.ts';

/** What the wallet did on one chain; a transaction is written down when it is sent, before any block has it. */
export class WalletJournal {
  readonly #reader: PoolReader;
  readonly #clock: Clock;
  readonly #events: Collection<WalletEvent>;

  constructor(reader: PoolReader, store: Store, clock: Clock) {
    this.#reader = reader;
    this.#clock = clock;
    this.#events = store.collection('history');
  }

  /** Newest first. */
  async list(): Promise<WalletEvent[]> {
    const events = (await this.#entries()).map(([, event]) => event);
    return events.reverse().slice(0, MAX_HISTORY_SHOWN);
  }

  /** Writes down what is done, or replaces what was pending under the same transaction. */
  async note(event: Omit<WalletEvent, 'atMs'>): Promise<void> {
    const sameTransaction = (await this.#pending()).find(([, { transaction, kind }]) => {
      return transaction === event.transaction && kind === event.kind;
    });
    const atMs = sameTransaction?.[1].atMs ?? this.#clock.now();
    const key = `${this.#prefix}${atMs.toString().padStart(15, '0')}/${event.kind}`;
    await this.#events.put(sameTransaction?.[0] ?? key, { ...event, atMs });
  }

  /** Asks the chain what became of transactions that were pending when this tab, or an earlier one, last looked. */
  async settle(): Promise<void> {
    for (const [key, event] of await this.#pending()) {
      const outcome = await readOutcome(this.#reader, event.transaction);
      if (outcome === 'pending') continue;
      const { state: _pending, ...done } = event;
      await this.#events.put(key, outcome === 'done' ? done : { ...event, state: 'failed' });
    }
  }

  get #prefix(): string {
    return `${this.#reader.config.id}/`;
  }

  #entries(): Promise<[string, WalletEvent][]> {
    return this.#events.entries(this.#prefix);
  }

  async #pending(): Promise<[string, WalletEvent][]> {
    return (await this.#entries()).filter(([, { state }]) => state === 'pending');
  }
}
