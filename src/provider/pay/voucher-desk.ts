import { KilnError, toKilnError } from '../../base/errors.ts';
import { type Clock, within } from '../../base/time.ts';
import {
  judgeStanding,
  MAX_VIEW_AGE_MS,
  type PayerStanding,
  refuseVoucher,
} from '../../payment/voucher/acceptance.ts';
import { heldBeyondCredit } from '../../payment/costs/held-back.ts';
import { taskPrice } from '../../payment/costs/price.ts';
import { isTooMuch, makeUp, mayBegin } from '../../payment/costs/unpaid.ts';
import { MAX_OPEN_PROOFS, type PostedProof } from '../../payment/cover/sum-tree.ts';
import type { PaymentTerms } from '../../protocol/payment-terms.ts';
import type { Agreement } from '../../protocol/negotiate.ts';
import type { Address } from '../../protocol/primitives.ts';
import type { SignedVoucher } from '../../protocol/work.ts';
import { CHAIN_ANSWER_MS, COVER_ASK_MS, COVER_WAIT_MS, EXPOSED_CREDITS } from '../constants.ts';
import { type VoucherRecord, voucherKey, type WorkRecord } from '../records.ts';
import type { Collection } from '../../base/collection.ts';
import { CoverShelf, tooManyProofs } from './cover-shelf.ts';
import type { ProviderChain } from '../slices.ts';

/** What the desk works with. */
export interface VoucherDeskInit {
  readonly home: Pick<PaymentTerms, 'chainId' | 'pool'>;
  readonly agreement: Agreement;
  readonly chain: ProviderChain;
  readonly vouchers: Collection<VoucherRecord>;
  readonly clock: Clock;
  /** What a former tab had counted under this agreement. @default nothing */
  readonly left?: Pick<WorkRecord, 'earned' | 'paidHere' | 'counted' | 'delivered' | 'accepted'>;
  /** A voucher was stored. */
  readonly onStored?: () => void;
  /**
   * Collateral of so much more is wanted. When waiting, more is owed than deposit and credit cover: what is held should be
   * redeemed.
   */
  readonly onUncovered?: (missing: bigint, isWaiting: boolean) => void;
  /** The payer is no longer good for more work: what is held should be redeemed now. */
  readonly onStop: (reason: string) => void;
}

/** Checks and keeps the vouchers of one agreement, and says how much more work may be risked. */
export class VoucherDesk {
  readonly #init: VoucherDeskInit;
  readonly #pricePerTask: bigint;
  readonly #shelf: CoverShelf;
  #last: VoucherRecord | undefined;
  #owedTasks = 0;
  #unpaidTasks = 0;
  #waitingProofs = 0;
  #earned = 0n;
  #deliveredTasks = 0;
  #paidHere = 0n;
  #doubtSinceMs: number | undefined;
  #uncoveredSinceMs: number | undefined;
  #nextAskAtMs = 0;
  #taking: Promise<void> = Promise.resolve();
  #judging: Promise<void> = Promise.resolve();
  #nextJudging: Promise<void> | undefined;

  private constructor(init: VoucherDeskInit, last: VoucherRecord | undefined) {
    this.#init = init;
    const { payee, payment: terms } = init.agreement;
    this.#shelf = new CoverShelf({ ...init, terms, payee: payee as Address }, last?.proofs);
    this.#last = last;
    this.#pricePerTask = taskPrice(init.agreement.pricePerUnit, init.agreement.microUnitsPerTask);
    if (init.left !== undefined) this.#restore(init.left, last?.voucher.amount ?? 0n);
  }

  /** Opens the desk where the last voucher of this payer, key and payee left off. */
  static async open(init: VoucherDeskInit): Promise<VoucherDesk> {
    const { payment, payee } = init.agreement;
    return new VoucherDesk(init, await init.vouchers.get(voucherKey(payment, payee)));
  }

  /** A voucher may have been stored after the rest was: it counts as a statement of the balance does. */
  #restore(left: NonNullable<VoucherDeskInit['left']>, amount: bigint): void {
    const growth = amount > left.counted ? amount - left.counted : 0n;
    const dueHere = this.#pricePerTask * BigInt(left.delivered) - left.paidHere;
    this.#deliveredTasks = left.delivered;
    this.#earned = left.earned + growth;
    this.#paidHere = left.paidHere + (growth < dueHere ? growth : dueHere);
    const paidTasks = this.#pricePerTask === 0n ? left.accepted : Number(this.#paidHere / this.#pricePerTask);
    this.#owedTasks = Math.max(0, left.accepted - paidTasks);
  }

  /** Vouchers received under this agreement, in the token's smallest unit. */
  get earned(): bigint {
    return this.#earned;
  }

  /**
   * What of that pays for results of this agreement; the rest was owed from earlier ones. In the token's smallest unit.
   */
  get paidHere(): bigint {
    return this.#paidHere;
  }

  /** Accepted tasks that no voucher has paid yet. */
  get owedTasks(): number {
    return this.#owedTasks;
  }

  /** The newest voucher of this payer, key and payee. */
  get newest(): SignedVoucher | undefined {
    return this.#last?.voucher;
  }

  /** So many more results were handed over. */
  deliver(tasks: number): void {
    this.#deliveredTasks += tasks;
  }

  /** May one more task be begun beside so many that are not judged yet, and `held` that are judged only for now? */
  mayBegin(underWay: number, held = 0): boolean {
    const paid = this.#pricePerTask === 0n ? 0 : Number(this.#paidHere / this.#pricePerTask);
    const beyond = heldBeyondCredit(held, this.#init.agreement, paid);
    const unpaid = {
      underWay: underWay + held - beyond,
      owed: this.#owedTasks,
      givenAway: this.#unpaidTasks,
    };
    return !this.isInDoubt && mayBegin(unpaid, this.#init.agreement);
  }

  /** So many more tasks were accepted; a voucher for them is due. */
  owe(tasks: number): void {
    this.#owedTasks += tasks;
    this.#unpaidTasks = makeUp(this.#unpaidTasks, tasks);
  }

  /**
   * So many results were handed over and will not be paid, as happens to honest requestors now and then; four accepted
   * ones make up for each. One that has taken as much for nothing as the credit limit allows gets no more, and is left:
   * true then.
   */
  giveAway(tasks: number): boolean {
    this.#unpaidTasks += tasks;
    if (tasks === 0 || !isTooMuch(this.#unpaidTasks, this.#init.agreement)) return false;
    this.#init.onStop(
      'The requestor takes results and does not accept them: as much as the credit limit allows is unpaid.',
    );
    return true;
  }

  /**
   * Takes a voucher: checked by itself, stored, counted; only then is the chain asked whether its payer is still good,
   * so that no slow or failing chain loses one. One for no tasks states the balance after a break. Throws the named
   * refusal of `payment/voucher/acceptance`; then the last voucher stays.
   */
  async take(voucher: SignedVoucher, tasks: number): Promise<void> {
    const taking = this.#taking.then(() => this.#keep(voucher, tasks));
    this.#taking = taking.then(
      () => {},
      () => {},
    );
    if (await taking) await this.judge();
  }

  /**
   * Takes what proves collateral for this payee, after the vouchers that came before it: stored with the newest, counted
   * by the chain's word. Never rejects: resolves with why it does not count, as {@link CoverShelf.take} throws it. Work
   * stays held back then, and the requestor is asked again.
   */
  async takeCover(proof: PostedProof): Promise<KilnError | undefined> {
    if (this.#waitingProofs >= MAX_OPEN_PROOFS) return tooManyProofs();
    this.#waitingProofs++;
    const taking = this.#taking.then(() => this.#keepProof(proof));
    this.#taking = taking.then(
      () => {},
      () => {},
    );
    try {
      if (await taking) await this.judge();
      return undefined;
    } catch (thrown) {
      return toKilnError(thrown);
    } finally {
      this.#waitingProofs--;
    }
  }

  /** Resolves when every voucher taken so far is stored, or refused. */
  settled(): Promise<void> {
    return this.#taking;
  }

  /** Has the chain not answered whether the payer is still good, or is cover for what it owes waited for? */
  get isInDoubt(): boolean {
    return this.#doubtSinceMs !== undefined || this.#uncoveredSinceMs !== undefined;
  }

  /** Asks the chain whether the payer is still good; a minute without an answer counts as no. Never throws. */
  judge(): Promise<void> {
    this.#nextJudging ??= this.#judging.then(() => {
      this.#nextJudging = undefined;
      return this.#judgeNow();
    });
    return (this.#judging = this.#nextJudging);
  }

  /** Checks, stores and counts; false for a statement of the past. */
  async #keep(voucher: SignedVoucher, tasks: number): Promise<boolean> {
    const { agreement, chain, clock, home, vouchers } = this.#init;
    const terms = agreement.payment;
    const payee = agreement.payee as Address;
    const last = this.#last?.voucher;
    const before = last?.amount ?? 0n;
    if (tasks === 0 && voucher.amount < before) return false;
    const refused = refuseVoucher({
      home,
      terms,
      payee,
      pricePerTask: this.#pricePerTask,
      tasks,
      voucher,
      signer: await chain.voucherSigner(terms, voucher),
      ...(last === undefined ? {} : { last }),
    });
    if (refused !== undefined) {
      throw new KilnError(refused.code, refused.message, {
        hint: 'The agreement ends; vouchers held stay good.',
      });
    }
    const receivedAtMs = clock.now();
    const firstAtMs = this.#last?.firstAtMs ?? this.#last?.receivedAtMs ?? receivedAtMs;
    const { proofs } = this.#shelf;
    const record = { terms, payee, voucher, receivedAtMs, firstAtMs, proofs };
    await vouchers.put(voucherKey(terms, payee), record);
    this.#last = record;
    const growth = voucher.amount - before;
    this.#earned += growth;
    // A statement may bring what was owed before this agreement began.
    const dueHere = this.#pricePerTask * BigInt(this.#deliveredTasks) - this.#paidHere;
    this.#paidHere += tasks > 0 || growth < dueHere ? growth : dueHere;
    const paidTasks = this.#pricePerTask === 0n ? tasks : Number(growth / this.#pricePerTask);
    this.#owedTasks = Math.max(0, this.#owedTasks - paidTasks);
    this.#init.onStored?.();
    return true;
  }

  /** Checks and stores; false for a proof that is held. One for a payee without vouchers covers nothing. */
  async #keepProof(proof: PostedProof): Promise<boolean> {
    if (this.#last === undefined || !(await this.#shelf.take(proof))) return false;
    const { terms, payee } = this.#last;
    const record = { ...this.#last, proofs: this.#shelf.proofs };
    await this.#init.vouchers.put(voucherKey(terms, payee), record);
    this.#last = record;
    return true;
  }

  /** The chain's word, with the collateral of allocations. */
  async #standing(): Promise<PayerStanding> {
    const { agreement, chain } = this.#init;
    const [standing, allocated] = await Promise.all([
      chain.payerView(agreement.payment, agreement.payee as Address),
      this.#shelf.total(),
    ]);
    return { ...standing, collateral: standing.collateral + allocated };
  }

  async #judgeNow(): Promise<void> {
    const { agreement, clock, onStop } = this.#init;
    const { amount, issued } = this.#last?.voucher ?? { amount: 0n, issued: 0n };
    const standing = await within(clock, CHAIN_ANSWER_MS, undefined, () => this.#standing()).catch(
      () => undefined,
    );
    const nowMs = clock.now();
    if (standing === undefined) {
      this.#doubtSinceMs ??= nowMs;
      if (nowMs - this.#doubtSinceMs > MAX_VIEW_AGE_MS) onStop('The chain has not answered for a minute.');
      return;
    }
    this.#doubtSinceMs = undefined;
    const { creditLimit } = agreement;
    const verdict = judgeStanding({ amount, issued, standing, creditLimit, nowMs });
    if (verdict.kind === 'stop-and-redeem') onStop(verdict.message);
    else if (verdict.kind === 'ask-cover') this.#waitForCover(verdict, nowMs);
    else {
      this.#uncoveredSinceMs = undefined;
      if (verdict.exposed > EXPOSED_CREDITS * creditLimit) this.#askForCover(verdict.exposed, nowMs);
    }
  }

  /** No task is begun meanwhile; a payer that neither sets anything aside nor can be redeemed from is left. */
  #waitForCover({ message, missing }: { message: string; missing: bigint }, nowMs: number): void {
    this.#uncoveredSinceMs ??= nowMs;
    if (nowMs - this.#uncoveredSinceMs > COVER_WAIT_MS) this.#init.onStop(message);
    else this.#askForCover(missing, nowMs);
  }

  #askForCover(missing: bigint, nowMs: number): void {
    if (nowMs < this.#nextAskAtMs) return;
    this.#nextAskAtMs = nowMs + COVER_ASK_MS;
    this.#init.onUncovered?.(missing, this.#uncoveredSinceMs !== undefined);
  }
}
