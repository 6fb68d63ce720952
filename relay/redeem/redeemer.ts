import { type KilnError, toKilnError } from '../../src/base/errors.ts';
import type { Clock } from '../../src/base/time.ts';
import { type GasPrices, redemptionCost } from '../../src/payment/redemption/redemption.ts';
import type { Address } from '../../src/protocol/primitives.ts';
import type { SignedPayout } from '../../src/protocol/redeem.ts';
import { MAX_REDEEM_ROWS } from '../../src/wallet/constants.ts';
import { Backoff } from './backoff.ts';
import { redeemCall } from '../../src/wallet/voucher/redeem-call.ts';
import type { Fees, RedeemChain } from './chain.ts';
import type { RedeemPrice } from './gate.ts';
import type { HeldVoucher, PayeeRecord } from './held.ts';
import { MAX_HELD_MS } from './limits.ts';
import type { RedeemMetrics } from './metrics.ts';
import type { RedeemQueue } from './queue.ts';
import type { Sender } from './sender.ts';
import { settle } from './settle.ts';
import { batchesOf, readTrial } from './trial.ts';

/** What redeems the queue. */
export interface RedeemerInit {
  readonly chain: RedeemChain;
  readonly queue: RedeemQueue;
  readonly sender: Sender;
  readonly metrics: RedeemMetrics;
  readonly price: RedeemPrice;
  readonly clock: Clock;
}

/** Codes of a payout that can never go through. */
const DEAD_PAYOUT = ['wallet/signature-used', 'wallet/signature-expired', 'wallet/bad-signature'];

/** Turns the queue into transactions: tries first, sends what pays, one transaction at a time. */
export class Redeemer {
  readonly #init: RedeemerInit;
  readonly #backoff: Backoff;

  constructor(init: RedeemerInit) {
    this.#init = init;
    this.#backoff = new Backoff(init.clock);
  }

  /** Something new came for this payee. */
  wake(payee: Address): void {
    this.#backoff.reset(payee);
  }

  /** One round: settles or looks after the transaction on its way, else sends the next. Throws what stopped it. */
  async round(): Promise<void> {
    const { sender, queue, chain, price } = this.#init;
    if (sender.pending !== undefined) {
      const receipt = await sender.advance();
      if (receipt === undefined) return;
      const paid = await settle(receipt, sender.pending.payees as Address[], this.#init);
      for (const payee of sender.pending.payees as Address[]) {
        if (paid.has(payee)) this.#backoff.reset(payee);
        else this.#backoff.putOff(payee);
      }
      await sender.finish(receipt.gasUsed * receipt.effectiveGasPrice);
    }
    await this.#forgetOld();
    this.#backoff.keepOnly((payee) => queue.get(payee) !== undefined);
    const due = this.#due();
    if (due.length === 0) return;
    const fees = await chain.fees();
    sender.assertAffordable(fees, 0n);
    const prices = await chain.gasPrices();
    if (price.fee > 0n) {
      for (const record of due) if (await this.#sendForFee(record, fees, prices)) return;
    } else {
      for (const batch of batchesOf(due, MAX_REDEEM_ROWS)) {
        if (await this.#sendBatch(batch, fees, prices)) return;
      }
    }
  }

  #due(): PayeeRecord[] {
    const nowMs = this.#init.clock.now();
    const dueAt = ({ payee }: PayeeRecord) => this.#backoff.dueAtMs(payee);
    return [...this.#init.queue.payees]
      .filter((record) => dueAt(record) <= nowMs)
      .sort((a, b) => dueAt(a) - dueAt(b));
  }

  /** The operator pays: all payees of the batch whose vouchers are worth their gas, in one transaction. */
  async #sendBatch(batch: readonly PayeeRecord[], fees: Fees, prices: GasPrices): Promise<boolean> {
    const { chain, price } = this.#init;
    let rows = batch.flatMap(({ vouchers }) => vouchers);
    const trial = await chain.tryCall(redeemCall(rows));
    const chosen: { payee: Address; paying: readonly HeldVoucher[] }[] = [];
    let start = 0;
    for (const { payee, vouchers } of batch) {
      const outcome = readTrial(vouchers, trial.slice(start, start + vouchers.length));
      start += vouchers.length;
      await this.#forget(payee, outcome.dead);
      const isWorth = outcome.paid >= price.worth * redemptionCost(outcome.paying.length, prices);
      if (outcome.paid > 0n && isWorth) chosen.push({ payee, paying: outcome.paying });
      else this.#backoff.putOff(payee);
    }
    const paying = chosen.flatMap((one) => one.paying);
    if (paying.length === 0) return false;
    if (paying.length < rows.length) {
      rows = paying;
      // Without the others a row may pay less, never nothing; if so all of them wait for the next round.
      const again = await chain.tryCall(redeemCall(rows));
      if (again.some(({ paid }) => paid === 0n)) return false;
    }
    return this.#send(
      rows,
      chosen.map(({ payee }) => payee),
      fees,
    );
  }

  /** The payee pays: its vouchers and its payout, where the fee is worth the gas. */
  async #sendForFee(record: PayeeRecord, fees: Fees, prices: GasPrices): Promise<boolean> {
    const { payee, payout } = record;
    const rows = payout === undefined ? [] : await this.#tryForFee(record, payout);
    if (payout === undefined || rows.length === 0 || payout.fee < redemptionCost(rows.length + 1, prices)) {
      this.#backoff.putOff(payee);
      return false;
    }
    return this.#send(rows, [payee], fees, payout);
  }

  /** The rows that pay together with this payout; none when it would be refused. */
  async #tryForFee({ payee, vouchers }: PayeeRecord, payout: SignedPayout): Promise<readonly HeldVoucher[]> {
    const { chain, queue } = this.#init;
    try {
      const { paying, dead } = readTrial(vouchers, await chain.tryCall(redeemCall(vouchers, payout)));
      await this.#forget(payee, dead);
      if (paying.length > 0 && paying.length < vouchers.length) {
        await chain.tryCall(redeemCall(paying, payout));
      }
      return paying;
    } catch (thrown) {
      const error = toKilnError(thrown);
      if (DEAD_PAYOUT.includes(error.code)) {
        await queue.change(payee, (now) => (now.payout === payout ? withoutPayout(now) : now));
      } else if (error.code !== 'wallet/refused-by-contract') throw error;
      return [];
    }
  }

  async #send(
    rows: readonly HeldVoucher[],
    payees: readonly Address[],
    fees: Fees,
    payout?: SignedPayout,
  ): Promise<boolean> {
    const { chain, sender } = this.#init;
    const { data, gas } = await chain.prepare(redeemCall(rows, payout));
    sender.assertAffordable(fees, gas);
    await sender.send(data, gas, payees, fees);
    return true;
  }

  async #forgetOld(): Promise<void> {
    const nowMs = this.#init.clock.now();
    for (const { payee, vouchers } of [...this.#init.queue.payees]) {
      await this.#forget(
        payee,
        vouchers.filter(({ acceptedAtMs }) => nowMs - acceptedAtMs > MAX_HELD_MS),
      );
    }
  }

  async #forget(payee: Address, vouchers: readonly HeldVoucher[]): Promise<void> {
    if (vouchers.length === 0) return;
    const gone = new Set(vouchers);
    const { queue, metrics } = this.#init;
    await queue.change(payee, (record) => ({
      ...record,
      vouchers: record.vouchers.filter((held) => !gone.has(held)),
    }));
    metrics.forgotten += vouchers.length;
  }
}

function withoutPayout({ payout: _gone, ...record }: PayeeRecord): PayeeRecord {
  return record;
}

/** A round that waits, rather than one that failed: shown, and tried again at the usual pace. */
export function isWaiting({ code }: KilnError): boolean {
  return code === 'redeem/gas-too-dear' || code === 'redeem/budget-spent';
}
