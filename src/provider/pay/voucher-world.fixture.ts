import { ManualClock } from '../../../tests/mesh/twins/manual-clock.ts';
import { MemoryChain } from '../../../tests/mesh/twins/memory-chain.ts';
import type { Collection } from '../../base/collection.ts';
import type { KilnError } from '../../base/errors.ts';
import type { PostedProof } from '../../payment/cover/sum-tree.ts';
import { AGREEMENT } from '../../protocol/messages.fixture.ts';
import type { Agreement } from '../../protocol/negotiate.ts';
import type { Address } from '../../protocol/primitives.ts';
import type { SignedVoucher } from '../../protocol/work.ts';
import { memoryStore } from '../../storage/memory-store.ts';
import { type VoucherRecord, voucherKey } from '../records.ts';
import type { ProviderChain } from '../slices.ts';
import { VoucherDesk } from './voucher-desk.ts';

export const PAYER: Address = `0x${'aa'.repeat(20)}`;
export const PAYEE: Address = `0x${'bb'.repeat(20)}`;
/** Neither pays nor is paid here. */
export const OTHER: Address = `0x${'cc'.repeat(20)}`;

/** A payer with a deposit of 10,000 and one agreement with it: a task costs 100, three of them may be unpaid. */
export class VoucherWorld implements Disposable {
  readonly clock = new ManualClock();
  readonly chain = new MemoryChain(this.clock);
  readonly session = this.chain.openSession({ payer: PAYER, deposit: 10_000n, cap: 10_000n });
  readonly agreement: Agreement = {
    ...AGREEMENT,
    payee: PAYEE,
    payment: this.session.terms,
    pricePerUnit: 10_000n,
    microUnitsPerTask: 10_000,
    creditLimit: 300n,
  };
  readonly vouchers: Collection<VoucherRecord> = memoryStore().collection('vouchers');
  /** Why desks opened here said that the payer is to be left. */
  readonly stops: string[] = [];
  /** What desks opened here asked collateral for. */
  readonly uncovered: bigint[] = [];

  [Symbol.dispose](): void {
    this.clock[Symbol.dispose]();
  }

  openDesk(
    change: { chain?: ProviderChain; agreement?: Agreement; home?: object } = {},
  ): Promise<VoucherDesk> {
    return VoucherDesk.open({
      home: { chainId: this.chain.chainId, pool: this.chain.pool },
      agreement: this.agreement,
      chain: this.chain,
      vouchers: this.vouchers,
      clock: this.clock,
      onUncovered: (missing) => this.uncovered.push(missing),
      onStop: (reason) => this.stops.push(reason),
      ...change,
    } as Parameters<typeof VoucherDesk.open>[0]);
  }

  sign(amount: bigint, issued = amount, payee = PAYEE): Promise<SignedVoucher> {
    return this.session.sign({ payee, amount, issued });
  }

  /** The voucher as it lies in the store. */
  held(): Promise<VoucherRecord | undefined> {
    return this.vouchers.get(voucherKey(this.session.terms, PAYEE));
  }

  /** The payer sets so much aside for one payee. */
  allocate(limit: bigint, payee = PAYEE): PostedProof {
    return this.chain.allocate(this.session.terms, [{ payee, limit }])[0]!.proof;
  }
}

/** The code of the error that refused it, or `taken`. */
export async function codeOf(taking: Promise<void>): Promise<string> {
  return taking.then(
    () => 'taken',
    (error: KilnError) => error.code,
  );
}
