import { type Abi, encodeFunctionData, type Hex, type TypedDataDomain } from 'viem';
import { KilnError } from '../../base/errors.ts';
import type { Address } from '../../protocol/primitives.ts';
import type { TypedDataRequest } from '../account/account.ts';
import { TOKEN_ABI } from '../chain/chain.ts';
import { DAI_PERMIT_ABI, META_TRANSACTION_ABI, PERMIT_ABI } from './token-abi.ts';
import type { TypedCall } from '../chain/transact.ts';

/** How a token lets its holder approve by signature. */
export type ApprovalKind = 'dai-permit' | 'permit' | 'meta-transaction';

/** An approval before it is signed. */
export interface Approval {
  readonly kind: ApprovalKind;
  readonly owner: Address;
  readonly spender: Address;
  /** Tokens; DAI's permit knows only "all" and ignores it. */
  readonly value: bigint;
  /** The token's own next nonce of the owner. */
  readonly nonce: bigint;
  /** Unix seconds; a meta-transaction has none and stays good until its nonce is used. */
  readonly deadline: number;
}

/** An approval that anyone may send to the token. */
export interface SignedApproval extends Approval {
  /** 65 bytes: r, s, v. */
  readonly signature: Hex;
}

const SIGNATURE_CHARS = 2 + 2 * 65;

/** An approval as a wallet signs it, in the token's own EIP-712 domain. */
export function approvalTypedData(domain: TypedDataDomain, approval: Approval): TypedDataRequest {
  const { owner, spender, value, nonce, deadline } = approval;
  switch (approval.kind) {
    case 'dai-permit':
      return request(domain, 'Permit', [
        ['holder', 'address', owner],
        ['spender', 'address', spender],
        ['nonce', 'uint256', nonce],
        ['expiry', 'uint256', BigInt(deadline)],
        ['allowed', 'bool', true],
      ]);
    case 'permit':
      return request(domain, 'Permit', [
        ['owner', 'address', owner],
        ['spender', 'address', spender],
        ['value', 'uint256', value],
        ['nonce', 'uint256', nonce],
        ['deadline', 'uint256', BigInt(deadline)],
      ]);
    case 'meta-transaction':
      return request(domain, 'MetaTransaction', [
        ['nonce', 'uint256', nonce],
        ['from', 'address', owner],
        ['functionSignature', 'bytes', approveCall(approval)],
      ]);
  }
}

/** The call of the token that carries a signed approval out; anyone may send it. Throws `wallet/bad-signature`. */
export function approvalCall(token: Address, approval: SignedApproval): TypedCall<Abi, string> {
  const { owner, spender, value, nonce } = approval;
  const { r, s, v } = splitSignature(approval.signature);
  const deadline = BigInt(approval.deadline);
  const call = (abi: Abi, functionName: string, args: readonly unknown[]) => ({
    address: token,
    abi,
    functionName,
    args,
    action: 'approve the pool',
  });
  switch (approval.kind) {
    case 'dai-permit':
      return call(DAI_PERMIT_ABI, 'permit', [owner, spender, nonce, deadline, true, v, r, s]);
    case 'permit':
      return call(PERMIT_ABI, 'permit', [owner, spender, value, deadline, v, r, s]);
    case 'meta-transaction':
      return call(META_TRANSACTION_ABI, 'executeMetaTransaction', [owner, approveCall(approval), r, s, v]);
  }
}

/** r, s and v of a plain signature, v as 27 or 28; throws `wallet/bad-signature` for what tokens do not take. */
export function splitSignature(signature: Hex): { readonly r: Hex; readonly s: Hex; readonly v: number } {
  const last = Number.parseInt(signature.slice(-2), 16);
  const v = last < 27 ? last + 27 : last;
  if (signature.length === SIGNATURE_CHARS && (v === 27 || v === 28))
    return { r: signature.slice(0, 66) as Hex, s: `0x${signature.slice(66, 130)}`, v };
  throw new KilnError('wallet/bad-signature', 'The token takes signatures of plain accounts only.', {
    hint: 'Approve the pool by a transaction of this account instead.',
  });
}

function approveCall({ spender, value }: Approval): Hex {
  return encodeFunctionData({ abi: TOKEN_ABI, functionName: 'approve', args: [spender, value] });
}

function request(
  domain: TypedDataDomain,
  primaryType: string,
  fields: readonly (readonly [name: string, type: string, value: unknown])[],
): TypedDataRequest {
  return {
    domain,
    types: { [primaryType]: fields.map(([name, type]) => ({ name, type })) },
    primaryType,
    message: Object.fromEntries(fields.map(([name, , value]) => [name, value])),
  };
}
