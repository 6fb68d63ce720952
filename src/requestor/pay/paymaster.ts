import { issue, type Ledger, ledgerRest, newestVoucher } from '../../payment/voucher/ledger.ts';
import { taskPrice } from '../../payment/costs/price.ts';
import type { Voucher } from '../../payment/voucher/voucher.ts';
import type { Address } from '../../protocol/primitives.ts';
import type { SignedVoucher } from '../../protocol/work.ts';
import type { ProviderLink } from '../seats/provider-link.ts';
import type { Collection } from '../../base/collection.ts';
import { ledgerKey, resumeLedger } from './session-ledger.ts';
import type { CoveredPayee, PaymentSession } from '../slices.ts';

/**
 * Pays the providers of one job by its session key. One payment after another: the ledger is stored before the voucher
 * leaves, and never used twice in the same state.
 */
export class Paymaster {
  readonly #session: PaymentSession;
  readonly #ledgers: Collection<Ledger>;
  #ledger: Ledger;
  #turn: Promise<void> = Promise.resolve();

  private constructor(session: PaymentSession, ledgers: Collection<Ledger>, ledger: Ledger) {
    this.#session = session;
    this.#ledgers = ledgers;
    this.#ledger = ledger;
  }

  /** Promised to a payee so far. */
  promised(payee: Address): bigint {
    return newestVoucher(this.#ledger, payee)?.amount ?? 0n;
  }

  /** Goes on with the stored ledger of this session key; throws as {@link resumeLedger} does. */
  static async open(session: PaymentSession, ledgers: Collection<Ledger>): Promise<Paymaster> {
    return new Paymaster(session, ledgers, await resumeLedger(session, ledgers));
  }

  /** When the session key ends, in milliseconds since 1970; undefined where that is not known. */
  get keyExpiresAtMs(): number | undefined {
    return this.#session.expiresAtMs;
  }

  /** Promised so far, in the token's smallest unit. */
  get spent(): bigint {
    return this.#ledger.issued;
  }

  /** What may still be promised. */
  get rest(): bigint {
    return ledgerRest(this.#ledger);
  }

  /** Pays all that is owed to a provider now. Calls while one is under way are served by the next. */
  pay(link: ProviderLink): Promise<void> {
    const turn = this.#turn.then(() => this.#payNow(link));
    this.#turn = turn.catch(() => {});
    return turn;
  }

  /** Sets collateral aside for what these payees were promised, and gives the proofs; none where the session cannot. */
  async cover(payees: readonly Address[]): Promise<readonly CoveredPayee[]> {
    const owed = [...new Set(payees)].map((payee) => ({ payee, promised: this.promised(payee) }));
    return (await this.#session.cover?.(owed.filter(({ promised }) => promised > 0n))) ?? [];
  }

  /** Resolves when every payment begun so far is stored and sent. */
  settled(): Promise<void> {
    return this.#turn;
  }

  /** Sends the newest voucher again as a statement, after a break. */
  state(link: ProviderLink): Promise<void> {
    const turn = this.#turn.then(async () => {
      const voucher = newestVoucher(this.#ledger, link.payee);
      if (voucher === undefined) return;
      this.#send(link, await this.#sign(voucher), 0);
    });
    this.#turn = turn.catch(() => {});
    return turn;
  }

  #send(link: ProviderLink, voucher: SignedVoucher, tasks: number): void {
    link.lastVoucher = voucher;
    link.send({ type: 'voucher', voucher, agreement: link.digest, tasks });
  }

  #sign({ payee, amount, issued }: Voucher): Promise<SignedVoucher> {
    return this.#session.sign({ payee: payee as Address, amount, issued });
  }

  async #payNow(link: ProviderLink): Promise<void> {
    const price = taskPrice(link.agreement.pricePerUnit, link.agreement.microUnitsPerTask);
    if (link.owedTasks === 0) return;
    // What the budget still allows is paid, the rest stays owed; with nothing left `issue` says so.
    const affordable = price === 0n ? link.owedTasks : Number(this.rest / price);
    const tasks = Math.max(1, Math.min(link.owedTasks, affordable));
    const add = price * BigInt(tasks);
    if (add > 0n) {
      const { ledger, voucher } = issue(this.#ledger, link.payee, add);
      await this.#ledgers.put(ledgerKey(this.#session), ledger);
      this.#ledger = ledger;
      link.notePaid(tasks, add);
      this.#send(link, await this.#sign(voucher), tasks);
    } else link.notePaid(tasks, 0n);
    if (link.owedTasks > 0) await this.#payNow(link);
  }
}
