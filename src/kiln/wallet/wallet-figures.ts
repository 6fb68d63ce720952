import type { Collection } from '../../base/collection.ts';
import type { Clock } from '../../base/time.ts';
import type { Address } from '../../protocol/primitives.ts';
import { readBlockTime } from '../../wallet/chain/look-up.ts';
import type { PoolFacts, PoolReader } from '../../wallet/pool/pool-reader.ts';
import type { SessionRecord } from '../../wallet/session/session-key.ts';
import { listSessions } from './session-list.ts';
import type { VoucherBook } from './voucher-book.ts';
import type { WalletJournal } from './wallet-journal.ts';
import type { WalletView } from './wallet-view.ts';

/** The part of the view that only the chain knows. */
type Figures = Pick<
  WalletView,
  | 'tokenBalance'
  | 'deposit'
  | 'locked'
  | 'thawing'
  | 'thawEndsAtMs'
  | 'sessions'
  | 'vouchers'
  | 'history'
  | 'nativeBalance'
  | 'thawMs'
  | 'blockTimeMs'
>;

/** What {@link WalletFigures} reads from. */
interface FigureSources {
  readonly reader: PoolReader;
  readonly vouchers: VoucherBook;
  readonly journal: WalletJournal;
  readonly sessions: Collection<SessionRecord>;
  readonly clock: Clock;
}

/** Reads from the chain what the Wallet page shows of one account. */
export class WalletFigures {
  readonly #from: FigureSources;
  #facts: PoolFacts | undefined;

  constructor(from: FigureSources) {
    this.#from = from;
  }

  /** Throws `wallet/chain-unreachable` and what else {@link PoolReader} throws. */
  async read(account: Address): Promise<Figures> {
    const { reader, vouchers, journal, sessions, clock } = this.#from;
    const nowMs = clock.now();
    const settled = journal.settle();
    const [tokenBalance, nativeBalance, deposit, facts, blockTimeMs, keys, views] = await Promise.all([
      reader.tokenBalance(account),
      reader.nativeBalance(account),
      reader.deposit(account),
      this.#facts ?? reader.facts(),
      readBlockTime(reader),
      listSessions(reader, sessions, account, nowMs),
      vouchers.coveredViews(nowMs),
      settled,
    ]);
    // What the constructor fixed is read once.
    this.#facts = facts;
    const { balance, locked, thawing, thawEndsAtMs } = deposit;
    return {
      tokenBalance,
      nativeBalance,
      deposit: balance,
      locked,
      thawing,
      ...(thawEndsAtMs === undefined ? {} : { thawEndsAtMs }),
      thawMs: facts.thawMs,
      blockTimeMs,
      sessions: keys,
      vouchers: views,
      history: await journal.list(account),
    };
  }
}
