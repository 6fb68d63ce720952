import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { KilnError } from '../../src/base/errors.ts';
import { decode, encode } from '../../src/protocol/codec.ts';
import type { Address } from '../../src/protocol/primitives.ts';
import type { SignedPayout } from '../../src/protocol/redeem.ts';
import { Turns } from '../../src/wallet/account/account.ts';
import { syncFolder, writeDurably } from './durable-file.ts';
import { counterOf, type HeldVoucher, type PayeeRecord, payeeRecordSchema } from './held.ts';
import {
  MAX_HELD_PAYEES,
  MAX_HELD_VOUCHERS,
  MAX_PAYEE_FILE_BYTES,
  MAX_VOUCHERS_PER_PAYEE,
} from './limits.ts';

/** Ends the name of a payee's file. */
const FILE_END = '.payee';

/** Bounds of a queue. */
export interface QueueLimits {
  /** @default 20,000 */
  readonly vouchers?: number;
  /** @default 2,000 */
  readonly payees?: number;
}

/**
 * The vouchers that this relay will redeem, one file per payee. What `add` resolved with is on the disk; the newest
 * voucher per payer, session key and payee is kept.
 */
export class RedeemQueue {
  readonly #folder: string;
  readonly #payees = new Map<Address, PayeeRecord>();
  readonly #turns = new Turns();
  readonly #limits: Required<QueueLimits>;
  #vouchers = 0;
  /** Files that could not be read; set aside as `.damaged`, never deleted. */
  readonly damaged: string[] = [];

  private constructor(folder: string, limits: QueueLimits) {
    this.#folder = folder;
    this.#limits = { vouchers: MAX_HELD_VOUCHERS, payees: MAX_HELD_PAYEES, ...limits };
  }

  /** Opens the queue of an earlier process, or an empty one. Throws `redeem/bad-folder`. */
  static async open(folder: string, limits: QueueLimits = {}): Promise<RedeemQueue> {
    const queue = new RedeemQueue(folder, limits);
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      for (const name of await readdir(folder)) if (name.endsWith(FILE_END)) await queue.#load(name);
    } catch (cause) {
      throw new KilnError('redeem/bad-folder', 'The folder of accepted vouchers cannot be used.', {
        data: { folder },
        hint: 'Name a folder that this process may read and write with --redeem-folder.',
        cause,
      });
    }
    return queue;
  }

  get payees(): IterableIterator<PayeeRecord> {
    return this.#payees.values();
  }

  get sizes(): { readonly payees: number; readonly vouchers: number } {
    return { payees: this.#payees.size, vouchers: this.#vouchers };
  }

  get(payee: Address): PayeeRecord | undefined {
    return this.#payees.get(payee);
  }

  /**
   * Takes vouchers of one payee in; resolves, once they are on the disk, with which of them are new. A payout replaces
   * the one before. Throws `redeem/payee-full` or `redeem/full`, and then nothing was taken.
   */
  add(payee: Address, vouchers: readonly HeldVoucher[], payout?: SignedPayout): Promise<boolean[]> {
    return this.#turns.take(async () => {
      const before = this.#payees.get(payee);
      const newest = new Map(before?.vouchers.map((held) => [counterOf(held), held]));
      const isNew = vouchers.map((held) => {
        const known = newest.get(counterOf(held));
        if (known !== undefined && !isBetter(held, known)) return false;
        newest.set(counterOf(held), held);
        return true;
      });
      if (!isNew.includes(true) && payout === undefined) return isNew;
      this.#assertRoom(before, newest.size);
      const kept = payout ?? before?.payout;
      await this.#put({
        payee,
        vouchers: [...newest.values()],
        ...(kept === undefined ? {} : { payout: kept }),
      });
      return isNew;
    });
  }

  /**
   * Changes what is held for a payee; nothing left means forgotten. `change` sees the record as it is at that moment:
   * newer vouchers may have come since the caller looked.
   */
  change(payee: Address, change: (record: PayeeRecord) => PayeeRecord | undefined): Promise<void> {
    return this.#turns.take(async () => {
      const record = this.#payees.get(payee);
      if (record === undefined) return;
      const next = change(record);
      if (next === record) return;
      if (next !== undefined && next.vouchers.length > 0) return this.#put(next);
      const path = this.#path(payee);
      await rm(path, { force: true });
      await syncFolder(path);
      this.#payees.delete(payee);
      this.#vouchers -= record.vouchers.length;
    });
  }

  async #put(record: PayeeRecord): Promise<void> {
    await writeDurably(this.#path(record.payee), encode(record));
    this.#remember(record);
  }

  #remember(record: PayeeRecord): void {
    this.#vouchers += record.vouchers.length - (this.#payees.get(record.payee)?.vouchers.length ?? 0);
    this.#payees.set(record.payee, record);
  }

  #assertRoom(before: PayeeRecord | undefined, count: number): void {
    if (count > MAX_VOUCHERS_PER_PAYEE) {
      throw new KilnError('redeem/payee-full', 'Too many vouchers wait for this payee already.', {
        data: { limit: MAX_VOUCHERS_PER_PAYEE },
        hint: 'Hand over those that are worth most; come again when they are redeemed.',
      });
    }
    const vouchers = this.#vouchers + count - (before?.vouchers.length ?? 0);
    const payees = this.#payees.size + (before === undefined ? 1 : 0);
    if (vouchers <= this.#limits.vouchers && payees <= this.#limits.payees) return;
    throw new KilnError('redeem/full', 'This relay holds as many vouchers as it can.', {
      data: this.sizes,
      hint: 'Try later, or redeem from an account that holds native coin.',
    });
  }

  async #load(name: string): Promise<void> {
    const path = join(this.#folder, name);
    try {
      const record = decode(payeeRecordSchema, await readFile(path), MAX_PAYEE_FILE_BYTES);
      if (`${record.payee}${FILE_END}` !== name) throw new Error('The file is named after another payee.');
      this.#remember(record);
    } catch (error) {
      if (error instanceof Error && 'syscall' in error) throw error;
      this.damaged.push(name);
      await rename(path, `${path}.damaged`);
    }
  }

  #path(payee: Address): string {
    return join(this.#folder, `${payee}${FILE_END}`);
  }
}

/** A newer voucher, or the same one with the proof that it is covered. */
function isBetter(held: HeldVoucher, known: HeldVoucher): boolean {
  if (held.voucher.amount !== known.voucher.amount) return held.voucher.amount > known.voucher.amount;
  return held.proof !== undefined && known.proof === undefined;
}
