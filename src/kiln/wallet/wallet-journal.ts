import type { Collection } from '../../base/collection.ts';
import type { Clock } from '../../base/time.ts';
import { type Address, isSameAddress } from '../../protocol/primitives.ts';
import type { Store } from '../../storage/store.ts';
import { Turns } from '../../wallet/account/account.ts';
import { readOutcome } from '../../wallet/chain/look-up.ts';
import type { PoolReader } from '../../wallet/pool/pool-reader.ts';
import { MAX_HISTORY_SHOWN } from '../constants.ts';
import type { WalletEvent } from './wallet-view.ts';

/** What the wallet did on one chain; a transaction is written down when it is sent, before any block has it. */
export class WalletJournal {
  readonly #reader: PoolReader;
  readonly #clock: Clock;
  readonly #events: Collection<WalletEvent>;

  /** One at a time: each reads before it writes. */
  readonly #writes = new Turns();

  constructor(reader: PoolReader, store: Store, clock: Clock) {
    this.#reader = reader;
    this.#clock = clock;
    this.#events = store.collection('history');
  }

  /** What an account did, newest first; entries of earlier versions name none and are everybody's. */
  async list(account: Address | undefined): Promise<WalletEvent[]> {
    const events = (await this.#entries()).map(([, event]) => event);
    const isMine = (by: Address | undefined) =>
      by === undefined || account === undefined || isSameAddress(by, account);
    return events
      .filter((event) => isMine(event.account))
      .reverse()
      .slice(0, MAX_HISTORY_SHOWN);
  }

  /** Writes down what is done, in place of what was pending under the same transaction. */
  note(event: Omit<WalletEvent, 'atMs'>): Promise<void> {
    return this.#writes.take(() => this.#put(event));
  }

  async #put(event: Omit<WalletEvent, 'atMs'>): Promise<void> {
    const { transaction, kind } = event;
    const before = (await this.#entries()).find(
      ([, known]) => transaction !== '' && known.transaction === transaction && known.kind === kind,
    );
    const atMs = before?.[1].atMs ?? this.#clock.now();
    const key = `${this.#prefix}${atMs.toString().padStart(15, '0')}/${kind}`;
    await this.#events.put(before?.[0] ?? key, { ...event, atMs });
  }

  /** Asks the chain what became of transactions that were pending when this tab, or an earlier one, last looked. */
  async settle(): Promise<void> {
    for (const [key, { transaction }] of await this.#pending()) {
      const outcome = await readOutcome(this.#reader, transaction);
      if (outcome === 'pending') continue;
      await this.#writes.take(async () => {
        const event = await this.#events.get(key);
        // Whoever sent it may know more by now: how much it paid.
        if (event?.state !== 'pending') return;
        const { state: _pending, ...done } = event;
        await this.#events.put(key, outcome === 'done' ? done : { ...event, state: 'failed' });
      });
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
