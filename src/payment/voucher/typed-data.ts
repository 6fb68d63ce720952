import { keccak_256 } from '@noble/hashes/sha3.js';
import { type Bytes, fromHex, ownBytes, utf8 } from '../../base/bytes.ts';
import type { PaymentTerms } from '../../protocol/payment-terms.ts';

/*
 * EIP-712 digests of the pool's own types, by hand: all their fields are one 32-byte word each, so a struct is encoded
 * by writing its words one after the other. A general encoder spends ten times longer on finding that out.
 */

/** Which contract on which chain a signature is good for. */
export type PoolDomain = Pick<PaymentTerms, 'chainId' | 'pool'>;

/** One field: an address or 32 bytes as `0x…`, or an unsigned integer. */
export type Word = string | bigint;

/** The pool's name in its EIP-712 domain. */
export const POOL_DOMAIN_NAME = 'GLM Voucher Pool';
/** The pool's version in its EIP-712 domain. */
export const POOL_DOMAIN_VERSION = '1';

const WORD_BYTES = 32;
const PREFIX = [0x19, 0x01] as const;
/** Domains seen lately; a tab works with one or two. */
const MAX_DOMAINS = 16;

const DOMAIN_TYPE = typeHash(
  'EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)',
);
const POOL_NAME = keccak_256(utf8(POOL_DOMAIN_NAME));
const POOL_VERSION = keccak_256(utf8(POOL_DOMAIN_VERSION));

const separators = new Map<string, Uint8Array>();

/** Keccak-256 of a struct's type, e.g. `Voucher(address payer,…)` (EIP-712, hashStruct). */
export function typeHash(type: string): Uint8Array {
  return keccak_256(utf8(type));
}

/**
 * The 32-byte digest that is signed: keccak256(0x1901 ‖ domain separator ‖ hashStruct) (EIP-712).
 *
 * @example
 * typedDigest({ chainId: 137, pool }, VOUCHER_TYPE, [payer, payee, 10n, 30n]);
 */
export function typedDigest(domain: PoolDomain, type: Uint8Array, words: readonly Word[]): Bytes {
  const message = new Uint8Array(PREFIX.length + 2 * WORD_BYTES);
  message.set(PREFIX);
  message.set(domainSeparator(domain), PREFIX.length);
  message.set(hashStruct(type, words), PREFIX.length + WORD_BYTES);
  return ownBytes(keccak_256(message));
}

/** The pool's domain separator on a chain; equals the contract's `domainSeparator()`. */
export function domainSeparator({ chainId, pool }: PoolDomain): Uint8Array {
  const key = `${chainId}/${pool}`;
  const known = separators.get(key);
  if (known !== undefined) return known;
  if (separators.size >= MAX_DOMAINS) separators.clear();
  const encoded = new Uint8Array(5 * WORD_BYTES);
  encoded.set(DOMAIN_TYPE);
  encoded.set(POOL_NAME, WORD_BYTES);
  encoded.set(POOL_VERSION, 2 * WORD_BYTES);
  writeWord(encoded, 3 * WORD_BYTES, BigInt(chainId));
  writeWord(encoded, 4 * WORD_BYTES, pool);
  const separator = keccak_256(encoded);
  separators.set(key, separator);
  return separator;
}

function hashStruct(type: Uint8Array, words: readonly Word[]): Uint8Array {
  const encoded = new Uint8Array((words.length + 1) * WORD_BYTES);
  encoded.set(type);
  words.forEach((word, i) => writeWord(encoded, (i + 1) * WORD_BYTES, word));
  return keccak_256(encoded);
}

function writeWord(encoded: Uint8Array, at: number, word: Word): void {
  if (typeof word === 'string') {
    const bytes = fromHex(word);
    encoded.set(bytes, at + WORD_BYTES - bytes.length);
    return;
  }
  const view = new DataView(encoded.buffer, at, WORD_BYTES);
  for (let offset = WORD_BYTES - 8, left = word; left > 0n; offset -= 8, left >>= 64n)
    view.setBigUint64(offset, left & 0xffff_ffff_ffff_ffffn);
}
