import type { Hex } from 'viem';
import { aborted, hasCode, KilnError } from '../../base/errors.ts';
import type { Clock } from '../../base/time.ts';
import { orderTypedData } from '../../payment/voucher/orders.ts';
import { formatGlm } from '../../payment/costs/price.ts';
import type { WalletAccount } from '../account/account.ts';
import { toChainError } from '../chain/chain-error.ts';
import { POOL_ABI } from '../chain/chain.ts';
import { inFundingTurn } from './funding-turns.ts';
import type { Authorization, FundSession } from './fund-session.ts';
import { ORDER_LIFE_MS } from '../constants.ts';
import type { PoolReader } from '../pool/pool-reader.ts';
import type { FundingSender, SignedFunding } from './signed-funding.ts';
import { allowanceOf, assertBalance } from './spend-tokens.ts';
import { tokenAbilities } from '../token/token-abilities.ts';
import {
  type Approval,
  type ApprovalKind,
  approvalTypedData,
  type SignedApproval,
} from '../token/token-approval.ts';
import { readApprovalNonce } from '../token/token-questions.ts';
import { raceAbort, receiptOf, type TransactOptions } from '../chain/transact.ts';

/** How a session key is funded by signature. */
export interface SignedAuthorization extends Authorization {
  /** Last moment at which the order may be carried out; minutes from now, for until then it is out of our hands. */
  readonly deadlineMs: number;
}

/** Ways of approving, the best first: exactly the amount with a deadline, exactly the amount, everything. */
const APPROVALS: readonly ApprovalKind[] = ['permit', 'meta-transaction', 'dai-permit'];

/**
 * Deposits and authorises a session key without native coin: the account signs, somebody else sends. The same key again
 * raises its cap and expiry; with a deposit of 0 nothing but the authorisation is signed. What the sender claims is not
 * believed: it counts once the chain has it.
 *
 * Throws `wallet/not-enough-tokens`, `wallet/no-approval-by-signature`, `wallet/order-not-carried-out` and what the
 * sender throws. After an error or an abort the order may still be carried out until its deadline.
 *
 * @example
 * const deadlineMs = clock.now() + 600_000;
 * await fundBySignature(reader, account, { signer, cap, expiresAtMs, deposit, deadlineMs }, relay, { onStep });
 */
export function fundBySignature(
  reader: PoolReader,
  account: WalletAccount,
  authorization: SignedAuthorization,
  sender: FundingSender,
  options: TransactOptions = {},
): Promise<{ readonly transaction: Hex }> {
  return inFundingTurn(account, async () => {
    try {
      const funding = await signFunding(reader, account, authorization, options);
      options.onStep?.('Waiting for somebody to send it');
      const transaction = await raceAbort(sender.sendFunding(funding, options.signal), options.signal);
      await assertCarriedOut(reader, funding, transaction, options.signal);
      return { transaction };
    } catch (thrown) {
      throw toChainError(thrown, 'fund the session by signature');
    }
  });
}

/**
 * The same as a way of funding sessions, each order with a deadline of its own.
 *
 * @example
 * const store = { records, sealer, fund: bySignature(relay, clock) };
 * const session = await openSession(reader, account, store, budget);
 */
export function bySignature(sender: FundingSender, clock: Clock): FundSession {
  return (reader, account, authorization, options) => {
    const deadlineMs = clock.now() + ORDER_LIFE_MS;
    return fundBySignature(reader, account, { ...authorization, deadlineMs }, sender, options);
  };
}

/** Signs all that is needed to fund a session; nothing is sent. Throws as {@link fundBySignature}. */
async function signFunding(
  reader: PoolReader,
  account: WalletAccount,
  authorization: SignedAuthorization,
  { signal, onStep }: TransactOptions,
): Promise<SignedFunding> {
  const { id: chainId, pool, tokenSymbol: symbol } = reader.config;
  const { signer, cap, deposit } = authorization;
  const nonce = await poolNonce(reader, account);
  const domain = { chainId, pool };
  const order = {
    payer: account.address,
    signer,
    cap,
    expiry: Math.ceil(authorization.expiresAtMs / 1_000),
    nonce,
    deadline: Math.floor(authorization.deadlineMs / 1_000),
  };
  if (signal?.aborted) throw aborted(signal.reason);
  if (deposit === 0n) {
    onStep?.('Signing the authorisation');
    const request = orderTypedData(domain, 'AuthorizeSigner', order);
    return {
      kind: 'authorize',
      order,
      signature: await account.signTypedData(request, 'authorise the session key'),
    };
  }
  await assertBalance(reader, account, deposit);
  const amount = formatGlm(deposit, { digits: 4, symbol });
  const isApproved = (await allowanceOf(reader, account)) >= deposit;
  const approval = isApproved
    ? undefined
    : await signApproval(reader, account, deposit, order.deadline, onStep);
  onStep?.(`Signing the deposit of ${amount}`);
  const depositing = { ...order, amount: deposit };
  const request = orderTypedData(domain, 'Deposit', depositing);
  const signature = await account.signTypedData(request, `deposit ${amount}`);
  return { kind: 'deposit', order: depositing, signature, ...(approval === undefined ? {} : { approval }) };
}

async function signApproval(
  reader: PoolReader,
  account: WalletAccount,
  value: bigint,
  deadline: number,
  onStep: TransactOptions['onStep'],
): Promise<SignedApproval> {
  const abilities = await tokenAbilities(reader);
  const kind = APPROVALS.find((one) => abilities[one] !== undefined);
  const nonce = kind && (await readApprovalNonce(reader, kind, account.address));
  if (kind === undefined || nonce === undefined) {
    throw new KilnError('wallet/no-approval-by-signature', 'This token cannot be approved by signature.', {
      data: { token: reader.config.token },
      hint: 'Put some of the chain’s native coin on this account and approve the pool by a transaction.',
    });
  }
  const amount = formatGlm(value, { digits: 4, symbol: reader.config.tokenSymbol });
  onStep?.(`Signing the approval of ${amount}`);
  const { address: owner } = account;
  const approval: Approval = { kind, owner, spender: reader.config.pool, value, nonce, deadline };
  const request = approvalTypedData(abilities[kind]!, approval);
  return { ...approval, signature: await account.signTypedData(request, `approve ${amount} for the pool`) };
}

/** The order is done when its nonce is used: only its own signature could use it. */
async function assertCarriedOut(
  reader: PoolReader,
  { order }: SignedFunding,
  transaction: Hex,
  signal: AbortSignal | undefined,
): Promise<void> {
  const isDone = async () => (await poolNonce(reader, { address: order.payer })) > order.nonce;
  try {
    await receiptOf(reader, transaction, 'fund the session', signal);
  } catch (thrown) {
    // A relay may have sent another transaction instead, such as one with a higher fee.
    if (hasCode(thrown, 'base/aborted') || !(await isDone())) throw thrown;
    return;
  }
  if (await isDone()) return;
  throw new KilnError('wallet/order-not-carried-out', 'What was signed has not been carried out.', {
    data: { transaction, deadline: order.deadline },
    hint: 'Use another relay, or fund the session by a transaction; the old order dies at its deadline.',
  });
}

function poolNonce(reader: PoolReader, { address }: Pick<WalletAccount, 'address'>): Promise<bigint> {
  return reader.client.readContract({
    address: reader.config.pool,
    abi: POOL_ABI,
    functionName: 'nonces',
    args: [address],
  });
}
