import {
  BaseError,
  type ContractFunctionName,
  type ContractFunctionReturnType,
  decodeFunctionResult,
  encodeFunctionData,
  type Hex,
  LimitExceededRpcError,
} from 'viem';
import type { Address } from '../../protocol/primitives.ts';
import { toChainError } from '../chain/chain-error.ts';
import type { PoolReader } from '../pool/pool-reader.ts';
import { TOKEN_QUESTIONS_ABI } from './token-abi.ts';
import type { ApprovalKind } from './token-approval.ts';

type Questions = typeof TOKEN_QUESTIONS_ABI;
type Question = ContractFunctionName<Questions, 'view'>;

/** Longest answer looked at, in hexadecimal digits: a name of a thousand letters fits. */
const MAX_ANSWER_CHARS = 8_192;

/**
 * Calls the token without a transaction. Undefined when it refuses; throws `wallet/chain-unreachable` when the node
 * gave no answer, which says nothing about the token.
 */
export async function tryCall(reader: PoolReader, data: Hex): Promise<Hex | undefined> {
  try {
    return (await reader.client.call({ to: reader.config.token, data })).data ?? '0x';
  } catch (thrown) {
    const error = toChainError(thrown, 'ask the token what it can');
    const isBusy =
      thrown instanceof BaseError && thrown.walk((e) => e instanceof LimitExceededRpcError) !== null;
    if (isBusy || error.code === 'wallet/chain-unreachable') throw error;
    return undefined;
  }
}

/** Asks the token a question; undefined when it does not know it or its answer has another form. */
export async function askToken<N extends Question>(
  reader: PoolReader,
  functionName: N,
  args: readonly Address[] = [],
): Promise<ContractFunctionReturnType<Questions, 'view', N> | undefined> {
  const call = { abi: TOKEN_QUESTIONS_ABI, functionName, args } as Parameters<typeof encodeFunctionData>[0];
  const data = await tryCall(reader, encodeFunctionData(call));
  if (data === undefined || data === '0x' || data.length > MAX_ANSWER_CHARS) return undefined;
  try {
    const answer = { abi: TOKEN_QUESTIONS_ABI, functionName, data } as Parameters<
      typeof decodeFunctionResult
    >[0];
    return decodeFunctionResult(answer) as ContractFunctionReturnType<Questions, 'view', N>;
  } catch {
    return undefined;
  }
}

/** The nonce that an owner's next approval by signature must carry. */
export function readApprovalNonce(
  reader: PoolReader,
  kind: ApprovalKind,
  owner: Address,
): Promise<bigint | undefined> {
  return askToken(reader, kind === 'meta-transaction' ? 'getNonce' : 'nonces', [owner]);
}
