import type { Abi, ContractFunctionArgs, ContractFunctionName, Hex, TransactionReceipt } from 'viem';
import { encodeFunctionData } from 'viem';
import { aborted, KilnError } from '../../base/errors.ts';
import type { Address } from '../../protocol/primitives.ts';
import type { WalletAccount } from '../account/account.ts';
import { toChainError } from './chain-error.ts';
import { RECEIPT_POLL_MS, RECEIPT_TIMEOUT_MS } from '../constants.ts';
import { refillGas } from './gas.ts';
import type { PoolReader } from '../pool/pool-reader.ts';

/** Options of a call that may take blocks. */
export interface TransactOptions {
  /** Stops waiting; a transaction already sent stays sent. */
  readonly signal?: AbortSignal;
  /** Called with a sentence at each step: "Approving 2.5 GLM". */
  readonly onStep?: (step: string) => void;
}

/** A contract call before it is encoded. */
export interface TypedCall<A extends Abi, F extends ContractFunctionName<A, 'nonpayable' | 'payable'>> {
  readonly address: Address;
  readonly abi: A;
  readonly functionName: F;
  readonly args: ContractFunctionArgs<A, 'nonpayable' | 'payable', F>;
  /** What it does, as a person would say it: "redeem the vouchers". */
  readonly action: string;
}

/**
 * Tries a call without sending it, sends it, and waits until a block has it.
 * Throws a `wallet/…` error with a hint; nothing is sent when the trial fails.
 */
export async function transact<A extends Abi, F extends ContractFunctionName<A, 'nonpayable' | 'payable'>>(
  reader: PoolReader,
  account: WalletAccount,
  call: TypedCall<A, F>,
  signal?: AbortSignal,
): Promise<TransactionReceipt> {
  try {
    if (signal?.aborted) throw aborted(signal.reason);
    await refillGas(reader, account);
    const { address, abi, functionName, args } = call as unknown as TypedCall<Abi, string>;
    // `pending`, because on a quiet chain the newest block may be minutes old, and a thaw with it.
    const trial = { address, abi, functionName, args: args as unknown[], account: account.address };
    await reader.client.simulateContract({ ...trial, blockTag: 'pending' });
    const data = encodeFunctionData({ abi, functionName, args: args as unknown[] });
    if (signal?.aborted) throw aborted(signal.reason);
    const hash = await account.send({ to: address, data, action: call.action });
    return await receiptOf(reader, hash, call.action, signal);
  } catch (thrown) {
    throw toChainError(thrown, call.action);
  }
}

/**
 * Waits until a block has a transaction. Throws `wallet/transaction-failed`, or whatever the chain's node says.
 *
 * @param action what it does, as a person would say it
 */
export async function receiptOf(
  reader: PoolReader,
  hash: Hex,
  action: string,
  signal?: AbortSignal,
): Promise<TransactionReceipt> {
  const waiting = reader.client.waitForTransactionReceipt({
    hash,
    pollingInterval: RECEIPT_POLL_MS,
    timeout: RECEIPT_TIMEOUT_MS,
  });
  const receipt = await raceAbort(waiting, signal);
  if (receipt.status === 'success') return receipt;
  throw new KilnError('wallet/transaction-failed', `The transaction to ${action} was undone by the chain.`, {
    data: { transaction: hash },
    hint: 'Look it up in the explorer; the state may have changed meanwhile. Then try again.',
  });
}

/** Stops waiting, not the transaction: what was sent stays sent. */
export function raceAbort<T>(waiting: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return waiting;
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(aborted(signal.reason));
    signal.addEventListener('abort', onAbort, { once: true });
    waiting.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
    if (signal.aborted) onAbort();
  });
}
