import type { Collection } from '../../base/collection.ts';
import { type HeldVoucher, isRedemptionDue } from '../../payment/redemption/redemption.ts';
import type { PaymentTerms } from '../../protocol/payment-terms.ts';
import { type Address, isSameAddress } from '../../protocol/primitives.ts';
import type { VoucherRecord } from '../../provider/records.ts';
import type { Store } from '../../storage/store.ts';
import { readGasPrices } from '../../wallet/chain/gas-prices.ts';
import type { PoolReader } from '../../wallet/pool/pool-reader.ts';
import type { RedeemedRow } from '../../wallet/voucher/redeem.ts';
import { readCover } from './voucher-cover.ts';
import type { VoucherView } from './wallet-view.ts';

/** What a voucher has been redeemed for, as this browser saw it. */
interface RedeemedRecord {
  readonly amount: bigint;
  /** When something was last paid for it. */
  readonly atMs?: number;
}

/** The vouchers that this browser holds for one chain and pool; those of others stay in the store, good there. */
export class VoucherBook {
  readonly #reader: PoolReader;
  readonly #vouchers: Collection<VoucherRecord>;
  readonly #redeemed: Collection<RedeemedRecord>;

  constructor(reader: PoolReader, store: Store) {
    this.#reader = reader;
    this.#vouchers = store.collection('vouchers');
    this.#redeemed = store.collection('settings');
  }

  /** All that can be redeemed here, by key. */
  async home(): Promise<[key: string, record: VoucherRecord][]> {
    const { id, pool } = this.#reader.config;
    const isHome = (terms: PaymentTerms) => terms.chainId === id && isSameAddress(terms.pool, pool);
    return (await this.#vouchers.entries()).filter(([, { terms }]) => isHome(terms));
  }

  /** The same, as the Wallet page shows it. */
  async views(): Promise<VoucherView[]> {
    const views = (await this.home()).map(async ([key, { terms, voucher, receivedAtMs }]) => ({
      key,
      payer: terms.payer as Address,
      sessionKey: terms.sessionKey as Address,
      amount: voucher.amount,
      redeemed: (await this.#redeemedOf(key)).amount,
      receivedAtMs,
    }));
    return Promise.all(views);
  }

  /** The same with how sure each is, by the newest word of the chain. */
  async coveredViews(nowMs: number): Promise<VoucherView[]> {
    const records = new Map(await this.home());
    const views = (await this.views()).map(async (view) => {
      const record = records.get(view.key);
      return record === undefined ? view : { ...view, cover: await readCover(this.#reader, record, nowMs) };
    });
    return Promise.all(views);
  }

  /** Is any voucher late, or are all together worth many times the gas of redeeming them now? */
  async isDue(nowMs: number): Promise<boolean> {
    const held = await Promise.all((await this.home()).map((entry) => this.#held(entry, nowMs)));
    if (isRedemptionDue(held)) return true;
    // Fees change from minute to minute: asked last, and only if there is something to weigh.
    const isOwed = held.some(({ owed }) => owed > 0n);
    return isOwed && isRedemptionDue(held, await readGasPrices(this.#reader));
  }

  /** Keeps what a redemption of these vouchers came to, row by row. */
  async note(keys: readonly string[], rows: readonly RedeemedRow[], nowMs: number): Promise<void> {
    for (const [i, { paid, skipped, voucher }] of rows.entries()) {
      if (paid === 0n && skipped !== 'nothing-owed') continue;
      const key = keys[i]!;
      const before = (await this.#redeemedOf(key)).amount;
      const amount = skipped === 'nothing-owed' ? voucher.amount : before + paid;
      await this.#redeemed.put(`redeemed/${key}`, { amount, atMs: nowMs });
    }
  }

  async #held([key, record]: [string, VoucherRecord], nowMs: number): Promise<HeldVoucher> {
    const { claimed, expiresAtMs } = await this.#reader.payerView(record.terms, record.payee);
    const { atMs = 0 } = await this.#redeemedOf(key);
    const owed = record.voucher.amount - claimed;
    const sinceMs = Math.max(atMs, record.firstAtMs ?? record.receivedAtMs);
    return { owed, ageMs: nowMs - sinceMs, keyLifeMs: expiresAtMs - nowMs };
  }

  async #redeemedOf(key: string): Promise<RedeemedRecord> {
    return (await this.#redeemed.get(`redeemed/${key}`)) ?? { amount: 0n };
  }
}
