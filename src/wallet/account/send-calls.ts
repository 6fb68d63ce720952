import type { Hex } from 'viem';
import { KilnError } from '../../base/errors.ts';
import type { Clock } from '../../base/time.ts';
import { sleep } from '../../base/time.ts';
import type { Address } from '../../protocol/primitives.ts';
import type { ContractCall } from './account.ts';
import { CALLS_POLL_MS, CALLS_TIMEOUT_MS } from '../constants.ts';
import type { Eip1193 } from './injected-account.ts';

/** EIP-5792: the batch was mined, or will never be. */
const STATUS_PENDING = 100;
const STATUS_CONFIRMED = 200;

/**
 * Does this wallet send several calls as one, all or none (EIP-5792)? Wallets that do not know the question cannot.
 */
export async function canSendTogether(
  provider: Eip1193,
  account: Address,
  chainId: number,
): Promise<boolean> {
  try {
    const id: Hex = `0x${chainId.toString(16)}`;
    const answer = await provider.request({ method: 'wallet_getCapabilities', params: [account, [id]] });
    const status: unknown = (answer as Record<string, { atomic?: { status?: unknown } }> | null)?.[id]?.atomic
      ?.status;
    return status === 'supported' || status === 'ready';
  } catch {
    return false;
  }
}

/**
 * Sends calls as one atomic batch with one question to the person; resolves with the transaction once a block has it.
 * Throws the wallet's own errors, `wallet/transaction-failed`, `wallet/bad-answer` or `wallet/still-pending`.
 */
export async function sendTogether(
  provider: Eip1193,
  account: Address,
  chainId: number,
  calls: readonly ContractCall[],
  clock: Clock,
  signal?: AbortSignal,
): Promise<Hex> {
  const batch = {
    version: '2.0.0',
    from: account,
    chainId: `0x${chainId.toString(16)}`,
    atomicRequired: true,
    calls: calls.map(({ to, data }) => ({ to, data })),
  };
  const sent = (await provider.request({ method: 'wallet_sendCalls', params: [batch] })) as {
    id?: unknown;
  } | null;
  const id = sent?.id;
  if (typeof id !== 'string' || id.length > 8_194) throw badAnswer();
  const deadline = clock.now() + CALLS_TIMEOUT_MS;
  while (clock.now() < deadline) {
    const answer = (await provider.request({
      method: 'wallet_getCallsStatus',
      params: [id],
    })) as CallsStatus | null;
    const status = Number(answer?.status);
    if (status === STATUS_CONFIRMED) return transactionOf(answer);
    if (!(status >= STATUS_PENDING && status < STATUS_CONFIRMED)) {
      throw new KilnError('wallet/transaction-failed', 'The wallet could not carry out the transaction.', {
        data: { status },
        hint: 'Look into your wallet for the reason, then try again.',
      });
    }
    await sleep(clock, CALLS_POLL_MS, signal);
  }
  throw new KilnError('wallet/still-pending', 'The transaction was sent, but no block has taken it yet.', {
    hint: 'Look it up in your wallet before sending it again.',
  });
}

interface CallsStatus {
  readonly status?: unknown;
  readonly receipts?: readonly { readonly transactionHash?: unknown }[];
}

function transactionOf(answer: CallsStatus | null): Hex {
  const hash = answer?.receipts?.at(-1)?.transactionHash;
  if (typeof hash === 'string' && /^0x[0-9a-f]{64}$/i.test(hash)) return hash as Hex;
  throw badAnswer();
}

function badAnswer(): KilnError {
  return new KilnError('wallet/bad-answer', 'The wallet answered with something that is not a transaction.', {
    hint: 'Look into the wallet whether it sent anything before trying again.',
  });
}
