import { type Hex, hashTypedData, recoverAddress } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { fromHex, toHex } from '../base/bytes.ts';
import { KilnError } from '../base/errors.ts';
import type { PaymentTerms } from '../protocol/announce.ts';
import type { Address } from '../protocol/primitives.ts';
import type { SignedVoucher } from '../protocol/work.ts';

/** Which contract on which chain a voucher is good for. */
export type VoucherDomain = Pick<PaymentTerms, 'chainId' | 'pool'>;

/** A cumulative promise: `amount` to this payee so far, `issued` to everybody so far, in the token's smallest unit. */
export type Voucher = Omit<SignedVoucher, 'signature'>;

/** EIP-712 types of a voucher, as the contract has them (design: payments). */
const VOUCHER_TYPES = {
  Voucher: [
    { name: 'payer', type: 'address' },
    { name: 'payee', type: 'address' },
    { name: 'amount', type: 'uint128' },
    { name: 'issued', type: 'uint128' },
  ],
} as const;

/** Half the order of secp256k1: the contract takes only the lower of the two equivalent `s` (EIP-2). */
const MAX_S = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n;

/** Lower-case, so that a wrong checksum in a stranger's message can neither throw nor differ. */
export function plainAddress(address: string): Address {
  return address.toLowerCase() as Address;
}

/** The same account, whatever the case of the letters. */
export function isSameAddress(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/** The typed data that a session key signs; also what an injected wallet would be shown. */
export function voucherTypedData(domain: VoucherDomain, voucher: Voucher) {
  return {
    domain: {
      name: 'GLM Voucher Pool',
      version: '1',
      chainId: domain.chainId,
      verifyingContract: plainAddress(domain.pool),
    },
    types: VOUCHER_TYPES,
    primaryType: 'Voucher',
    message: {
      payer: plainAddress(voucher.payer),
      payee: plainAddress(voucher.payee),
      amount: voucher.amount,
      issued: voucher.issued,
    },
  } as const;
}

/** The 32-byte digest that is signed; equals the contract's `voucherDigest`. */
export function voucherDigest(domain: VoucherDomain, voucher: Voucher): Hex {
  return hashTypedData(voucherTypedData(domain, voucher));
}

/**
 * Signs a voucher with a session key.
 *
 * @example
 * const signed = await signVoucher(terms, { payer, payee, amount: 10n, issued: 30n }, privateKey);
 */
export async function signVoucher(
  domain: VoucherDomain,
  voucher: Voucher,
  privateKey: Hex,
): Promise<SignedVoucher> {
  const { payer, payee, amount, issued } = voucher;
  const signature = await privateKeyToAccount(privateKey).signTypedData(voucherTypedData(domain, voucher));
  return { payer, payee, amount, issued, signature: fromHex(signature) };
}

/**
 * The address whose key signed this voucher for this chain and pool. Any change of any field gives another address.
 * Throws `payment/bad-signature` for what the contract would not take either: wrong length, high `s`, `v` but 27 or 28.
 */
export async function recoverVoucherSigner(domain: VoucherDomain, voucher: SignedVoucher): Promise<Address> {
  const { signature } = voucher;
  const v = signature[64];
  if (signature.byteLength === 65 && (v === 27 || v === 28)) {
    const s = BigInt(`0x${toHex(signature.subarray(32, 64))}`);
    if (s <= MAX_S) {
      try {
        const hash = voucherDigest(domain, voucher);
        return await recoverAddress({ hash, signature: `0x${toHex(signature)}` });
      } catch {
        // falls through to the one error below
      }
    }
  }
  throw new KilnError(
    'payment/bad-signature',
    'The voucher carries no signature that the contract would take.',
    {
      hint: 'Refuse it and its sender.',
    },
  );
}
