import { type Abi, type Hex, parseEventLogs } from 'viem';
import { aborted, type KilnError, toKilnError } from '../../base/errors.ts';
import type { SignedVoucher } from '../../protocol/work.ts';
import type { WalletAccount } from '../account/account.ts';
import { toChainError } from '../chain/chain-error.ts';
import { POOL_ABI } from '../chain/chain.ts';
import { MAX_REDEEM_ROWS } from '../constants.ts';
import type { PoolReader } from '../pool/pool-reader.ts';
import { type CoveredVoucher, redeemCall } from './redeem-call.ts';
import { transact, type TransactOptions } from '../chain/transact.ts';

/** Why a voucher paid nothing, by the contract's `SkipReason`. */
export type SkipReason =
  | 'bad-signature'
  | 'forbidden-payee'
  | 'unknown-key'
  | 'key-expired'
  | 'nothing-owed'
  | 'cap-reached'
  | 'not-covered'
  | 'bad-proof'
  | 'not-sent';

/** In the order of the contract's enum; the first is "paid". */
export const REASONS: readonly (SkipReason | undefined)[] = [
  undefined,
  'bad-signature',
  'forbidden-payee',
  'unknown-key',
  'key-expired',
  'nothing-owed',
  'cap-reached',
  'not-covered',
  'bad-proof',
];

/** What became of one voucher, in the order given. */
export interface RedeemedRow {
  readonly voucher: SignedVoucher;
  readonly paid: bigint;
  /** Present when it paid nothing. */
  readonly skipped?: SkipReason;
}

/** What a redemption did. */
export interface Redemption {
  readonly paid: bigint;
  /** One per 100 paying vouchers; empty when none pays. */
  readonly transactions: readonly Hex[];
  readonly rows: readonly RedeemedRow[];
  /** What stopped it after some transactions had gone through. */
  readonly failure?: KilnError;
}

/**
 * Redeems vouchers for their payees; any account may send this. Tries it first, sends only the rows that pay, and
 * sends nothing when none does.
 *
 * @example
 * const { paid, rows } = await redeem(reader, account, vouchers, { onStep });
 */
export function redeem(
  reader: PoolReader,
  account: WalletAccount,
  vouchers: readonly SignedVoucher[],
  options: TransactOptions = {},
): Promise<Redemption> {
  return redeemRows(
    reader,
    account,
    vouchers.map((voucher) => ({ voucher })),
    options,
  );
}

/** As {@link redeem}, drawing on allocations where a row has a proof; a voucher may come once for each of its proofs. */
export async function redeemRows(
  reader: PoolReader,
  account: WalletAccount,
  vouchers: readonly CoveredVoucher[],
  options: TransactOptions = {},
): Promise<Redemption> {
  const rows: RedeemedRow[] = [];
  const transactions: Hex[] = [];
  let failure: KilnError | undefined;
  for (let start = 0; start < vouchers.length; start += MAX_REDEEM_ROWS) {
    const batch = vouchers.slice(start, start + MAX_REDEEM_ROWS);
    if (failure !== undefined) {
      rows.push(...batch.map(({ voucher }) => ({ voucher, paid: 0n, skipped: 'not-sent' as const })));
      continue;
    }
    try {
      options.onStep?.(`Redeeming vouchers ${start + 1} to ${start + batch.length} of ${vouchers.length}`);
      const done = await redeemBatch(reader, account, batch, options.signal);
      rows.push(...done.rows);
      if (done.transaction !== undefined) transactions.push(done.transaction);
    } catch (thrown) {
      if (transactions.length === 0) throw thrown;
      failure = toKilnError(thrown, 'wallet/chain-error');
      rows.push(...batch.map(({ voucher }) => ({ voucher, paid: 0n, skipped: 'not-sent' as const })));
    }
  }
  reader.forgetViews();
  const paid = rows.reduce((sum, row) => sum + row.paid, 0n);
  return { paid, transactions, rows, ...(failure === undefined ? {} : { failure }) };
}

async function redeemBatch(
  reader: PoolReader,
  account: WalletAccount,
  batch: readonly CoveredVoucher[],
  signal: AbortSignal | undefined,
): Promise<{ rows: RedeemedRow[]; transaction?: Hex }> {
  if (signal?.aborted) throw aborted(signal.reason);
  const trial = await trialOf(reader, account, batch);
  const paying = [...trial.keys()].filter((i) => trial[i]!.paid > 0n);
  if (paying.length === 0) return { rows: trial };

  const receipt = await transact(
    reader,
    account,
    {
      address: reader.config.pool,
      abi: POOL_ABI as Abi,
      ...redeemCall(paying.map((i) => batch[i]!)),
      action: 'redeem the vouchers',
    },
    signal,
  );
  // Rows either paid or were skipped, in order: the two kinds of event together tell which.
  const rows = [...trial];
  const skipped = parseEventLogs({ abi: POOL_ABI, eventName: 'RowSkipped', logs: receipt.logs });
  const redeemed = parseEventLogs({ abi: POOL_ABI, eventName: 'Redeemed', logs: receipt.logs });
  const reasons = new Map(skipped.map(({ args }) => [Number(args.row), REASONS[args.reason]]));
  let next = 0;
  for (const [position, i] of paying.entries()) {
    const { voucher } = batch[i]!;
    const reason = reasons.get(position);
    rows[i] =
      reason === undefined
        ? { voucher, paid: redeemed[next++]?.args.paid ?? 0n }
        : { voucher, paid: 0n, skipped: reason };
  }
  return { rows, transaction: receipt.transactionHash };
}

async function trialOf(
  reader: PoolReader,
  account: WalletAccount,
  batch: readonly CoveredVoucher[],
): Promise<RedeemedRow[]> {
  try {
    const { result } = await reader.client.simulateContract({
      address: reader.config.pool,
      abi: POOL_ABI as Abi,
      ...redeemCall(batch),
      account: account.address,
      blockTag: 'pending',
    });
    const results = result as readonly { readonly paid: bigint; readonly reason: number }[];
    return batch.map(({ voucher }, i) => {
      const { paid, reason } = results[i]!;
      const skipped = REASONS[reason];
      return skipped === undefined ? { voucher, paid } : { voucher, paid, skipped };
    });
  } catch (thrown) {
    throw toChainError(thrown, 'redeem the vouchers');
  }
}
