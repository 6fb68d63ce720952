import type { Hex } from 'viem';
import { hasCode } from '../../base/errors.ts';
import type { Address } from '../../protocol/primitives.ts';
import type { WalletAccount } from '../account/account.ts';
import { POOL_ABI } from '../chain/chain.ts';
import type { PoolReader } from '../pool/pool-reader.ts';
import { tokenAbilities } from '../token/token-abilities.ts';
import { type Approval, approvalTypedData, splitSignature } from '../token/token-approval.ts';
import { readApprovalNonce } from '../token/token-questions.ts';
import { transact } from '../chain/transact.ts';

/**
 * Deposits and authorises a session key in one transaction, with the approval inside as a signature (DAI's permit, which
 * GLM on Ethereum has). The approval is for all tokens of the account, for this permit knows no amounts; the pool takes
 * none without a call or a signature of the account.
 *
 * Undefined, with nothing sent, when the token or the wallet cannot do it: then an approval by a transaction is needed.
 */
export async function depositWithDaiPermit(
  reader: PoolReader,
  account: WalletAccount,
  { signer, cap, expiry, deposit }: { signer: Address; cap: bigint; expiry: number; deposit: bigint },
  signal?: AbortSignal,
): Promise<Hex | undefined> {
  const permit = await signPermit(reader, account, deposit, expiry).catch((thrown: unknown) => {
    if (hasCode(thrown, 'wallet/user-rejected')) throw thrown;
    // A wallet that cannot sign, a node that does not answer: the usual way is still there.
    return undefined;
  });
  if (permit === undefined) return undefined;
  const depositing = {
    address: reader.config.pool,
    abi: POOL_ABI,
    functionName: 'depositWithDaiPermit',
    args: [deposit, signer, cap, expiry, permit],
    action: 'approve and deposit',
  } as const;
  try {
    return (await transact(reader, account, depositing, signal)).transactionHash;
  } catch (thrown) {
    // The trial showed that the token did not take the permit; nothing was sent.
    if (hasCode(thrown, 'wallet/not-approved')) return undefined;
    throw thrown;
  }
}

async function signPermit(reader: PoolReader, account: WalletAccount, value: bigint, deadline: number) {
  const domain = (await tokenAbilities(reader))['dai-permit'];
  if (domain === undefined) return undefined;
  const { address: owner } = account;
  const nonce = await readApprovalNonce(reader, 'dai-permit', owner);
  if (nonce === undefined) return undefined;
  const approval: Approval = {
    kind: 'dai-permit',
    owner,
    spender: reader.config.pool,
    value,
    nonce,
    deadline,
  };
  const signature = await account.signTypedData(approvalTypedData(domain, approval), 'approve the pool');
  return { nonce, expiry: BigInt(deadline), ...splitSignature(signature) };
}
