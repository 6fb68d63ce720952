import { recoverAddress } from 'viem';
import { KilnError, toKilnError } from '../../src/base/errors.ts';
import { toHex } from '../../src/base/bytes.ts';
import type { Clock } from '../../src/base/time.ts';
import { TokenBucket, TokenBuckets } from '../../src/network/token-bucket.ts';
import { orderDigest } from '../../src/payment/voucher/orders.ts';
import { redemptionCost } from '../../src/payment/redemption/redemption.ts';
import { plainAddress, recoverVoucherSigner } from '../../src/payment/voucher/voucher.ts';
import { type Address, isSameAddress } from '../../src/protocol/primitives.ts';
import type { HandOver, SignedPayout } from '../../src/protocol/redeem.ts';
import { redeemCall } from '../../src/wallet/voucher/redeem-call.ts';
import type { RedeemChain } from './chain.ts';
import type { HeldVoucher } from './held.ts';
import {
  CHECK_BURST,
  CHECK_BURST_PER_PEER,
  CHECKS_PER_PEER_PER_SECOND,
  CHECKS_PER_SECOND,
  FEE_TIMES_GAS,
  MAX_CHECKS_AT_ONCE,
  MIN_PAYOUT_LIFE_MS,
} from './limits.ts';

/** What this relay asks for. */
export interface RedeemPrice {
  /**
   * Least fee for each voucher and once for the payout, in the token's smallest unit; more is asked while gas is dear.
   * 0 when the operator pays.
   */
  readonly fee: bigint;
  /** The vouchers of one payee must be worth this many times their gas. */
  readonly worth: bigint;
}

/** A voucher of a hand-over: taken, or why not. */
export type Judged = { readonly held: HeldVoucher; readonly payable: bigint } | { readonly code: string };

/** Looks at hand-overs of strangers: cheap questions first, the chain last. */
export class Gate {
  readonly #chain: RedeemChain;
  readonly #price: RedeemPrice;
  readonly #clock: Clock;
  readonly #all: TokenBucket;
  readonly #byPeer: TokenBuckets;
  #checking = 0;

  constructor(chain: RedeemChain, price: RedeemPrice, clock: Clock) {
    this.#chain = chain;
    this.#price = price;
    this.#clock = clock;
    this.#all = new TokenBucket(clock, CHECKS_PER_SECOND, CHECK_BURST);
    this.#byPeer = new TokenBuckets(clock, CHECKS_PER_PEER_PER_SECOND, CHECK_BURST_PER_PEER);
  }

  /** What is asked now for each voucher and once for the payout: twice its gas, and at least the price. */
  async fee(): Promise<bigint> {
    const { fee } = this.#price;
    if (fee === 0n) return 0n;
    const asked = FEE_TIMES_GAS * redemptionCost(1, await this.#chain.gasPrices());
    return asked > fee ? asked : fee;
  }

  /** Least that the vouchers of one payee must be worth together now. */
  async minimum(vouchers: number): Promise<bigint> {
    return this.#price.worth * redemptionCost(vouchers, await this.#chain.gasPrices());
  }

  /**
   * Judges each voucher and the whole. Throws when nothing of it is taken: `redeem/wrong-pool`, `redeem/mixed-payees`,
   * `redeem/busy`, `redeem/too-little`, `redeem/fee-required`, `redeem/bad-payout`, `redeem/payout-fails`.
   */
  async judge(peer: string, message: HandOver): Promise<{ payee: Address; judged: Judged[] }> {
    const payee = this.#assertSound(message);
    const { vouchers, payout } = message;
    const reads = vouchers.length;
    const isFree = this.#checking < MAX_CHECKS_AT_ONCE;
    if (!isFree || !this.#byPeer.take(peer, reads) || !this.#all.take(reads)) throw busy();
    this.#checking++;
    try {
      const judged = await Promise.all(vouchers.map((one) => this.#judgeVoucher(one)));
      const taken = judged.filter((one) => 'held' in one);
      if (taken.length === 0) return { payee, judged };
      const payable = taken.reduce((sum, one) => sum + one.payable, 0n);
      const minimum = await this.minimum(taken.length);
      if (payable < minimum) {
        throw new KilnError('redeem/too-little', 'These vouchers are not worth their gas now.', {
          data: { payable: `${payable}`, minimum: `${minimum}` },
          hint: 'Come again when more is owed or gas is cheaper.',
        });
      }
      // The fee that was quoted leaves room for gas that has become dearer since, but not for any price.
      if (
        payout !== undefined &&
        payout.fee < redemptionCost(taken.length + 1, await this.#chain.gasPrices())
      )
        throw feeRequired();
      if (payout !== undefined)
        await this.#assertPayout(
          payout,
          payee,
          taken.map(({ held }) => held),
        );
      return { payee, judged };
    } finally {
      this.#checking--;
    }
  }

  /** What can be told without asking anybody. */
  #assertSound({ chainId, pool, vouchers, payout }: HandOver): Address {
    const { config } = this.#chain;
    if (chainId !== config.id || !isSameAddress(pool, config.pool)) {
      throw new KilnError('redeem/wrong-pool', 'This relay redeems from another chain or pool.', {
        hint: 'Ask for its terms first.',
      });
    }
    const payee = plainAddress(vouchers[0]!.voucher.payee);
    const payees = [...vouchers.map(({ voucher }) => voucher.payee), ...(payout ? [payout.payee] : [])];
    if (!payees.every((one) => isSameAddress(one, payee))) {
      throw new KilnError('redeem/mixed-payees', 'A hand-over is for one payee.', {
        hint: 'Hand the vouchers of each payee over by themselves.',
      });
    }
    const { fee } = this.#price;
    if (fee === 0n) {
      if (payout === undefined) return payee;
      throw new KilnError('redeem/no-fee-here', 'This relay takes no fee and no payout.', {
        hint: 'Hand the vouchers over alone.',
      });
    }
    const rows = BigInt(vouchers.length + 1);
    if (payout === undefined || payout.fee < fee * rows) throw feeRequired();
    return payee;
  }

  async #judgeVoucher({ voucher, proof }: HandOver['vouchers'][number]): Promise<Judged> {
    const { id: chainId, pool } = this.#chain.config;
    let signer: Address;
    try {
      signer = await recoverVoucherSigner({ chainId, pool }, voucher);
    } catch (thrown) {
      return { code: toKilnError(thrown).code };
    }
    const state = await this.#chain.payerState(voucher.payer as Address, signer, voucher.payee as Address);
    const nowMs = this.#clock.now();
    if (state.expiry === 0) return { code: 'redeem/unknown-key' };
    if (voucher.amount <= state.claimed) return { code: 'redeem/nothing-owed' };
    const isAlive = state.expiry * 1_000 > nowMs;
    const reserved = state.reservedUntil * 1_000 > nowMs ? state.reserved : 0n;
    if (!isAlive && reserved === 0n && proof === undefined) return { code: 'redeem/key-expired' };
    const open = isAlive ? least(state.balance - state.locked, state.cap - state.spent) : 0n;
    const allocated = proof === undefined ? 0n : await this.#chain.allocationCover(voucher, signer, proof);
    if (proof !== undefined && allocated === 0n) return { code: 'redeem/bad-proof' };
    const payable = least(voucher.amount - state.claimed, reserved + allocated + open);
    if (payable === 0n) return { code: 'redeem/not-covered' };
    const held: HeldVoucher = {
      signer,
      voucher: { ...voucher, payer: plainAddress(voucher.payer), payee: plainAddress(voucher.payee) },
      ...(proof === undefined ? {} : { proof }),
      expiresAtMs: state.expiry * 1_000,
      acceptedAtMs: nowMs,
    };
    return { held, payable };
  }

  /** The order is the payee's own, the next one, lives long enough, and would go through with these vouchers. */
  async #assertPayout(payout: SignedPayout, payee: Address, rows: readonly HeldVoucher[]): Promise<void> {
    const { id: chainId, pool } = this.#chain.config;
    const { signature, ...order } = payout;
    const plain = { ...order, payee, to: plainAddress(order.to) };
    if (order.deadline * 1_000 < this.#clock.now() + MIN_PAYOUT_LIFE_MS) {
      throw badPayout('It ends too soon.');
    }
    // Plain keys only: what a contract says about a signature may differ between the trial and the block.
    const hash = `0x${toHex(orderDigest({ chainId, pool }, 'Payout', plain))}` as const;
    const signer = await recoverAddress({ hash, signature: `0x${toHex(signature)}` }).catch(() => '');
    if (!isSameAddress(signer, payee)) throw badPayout('It is not signed by the payee’s key.');
    const nonce = await this.#chain.orderNonce(payee);
    if (order.nonce !== nonce) throw badPayout(`Its nonce is ${order.nonce}, the next one is ${nonce}.`);
    try {
      await this.#chain.tryCall(redeemCall(rows, payout));
    } catch (thrown) {
      const error = toKilnError(thrown);
      if (error.code === 'wallet/chain-unreachable' || error.code === 'wallet/chain-error') throw error;
      throw new KilnError('redeem/payout-fails', 'The pool would refuse this payout with these vouchers.', {
        data: { why: error.message.slice(0, 200) },
        hint: 'Sign one for what the vouchers pay now.',
        cause: error,
      });
    }
  }
}

function feeRequired(): KilnError {
  return new KilnError('redeem/fee-required', 'This relay asks for a fee, by a signed payout.', {
    hint: 'Ask for its terms and sign a payout with at least that fee.',
  });
}

function badPayout(why: string): KilnError {
  return new KilnError('redeem/bad-payout', `This payout cannot be used. ${why}`, {
    hint: 'Sign a new one with the nonce that the pool tells.',
  });
}

function busy(): KilnError {
  return new KilnError('redeem/busy', 'This relay has too much to check.', {
    hint: 'Try again in a minute.',
  });
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
