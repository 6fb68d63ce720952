import type { Secp256k1 } from '@bitauth/libauth';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { type Bytes, concat, fromHex, toHex } from '../../base/bytes.ts';
import { KilnError } from '../../base/errors.ts';
import type { Address } from '../../protocol/primitives.ts';
import type { SignedVoucher } from '../../protocol/work.ts';
import { type PoolDomain, typedDigest, typeHash } from './typed-data.ts';

/** Which contract on which chain a voucher is good for. */
export type VoucherDomain = PoolDomain;

/** A cumulative promise: `amount` to this payee so far, `issued` to everybody so far, in the token's smallest unit. */
export type Voucher = Omit<SignedVoucher, 'signature'>;

/** A secp256k1 private key in hex. */
export type PrivateKey = `0x${string}`;

const VOUCHER_TYPE = typeHash('Voucher(address payer,address payee,uint128 amount,uint128 issued)');
/** r and s, 32 bytes each; `v` follows. */
const COMPACT_BYTES = 64;
const SIGNATURE_BYTES = COMPACT_BYTES + 1;
/** `v` is the recovery id plus this (EIP-2, Yellow Paper). */
const FIRST_V = 27;
/** Half the order of secp256k1: the contract takes only the lower of the two equivalent `s` (EIP-2). */
const MAX_S = fromHex('7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0');

let curve: Promise<Secp256k1> | undefined;

/** Lower-case, so that a wrong checksum in a stranger's message can neither throw nor differ. */
export function plainAddress(address: string): Address {
  return address.toLowerCase() as Address;
}

/** The 32-byte digest that is signed; equals the contract's `voucherDigest`. */
export function voucherDigest(domain: VoucherDomain, { payer, payee, amount, issued }: Voucher): Bytes {
  return typedDigest(domain, VOUCHER_TYPE, [payer, payee, amount, issued]);
}

/**
 * Signs a voucher with a session key: deterministic (RFC 6979), low `s`.
 *
 * @example
 * const signed = await signVoucher(terms, { payer, payee, amount: 10n, issued: 30n }, privateKey);
 */
export async function signVoucher(
  domain: VoucherDomain,
  { payer, payee, amount, issued }: Voucher,
  privateKey: PrivateKey,
): Promise<SignedVoucher> {
  const signature = await signDigest(voucherDigest(domain, { payer, payee, amount, issued }), privateKey);
  return { payer, payee, amount, issued, signature };
}

/** Signs what a session key signs besides vouchers by its digest; 65 bytes (r, s, v). Throws `payment/bad-key`. */
export async function signDigest(digest: Uint8Array, privateKey: PrivateKey): Promise<Bytes> {
  const { signMessageHashRecoverableCompact } = await secp256k1();
  const made = signMessageHashRecoverableCompact(fromHex(privateKey), digest);
  if (typeof made === 'string') {
    throw new KilnError('payment/bad-key', 'The session key is no secp256k1 key.', {
      hint: 'Submit the job again; it gets a new session key.',
    });
  }
  return concat([made.signature, new Uint8Array([FIRST_V + made.recoveryId])]);
}

/**
 * The address, in lower case, whose key signed this voucher for this chain and pool. Any change of any field gives
 * another address. Throws `payment/bad-signature` for what the contract would not take either: wrong length, high `s`,
 * `v` but 27 or 28.
 */
export async function recoverVoucherSigner(domain: VoucherDomain, voucher: SignedVoucher): Promise<Address> {
  const { signature } = voucher;
  const recoveryId = (signature[COMPACT_BYTES] ?? 0) - FIRST_V;
  const isPlain = signature.byteLength === SIGNATURE_BYTES && (recoveryId === 0 || recoveryId === 1);
  if (isPlain && isLow(signature.subarray(32, COMPACT_BYTES))) {
    const { recoverPublicKeyUncompressed } = await secp256k1();
    const compact = signature.slice(0, COMPACT_BYTES);
    const publicKey = recoverPublicKeyUncompressed(compact, recoveryId, voucherDigest(domain, voucher));
    // An address is the last 20 bytes of the hash of the public key, without the byte that tells its form.
    if (typeof publicKey !== 'string')
      return `0x${toHex(keccak_256(publicKey.subarray(1)).subarray(12))}` as Address;
  }
  throw new KilnError(
    'payment/bad-signature',
    'The voucher carries no signature that the contract would take.',
    {
      hint: 'Refuse it and its sender.',
    },
  );
}

function secp256k1(): Promise<Secp256k1> {
  return (curve ??= import('./secp256k1.ts').then((loaded) => loaded.secp256k1));
}

function isLow(s: Uint8Array): boolean {
  for (const [i, byte] of s.entries()) if (byte !== MAX_S[i]) return byte < MAX_S[i]!;
  return true;
}
