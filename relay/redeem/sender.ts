import type { Hex, TransactionReceipt } from 'viem';
import { fromHex, toHex } from '../../src/base/bytes.ts';
import { KilnError } from '../../src/base/errors.ts';
import type { Clock } from '../../src/base/time.ts';
import type { Address } from '../../src/protocol/primitives.ts';
import type { Fees, RedeemChain } from './chain.ts';
import { type Journal, loadJournal, type Pending, storeJournal } from './journal.ts';
import { MAX_REPLACEMENTS, REPLACEMENT_PERCENT } from './limits.ts';

/** What sending may cost. */
export interface GasBounds {
  /** No transaction pays more for one unit of gas, in wei. */
  readonly maxWeiPerGas: bigint;
  /** Gas of one day (UTC), in wei; undefined for no bound. */
  readonly maxWeiPerDay: bigint | undefined;
  /** Blocks on top of a transaction before it counts. */
  readonly confirmations: bigint;
  /** A transaction that no block takes for this long is sent again with a higher fee. */
  readonly patienceMs: number;
}

const DAY_MS = 86_400_000;

/**
 * Sends one transaction at a time. What it signs is on the disk before it leaves: after a restart the same bytes are
 * sent again, so a nonce is used once whatever happens in between.
 */
export class Sender {
  readonly #chain: RedeemChain;
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #bounds: GasBounds;
  #journal: Journal;

  private constructor(chain: RedeemChain, folder: string, clock: Clock, bounds: GasBounds, journal: Journal) {
    this.#chain = chain;
    this.#folder = folder;
    this.#clock = clock;
    this.#bounds = bounds;
    this.#journal = journal;
  }

  /** Takes up what an earlier process left. */
  static async open(chain: RedeemChain, folder: string, clock: Clock, bounds: GasBounds): Promise<Sender> {
    return new Sender(chain, folder, clock, bounds, await loadJournal(folder, chain.config.id));
  }

  get pending(): Pending | undefined {
    return this.#journal.pending;
  }

  /** May this be sent at these fees? Throws `redeem/gas-too-dear` or `redeem/budget-spent`. */
  assertAffordable(fees: Fees, gas: bigint): void {
    if (fees.price > this.#bounds.maxWeiPerGas) {
      throw new KilnError('redeem/gas-too-dear', 'Gas costs more than this relay pays.', {
        data: { price: `${fees.price}`, ceiling: `${this.#bounds.maxWeiPerGas}` },
        hint: 'It waits until gas is cheaper; raise --redeem-max-gwei if that takes too long.',
      });
    }
    const limit = this.#bounds.maxWeiPerDay;
    if (limit === undefined || this.#spentToday() + gas * fees.price <= limit) return;
    throw new KilnError('redeem/budget-spent', 'The gas of today is spent.', {
      data: { limit: `${limit}` },
      hint: 'It goes on at midnight UTC; raise --redeem-coins-per-day to do more.',
    });
  }

  /**
   * Signs, writes down, sends. Throws `redeem/key-in-use` when the account has transactions on their way that are not
   * this relay's.
   */
  async send(data: Hex, gas: bigint, payees: readonly Address[], fees: Fees): Promise<void> {
    if (this.pending !== undefined) throw new Error('One transaction at a time.');
    this.assertAffordable(fees, gas);
    const { mined, known } = await this.#chain.nonces();
    if (known > mined) throw keyInUse();
    const draft = { nonce: mined, data, gas, ...this.#caps(fees) };
    await this.#chain.assertFunds(gas * draft.maxFeePerGas);
    const { raw, hash } = await this.#chain.sign(draft);
    await this.#store({
      ...draft,
      data: fromHex(data),
      raw: fromHex(raw),
      hashes: [fromHex(hash)],
      payees: [...payees],
      signedAtMs: this.#clock.now(),
    });
    await this.#chain.broadcast(raw);
  }

  /**
   * Looks after the transaction on its way: its receipt once it counts, else undefined after sending again what the
   * node has lost or what is stuck. Throws `redeem/key-in-use` when another transaction took its nonce.
   */
  async advance(): Promise<TransactionReceipt | undefined> {
    const pending = this.pending;
    if (pending === undefined) return undefined;
    for (const hash of pending.hashes) {
      const found = await this.#chain.receipt(hexOf(hash));
      if (found === undefined) continue;
      return found.confirmations >= this.#bounds.confirmations ? found.receipt : undefined;
    }
    const isStuck = this.#clock.now() - pending.signedAtMs >= this.#bounds.patienceMs;
    const { mined } = await this.#chain.nonces();
    if (mined > pending.nonce) {
      // A node behind a balancer may know the nonce before the receipt.
      if (!isStuck) return undefined;
      await this.finish(0n);
      throw keyInUse();
    }
    if (isStuck && (await this.#replace(pending))) return undefined;
    if (!(await this.#chain.isKnown(hexOf(pending.hashes.at(-1)!)))) {
      await this.#chain.broadcast(hexOf(pending.raw));
    }
    return undefined;
  }

  /** Forgets the transaction on its way: what it did is settled. */
  async finish(costWei: bigint): Promise<void> {
    const { chainId } = this.#journal;
    await this.#write({ chainId, day: this.#today(), spentWei: this.#spentToday() + costWei });
  }

  /** False when a higher fee would break the ceiling: then it waits as it is. */
  async #replace(pending: Pending): Promise<boolean> {
    if (pending.hashes.length >= MAX_REPLACEMENTS) return false;
    const fees = await this.#chain.fees();
    const raised = (wei: bigint) => (wei * REPLACEMENT_PERCENT) / 100n + 1n;
    const caps = this.#caps(fees);
    const next = {
      nonce: pending.nonce,
      data: hexOf(pending.data),
      gas: pending.gas,
      maxFeePerGas: most(caps.maxFeePerGas, raised(pending.maxFeePerGas)),
      maxPriorityFeePerGas: most(caps.maxPriorityFeePerGas, raised(pending.maxPriorityFeePerGas)),
    };
    if (next.maxFeePerGas > this.#bounds.maxWeiPerGas) return false;
    const { raw, hash } = await this.#chain.sign(next);
    await this.#store({
      ...pending,
      maxFeePerGas: next.maxFeePerGas,
      maxPriorityFeePerGas: next.maxPriorityFeePerGas,
      raw: fromHex(raw),
      hashes: [...pending.hashes, fromHex(hash)],
      signedAtMs: this.#clock.now(),
    });
    await this.#chain.broadcast(raw);
    return true;
  }

  /** The base fee may double until a block takes it; the ceiling holds. */
  #caps({ price, tip }: Fees): { maxFeePerGas: bigint; maxPriorityFeePerGas: bigint } {
    const maxFeePerGas = least(2n * price, this.#bounds.maxWeiPerGas);
    return { maxFeePerGas, maxPriorityFeePerGas: least(tip, maxFeePerGas) };
  }

  #store(pending: Pending): Promise<void> {
    const { chainId } = this.#journal;
    return this.#write({ chainId, day: this.#today(), spentWei: this.#spentToday(), pending });
  }

  async #write(journal: Journal): Promise<void> {
    await storeJournal(this.#folder, journal);
    this.#journal = journal;
  }

  #today(): number {
    return Math.floor(this.#clock.now() / DAY_MS);
  }

  #spentToday(): bigint {
    return this.#journal.day === this.#today() ? this.#journal.spentWei : 0n;
  }
}

function keyInUse(): KilnError {
  return new KilnError('redeem/key-in-use', 'Somebody else sends with this relay’s key.', {
    hint: 'Give this relay a key of its own, used by nothing else.',
  });
}

function hexOf(bytes: Uint8Array): Hex {
  return `0x${toHex(bytes)}`;
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function most(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
