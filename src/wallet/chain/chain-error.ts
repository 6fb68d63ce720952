import {
  BaseError,
  ContractFunctionRevertedError,
  HttpRequestError,
  InsufficientFundsError,
  TimeoutError,
  WaitForTransactionReceiptTimeoutError,
} from 'viem';
import { aborted, KilnError } from '../../base/errors.ts';

/** What the contracts' own errors mean to a person: code, message, hint. */
const REVERTS: Readonly<Record<string, readonly [code: string, message: string, hint: string]>> = {
  ERC20InsufficientBalance: [
    'wallet/not-enough-tokens',
    'The account does not hold enough GLM.',
    'Put more GLM on this account, or choose a smaller amount.',
  ],
  ERC20InsufficientAllowance: [
    'wallet/not-approved',
    'The pool may not take that much GLM from this account.',
    'Approve the amount in your wallet and try again.',
  ],
  DepositCeilingReached: [
    'wallet/deposit-ceiling',
    'The pool does not take a deposit that large.',
    'Deposit less, or withdraw first.',
  ],
  NotFree: [
    'wallet/not-enough-deposit',
    'That much of the deposit is not free.',
    'Choose at most what is deposited, neither thawing nor set aside for payees.',
  ],
  CapExceeded: [
    'wallet/cap-exceeded',
    'That is more than this session key may spend.',
    'Raise its cap, or set less aside.',
  ],
  StillLocked: [
    'wallet/still-locked',
    'What is set aside for a payee is not free yet.',
    'Wait until its time is over.',
  ],
  UntilOutOfRange: [
    'wallet/until-out-of-range',
    'Collateral lasts from now on, and no longer than its session key.',
    'Choose a time before the key expires, or prolong the key.',
  ],
  SignatureExpired: [
    'wallet/signature-expired',
    'What was signed came too late.',
    'Sign it again, and check this device’s clock.',
  ],
  InvalidAccountNonce: [
    'wallet/signature-used',
    'What was signed has been carried out already, or another order came before it.',
    'Sign it again.',
  ],
  BadSignature: [
    'wallet/bad-signature',
    'The contract does not take this signature.',
    'Sign again with the account that it is for.',
  ],
  NothingThawing: ['wallet/nothing-thawing', 'Nothing is thawing.', 'Start a withdrawal first.'],
  StillThawing: [
    'wallet/still-thawing',
    'The withdrawal is still thawing.',
    'Wait until the thaw has ended; payees may redeem meanwhile.',
  ],
  SignerExpired: [
    'wallet/key-expired',
    'This session key has expired and cannot come back.',
    'Start a new session with a new key.',
  ],
  SignerUnknown: ['wallet/key-unknown', 'This session key was never authorised.', 'Authorise it first.'],
  CapFell: ['wallet/cap-fell', 'The cap of a session key can only rise.', 'Choose a cap at least as high.'],
  ExpiryFell: ['wallet/expiry-fell', 'The end of a session key can only move later.', 'Choose a later end.'],
  ExpiryInPast: [
    'wallet/expiry-in-past',
    'The end of the session key has passed.',
    'Check this device’s clock.',
  ],
  FaucetEmpty: [
    'wallet/faucet-empty',
    'This account has had all the test GLM that it can get.',
    'Use another account.',
  ],
};

/** What GLM of Ethereum and of Polygon say in words, as tokens from before custom errors do. */
const OLD_REASONS: Readonly<Record<string, string>> = {
  'ERC20: transfer amount exceeds balance': 'ERC20InsufficientBalance',
  'ERC20: transfer amount exceeds allowance': 'ERC20InsufficientAllowance',
  'Signer and signature do not match': 'BadSignature',
  'Ngnt/invalid-permit': 'BadSignature',
  'Ngnt/invalid-nonce': 'InvalidAccountNonce',
  'Ngnt/permit-expired': 'SignatureExpired',
};
/** Longest reason of a contract that is shown: any contract writes what it likes. */
const MAX_REASON_CHARS = 200;

/** EIP-1193 and EIP-1474 codes of injected wallets. */
const USER_REJECTED = 4001;
const UNAUTHORISED = 4100;
const DISCONNECTED = 4900;
const CHAIN_DISCONNECTED = 4901;
const REQUEST_PENDING = -32002;

/**
 * Whatever viem, a node or a wallet threw, as a KilnError with a hint.
 *
 * @param action what was tried, as a person would say it: "redeem the vouchers"
 */
export function toChainError(thrown: unknown, action: string): KilnError {
  if (thrown instanceof KilnError) return thrown;
  if (thrown instanceof Error && thrown.name === 'AbortError') return aborted(thrown);
  const error = (code: string, message: string, hint: string) =>
    new KilnError(code, message, { hint, cause: thrown, data: { action, detail: shortText(thrown) } });

  const reverted = find(thrown, ContractFunctionRevertedError);
  const known = REVERTS[errorName(reverted)];
  if (known !== undefined) return error(...known);
  if (reverted !== undefined) {
    const why = (reverted.reason ?? reverted.data?.errorName ?? 'no reason given').slice(0, MAX_REASON_CHARS);
    return error(
      'wallet/refused-by-contract',
      `The contract refused to ${action}: ${why}.`,
      'Check the amounts and this account’s state.',
    );
  }

  const codes = rpcCodes(thrown);
  if (codes.includes(USER_REJECTED)) {
    return error(
      'wallet/user-rejected',
      `You declined to ${action}.`,
      'Try again and confirm in your wallet.',
    );
  }
  if (codes.includes(UNAUTHORISED)) {
    return error(
      'wallet/not-authorised',
      'The wallet does not let this page use the account.',
      'Connect it again.',
    );
  }
  if (codes.includes(DISCONNECTED)) {
    return error(
      'wallet/disconnected',
      'The wallet has no connection to any chain.',
      'Open your wallet, check its connection, and try again.',
    );
  }
  if (codes.includes(CHAIN_DISCONNECTED)) {
    return error(
      'wallet/wrong-chain',
      'The wallet is not connected to this chain.',
      'Switch its network and try again.',
    );
  }
  if (codes.includes(REQUEST_PENDING)) {
    return error(
      'wallet/request-pending',
      'The wallet still waits for an answer.',
      'Open your wallet and answer its question.',
    );
  }
  if (find(thrown, InsufficientFundsError) !== undefined) {
    return error(
      'wallet/no-gas',
      `The account has too little native coin to ${action}.`,
      'Put some of the chain’s native coin on it; it pays for gas.',
    );
  }
  if (find(thrown, WaitForTransactionReceiptTimeoutError) !== undefined) {
    return error(
      'wallet/still-pending',
      'The transaction was sent, but no block has taken it yet.',
      'Look it up in the explorer before sending it again.',
    );
  }
  if (find(thrown, HttpRequestError) !== undefined || find(thrown, TimeoutError) !== undefined) {
    return error(
      'wallet/chain-unreachable',
      'The chain’s node does not answer.',
      'Check the connection and try again.',
    );
  }
  return error('wallet/chain-error', `Could not ${action}: ${shortText(thrown)}`, 'Try again in a moment.');
}

function errorName(reverted: ContractFunctionRevertedError | undefined): string {
  return OLD_REASONS[reverted?.reason ?? ''] ?? reverted?.data?.errorName ?? '';
}

function find<E extends Error>(thrown: unknown, type: abstract new (...args: never[]) => E): E | undefined {
  if (thrown instanceof type) return thrown;
  if (!(thrown instanceof BaseError)) return undefined;
  const found = thrown.walk((cause) => cause instanceof type);
  return found instanceof type ? found : undefined;
}

/** The numeric `code`s along the chain of causes, outermost first. */
function rpcCodes(thrown: unknown): number[] {
  const codes: number[] = [];
  let at = thrown;
  for (let depth = 0; depth < 8 && typeof at === 'object' && at !== null; depth++) {
    if ('code' in at && typeof at.code === 'number') codes.push(at.code);
    at = 'cause' in at ? at.cause : undefined;
  }
  return codes;
}

function shortText(thrown: unknown): string {
  if (thrown instanceof BaseError) return thrown.shortMessage.slice(0, 200);
  if (typeof thrown === 'object' && thrown !== null && 'message' in thrown)
    return String(thrown.message).slice(0, 200);
  return String(thrown).slice(0, 200);
}
