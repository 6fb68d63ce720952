import { KilnError } from '../base/errors.ts';
import type { Clock } from '../base/time.ts';
import { judgeStanding, judgeVoucher } from '../payment/acceptance.ts';
import { taskPrice } from '../payment/price.ts';
import type { PaymentTerms } from '../protocol/announce.ts';
import type { Agreement } from '../protocol/negotiate.ts';
import type { Address } from '../protocol/primitives.ts';
import type { SignedVoucher } from '../protocol/work.ts';
import { type VoucherRecord, voucherKey } from './records.ts';
import type { Collection, ProviderChain } from './slices.ts';

/** What the desk works with. */
export interface VoucherDeskInit {
  readonly home: Pick<PaymentTerms, 'chainId' | 'pool'>;
  readonly agreement: Agreement;
  readonly chain: ProviderChain;
  readonly vouchers: Collection<VoucherRecord>;
  readonly clock: Clock;
  /** A voucher was stored. */
  readonly onStored?: () => void;
  /** The payer is no longer good for more work: what is held should be redeemed now. */
  readonly onStop: (reason: string) => void;
}

/** Checks and keeps the vouchers of one agreement, and says how much more work may be risked. */
export class VoucherDesk {
  readonly #init: VoucherDeskInit;
  readonly #pricePerTask: bigint;
  #last: SignedVoucher | undefined;
  #owedTasks = 0;
  #earned = 0n;

  private constructor(init: VoucherDeskInit, last: SignedVoucher | undefined) {
    this.#init = init;
    this.#last = last;
    this.#pricePerTask = taskPrice(init.agreement.pricePerUnit, init.agreement.microUnitsPerTask);
  }

  /** Opens the desk where the last voucher of this payer, key and payee left off. */
  static async open(init: VoucherDeskInit): Promise<VoucherDesk> {
    const record = await init.vouchers.get(voucherKey(init.agreement.payment, init.agreement.payee));
    return new VoucherDesk(init, record?.voucher);
  }

  /** Vouchers received under this agreement, in the token's smallest unit. */
  get earned(): bigint {
    return this.#earned;
  }

  /** May work on this many tasks be unjudged at once, beside what is accepted and not yet paid? One always may. */
  canRisk(unjudgedTasks: number): boolean {
    const tasks = unjudgedTasks + this.#owedTasks;
    return tasks <= 1 || this.#pricePerTask * BigInt(tasks) <= this.#init.agreement.creditLimit;
  }

  /** So many more tasks were accepted; a voucher for them is due. */
  owe(tasks: number): void {
    this.#owedTasks += tasks;
  }

  /**
   * Takes a voucher: checked, then stored, then counted. One for no tasks states the balance after a break. Throws
   * the named refusal of `payment/acceptance`; then the last voucher stays.
   */
  async take(voucher: SignedVoucher, tasks: number): Promise<void> {
    const { agreement, chain, clock, creditLimit, home } = { ...this.#init, ...this.#init.agreement };
    const terms = agreement.payment;
    const payee = agreement.payee as Address;
    const before = this.#last?.amount ?? 0n;
    const isStatement = tasks === 0;
    const issuedBefore = this.#last?.issued ?? 0n;
    // A statement may name any amount, but what the key has issued in total never falls.
    const last = isStatement
      ? { amount: voucher.amount, issued: issuedBefore + voucher.amount - before }
      : this.#last;
    if (isStatement && voucher.amount < before) return;
    if (!isStatement && tasks > this.#owedTasks) {
      throw new KilnError('payment/wrong-amount', 'The voucher pays for tasks that were not accepted.', {
        data: { tasks },
      });
    }
    const verdict = judgeVoucher({
      home,
      terms,
      payee,
      pricePerTask: this.#pricePerTask,
      tasks,
      voucher,
      signer: await chain.voucherSigner(terms, voucher),
      ...(last === undefined ? {} : { last }),
      standing: await chain.payerView(terms, payee),
      creditLimit,
      nowMs: clock.now(),
    });
    const isStale = verdict.kind === 'refuse' && verdict.code === 'payment/stale-view';
    if (verdict.kind === 'refuse' && !isStale) {
      throw new KilnError(verdict.code, verdict.message, {
        hint: 'The agreement ends; vouchers held stay good.',
      });
    }
    await this.#init.vouchers.put(voucherKey(terms, payee), {
      terms,
      payee,
      voucher,
      receivedAtMs: clock.now(),
    });
    this.#last = voucher;
    this.#init.onStored?.();
    this.#earned += voucher.amount - before;
    const paidTasks = isStatement ? Number((voucher.amount - before) / (this.#pricePerTask || 1n)) : tasks;
    this.#owedTasks = Math.max(0, this.#owedTasks - paidTasks);
    if (verdict.kind !== 'accept') this.#init.onStop(verdict.message);
  }

  /** Throws `negotiate/not-covered` unless the payer's deposit and key are good for the work to come. */
  static async checkCover(init: Pick<VoucherDeskInit, 'chain' | 'agreement' | 'clock'>): Promise<void> {
    const { agreement, chain, clock } = init;
    const standing = await chain.payerView(agreement.payment, agreement.payee as Address);
    const verdict = judgeStanding({
      amount: standing.claimed,
      issued: standing.spent,
      standing,
      creditLimit: agreement.creditLimit,
      nowMs: clock.now(),
    });
    const isEmpty = standing.free === 0n && agreement.pricePerUnit > 0n;
    if (verdict.kind === 'accept' && !isEmpty) return;
    throw new KilnError(
      'negotiate/not-covered',
      isEmpty ? 'The payer has no free deposit.' : (verdict as { message: string }).message,
      {
        hint: 'The requestor has to deposit, and authorise its session key.',
      },
    );
  }
}
