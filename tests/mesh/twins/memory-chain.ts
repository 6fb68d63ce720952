import { type Hex } from 'viem';
import { privateKeyToAddress } from 'viem/accounts';
import { toHex } from '../../../src/base/bytes.ts';
import { KilnError } from '../../../src/base/errors.ts';
import type { Clock } from '../../../src/base/time.ts';
import type { PayerStanding } from '../../../src/payment/voucher/acceptance.ts';
import { planCover } from '../../../src/payment/cover/plan-cover.ts';
import {
  buildSumTree,
  provesLimit,
  type SumLeaf,
  type SumProof,
} from '../../../src/payment/cover/sum-tree.ts';
import type { PayerAlarm } from '../../../src/payment/redemption/payer-alarm.ts';
import {
  plainAddress,
  recoverVoucherSigner,
  signDigest,
  signVoucher,
} from '../../../src/payment/voucher/voucher.ts';
import type { PaymentTerms } from '../../../src/protocol/payment-terms.ts';
import type { Address } from '../../../src/protocol/primitives.ts';
import type { SignedVoucher } from '../../../src/protocol/work.ts';
import type { ProviderChain } from '../../../src/provider/slices.ts';
import type { CoveredPayee, PaymentSession } from '../../../src/requestor/slices.ts';

// The curve's WASM loads on its own time: once, before any clock is held still.
await signDigest(new Uint8Array(32).fill(1), `0x${'1'.repeat(64)}`);

interface Account {
  balance: bigint;
  locked: bigint;
  thawing: bigint;
}

interface Key {
  readonly cap: bigint;
  readonly expiresAtMs: number;
  spent: bigint;
  redeemed: bigint;
  highestIssued: bigint;
  isEquivocated: boolean;
  readonly claimed: Map<Address, bigint>;
  /** By the hex of their roots. */
  readonly allocations: Map<
    string,
    { readonly total: bigint; left: bigint; readonly drawn: Map<Address, bigint> }
  >;
}

/** What a requestor puts into the pool for one job. Amounts are in the token's smallest unit. */
export interface SessionTerms {
  readonly payer: Address;
  readonly deposit: bigint;
  readonly cap: bigint;
  /** @default one day */
  readonly lifeMs?: number;
}

/** The voucher pool's rules of redemption in memory, with real keys and EIP-712 signatures. */
export class MemoryChain implements ProviderChain {
  readonly chainId = 31_337;
  readonly pool: Address = '0x00000000000000000000000000000000000900d5';
  readonly #clock: Clock;
  readonly #accounts = new Map<Address, Account>();
  readonly #keys = new Map<string, Key>();
  readonly #paid = new Map<Address, bigint>();
  #keyCount = 0;
  /** Hears what the contract tells of payers. */
  onAlarm: (alarm: PayerAlarm) => void = () => {};
  /** While false, every question to the chain fails. */
  isReachable = true;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Deposits, authorises a new session key and hands out what signs with it. */
  openSession({ payer, deposit, cap, lifeMs = 86_400_000 }: SessionTerms): PaymentSession {
    const privateKey: Hex = `0x${(++this.#keyCount).toString(16).padStart(64, '0')}`;
    const sessionKey = privateKeyToAddress(privateKey);
    const terms: PaymentTerms = { chainId: this.chainId, pool: this.pool, payer, sessionKey };
    const posted: CoveredPayee[] = [];
    this.#account(payer).balance += deposit;
    this.#keys.set(keyOf(terms), {
      cap,
      expiresAtMs: this.#clock.now() + lifeMs,
      spent: 0n,
      redeemed: 0n,
      highestIssued: 0n,
      isEquivocated: false,
      claimed: new Map(),
      allocations: new Map(),
    });
    return {
      terms,
      cap,
      expiresAtMs: this.#keys.get(keyOf(terms))!.expiresAtMs,
      sign: ({ payee, amount, issued }) => signVoucher(terms, { payer, payee, amount, issued }, privateKey),
      cover: async (promised) => {
        const key = this.#keys.get(keyOf(terms))!;
        const payees = promised.map((one) => ({
          ...one,
          claimed: key.claimed.get(plainAddress(one.payee)) ?? 0n,
          collateral: posted
            .filter(({ payee }) => payee === one.payee)
            .reduce((sum, { payee, proof }) => sum + this.#coverOf(key, payee, proof), 0n),
        }));
        const available = least(this.free(payer), key.cap - key.spent);
        const parts = planCover(payees, available);
        if (parts.length > 0)
          posted.push(
            ...this.allocate(
              terms,
              parts.map(({ payee, amount }) => ({ payee, limit: amount })),
            ),
          );
        return posted.filter(({ payee, proof }) => this.#coverOf(key, payee, proof) > 0n);
      },
      readUse: async () => {
        this.#assertReachable();
        const { redeemed, highestIssued } = this.#keys.get(keyOf(terms))!;
        return { redeemed, highestIssued };
      },
    };
  }

  /** Deposit of a payer that is neither collateral nor thawing. */
  free(payer: string): bigint {
    const { balance, locked, thawing } = this.#account(payer);
    return balance - locked - thawing;
  }

  /** All that a payee was ever paid. */
  paidTo(payee: string): bigint {
    return this.#paid.get(plainAddress(payee)) ?? 0n;
  }

  /** The payer takes its deposit back: vouchers beyond it are worth nothing. */
  withdraw(payer: string, amount: bigint): void {
    this.#account(payer).balance -= amount;
  }

  /** The payer announces that it takes money back. */
  thaw(payer: string, amount: bigint): void {
    this.#account(payer).thawing += amount;
    this.onAlarm({ event: 'ThawStarted', payer: plainAddress(payer) });
  }

  /** The payer ends a session key early; its vouchers stay good for a while. */
  revoke({ payer, sessionKey }: PaymentTerms): void {
    this.onAlarm({ event: 'SignerRevoking', payer: plainAddress(payer), signer: plainAddress(sessionKey) });
  }

  /** Sets money of the deposit aside for payees under a session key, and gives each its proof. */
  allocate(terms: PaymentTerms, leaves: readonly SumLeaf[]): CoveredPayee[] {
    const key = this.#keys.get(keyOf(terms))!;
    const { root, total, proofOf } = buildSumTree(leaves);
    if (key.allocations.has(toHex(root))) throw new Error('the root is known');
    if (total > this.free(terms.payer) || total > key.cap - key.spent) throw new Error('not free');
    this.#account(terms.payer).locked += total;
    key.spent += total;
    key.allocations.set(toHex(root), { total, left: total, drawn: new Map() });
    const until = Math.floor(key.expiresAtMs / 1_000);
    return leaves.map(({ payee }) => ({ payee, proof: { ...proofOf(payee)!, total, until } }));
  }

  async allocationCover(terms: PaymentTerms, payee: Address, proof: SumProof): Promise<bigint> {
    this.#assertReachable();
    const key = this.#keys.get(keyOf(terms));
    return key === undefined ? 0n : this.#coverOf(key, payee, proof);
  }

  async payerView(terms: PaymentTerms, payee: Address): Promise<PayerStanding> {
    this.#assertReachable();
    const key = this.#keys.get(keyOf(terms));
    return {
      free: this.free(terms.payer),
      cap: key?.cap ?? 0n,
      spent: key?.spent ?? 0n,
      redeemed: key?.redeemed ?? 0n,
      highestIssued: key?.highestIssued ?? 0n,
      claimed: key?.claimed.get(plainAddress(payee)) ?? 0n,
      collateral: 0n,
      expiresAtMs: key?.expiresAtMs ?? 0,
      isEquivocated: key?.isEquivocated ?? false,
      readAtMs: this.#clock.now(),
    };
  }

  async voucherSigner(terms: PaymentTerms, voucher: SignedVoucher): Promise<Address> {
    return recoverVoucherSigner(terms, voucher);
  }

  /** Redeems one voucher as the contract does, drawing on a proof if given, and returns what it paid: a bad one pays 0. */
  async redeem(voucher: SignedVoucher, proof?: SumProof): Promise<bigint> {
    this.#assertReachable();
    const sessionKey = await recoverVoucherSigner(this, voucher).catch(() => undefined);
    const key = sessionKey && this.#keys.get(keyOf({ payer: voucher.payer, sessionKey }));
    if (key === undefined || key.expiresAtMs <= this.#clock.now()) return 0n;
    const payee = plainAddress(voucher.payee);
    const claimed = key.claimed.get(payee) ?? 0n;
    const owed = voucher.amount - claimed;
    if (owed <= 0n) return 0n;
    if (voucher.issued > key.highestIssued) key.highestIssued = voucher.issued;
    const account = this.#account(voucher.payer);
    const allocated = proof === undefined ? 0n : least(owed, this.#coverOf(key, payee, proof));
    const uncovered = least(owed - allocated, account.balance - account.locked, key.cap - key.spent);
    const paid = allocated + uncovered;
    if (proof !== undefined && allocated > 0n) {
      const allocation = key.allocations.get(toHex(proof.root))!;
      allocation.left -= allocated;
      allocation.drawn.set(payee, (allocation.drawn.get(payee) ?? 0n) + allocated);
    }
    key.claimed.set(payee, claimed + paid);
    key.spent += uncovered;
    key.redeemed += paid;
    const told = { payer: plainAddress(voucher.payer), signer: plainAddress(sessionKey!) };
    if (paid < owed) this.onAlarm({ event: 'Shortfall', ...told });
    if (!key.isEquivocated && key.redeemed > key.highestIssued) {
      key.isEquivocated = true;
      this.onAlarm({ event: 'Equivocation', ...told });
    }
    account.locked -= allocated;
    account.balance -= paid;
    account.thawing = least(account.thawing, account.balance - account.locked);
    this.#paid.set(payee, this.paidTo(payee) + paid);
    return paid;
  }

  #coverOf(key: Key, payee: Address, proof: SumProof): bigint {
    const allocation = key.allocations.get(toHex(proof.root));
    if (allocation === undefined || !provesLimit(proof, payee, allocation.total)) return 0n;
    const own = proof.limit - (allocation.drawn.get(plainAddress(payee)) ?? 0n);
    return own > 0n ? least(own, allocation.left) : 0n;
  }

  #account(payer: string): Account {
    const key = plainAddress(payer);
    const known = this.#accounts.get(key) ?? { balance: 0n, locked: 0n, thawing: 0n };
    this.#accounts.set(key, known);
    return known;
  }

  #assertReachable(): void {
    if (!this.isReachable) throw new KilnError('chain/unreachable', 'The chain does not answer.');
  }
}

function keyOf({ payer, sessionKey }: { payer: string; sessionKey: string }): string {
  return `${plainAddress(payer)}:${plainAddress(sessionKey)}`;
}

function least(...amounts: readonly bigint[]): bigint {
  return amounts.reduce((a, b) => (a < b ? a : b));
}
