import { keccak_256 } from '@noble/hashes/sha3.js';
import type { Hex } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { type Bytes, fromHex, ownBytes, toHex, utf8 } from '../../base/bytes.ts';
import { KilnError } from '../../base/errors.ts';
import { type Address, isSameAddress } from '../../protocol/primitives.ts';
import { parseKeyFile, type ParsedKeyFile } from './key-file-format.ts';
import { deriveInWorker, type DeriveKey } from './scrypt-thread.ts';
import type { ScryptCost } from './scrypt.worker.ts';

/** ethers' and MetaMask's cost: 128 MiB and about a second; geth's own default is twice that. */
const EXPORT_COST: ScryptCost = { n: 2 ** 17, r: 8, p: 1, bytes: 32 };
const SALT_BYTES = 32;
/** The counter block of AES-128-CTR. */
const IV_BYTES = 16;

/** Options of {@link sealKeyFile} and {@link openKeyFile}. */
export interface KeyFileOptions {
  readonly signal?: AbortSignal;
  /** Called with the share that is done, between 0 and 1. */
  readonly onProgress?: (done: number) => void;
  /** @default scrypt in a worker */
  readonly derive?: DeriveKey;
}

/** A keystore file, to be kept by its owner. */
export interface KeyFile {
  readonly name: string;
  readonly text: string;
}

/**
 * A private key encrypted under a passphrase, as Web3 Secret Storage version 3 with scrypt: geth, MetaMask and ethers
 * read it (https://ethereum.org/developers/docs/data-structures-and-encoding/web3-secret-storage).
 *
 * @example
 * const { name, text } = await sealKeyFile(await wallet.exportKey(), passphrase, nowMs, { onProgress });
 */
export async function sealKeyFile(
  privateKey: Hex,
  passphrase: string,
  nowMs: number,
  options: KeyFileOptions = {},
): Promise<KeyFile> {
  const { derive = deriveInWorker, ...rest } = options;
  const { address } = privateKeyToAccount(privateKey);
  const salt = crypto.getRandomValues(new Uint8Array(SALT_BYTES));
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const derived = await derive(utf8(passphrase.normalize('NFKC')), salt, EXPORT_COST, rest);
  const ciphertext = await aesCtr('encrypt', derived, iv, fromHex(privateKey));
  const { n, r, p, bytes } = EXPORT_COST;
  const plainAddress = address.slice(2).toLowerCase();
  const content = {
    version: 3,
    id: crypto.randomUUID(),
    address: plainAddress,
    crypto: {
      cipher: 'aes-128-ctr',
      cipherparams: { iv: toHex(iv) },
      ciphertext: toHex(ciphertext),
      kdf: 'scrypt',
      kdfparams: { n, r, p, dklen: bytes, salt: toHex(salt) },
      mac: toHex(macOf(derived, ciphertext)),
    },
  };
  const moment = new Date(nowMs).toISOString().replaceAll(':', '-');
  return { name: `UTC--${moment}--${plainAddress}.json`, text: `${JSON.stringify(content, null, 2)}\n` };
}

/**
 * The private key in a keystore file. Throws `wallet/wrong-passphrase`, `wallet/bad-key-file` and
 * `wallet/scrypt-failed`.
 */
export async function openKeyFile(
  text: string,
  passphrase: string,
  options: KeyFileOptions = {},
): Promise<Hex> {
  const file = parseKeyFile(text);
  // geth takes the passphrase as typed, ethers in its normal form; most passphrases are the same in both.
  for (const form of new Set([passphrase.normalize('NFKC'), passphrase])) {
    const derived = await deriveFor(file, utf8(form), options);
    if (toHex(macOf(derived, file.ciphertext)) !== file.mac) continue;
    return keyOf(await aesCtr('decrypt', derived, file.iv, file.ciphertext), file.address);
  }
  throw new KilnError('wallet/wrong-passphrase', 'The passphrase does not open this file.', {
    hint: 'Type the passphrase that this file was exported with; capitals and spaces count.',
  });
}

async function deriveFor(
  { kdf }: ParsedKeyFile,
  passphrase: Bytes,
  { derive = deriveInWorker, ...rest }: KeyFileOptions,
): Promise<Bytes> {
  if (kdf.kind === 'scrypt') return derive(passphrase, kdf.salt, kdf.cost, rest);
  const material = await crypto.subtle.importKey('raw', passphrase, 'PBKDF2', false, ['deriveBits']);
  const algorithm = { name: 'PBKDF2', hash: 'SHA-256', salt: kdf.salt, iterations: kdf.iterations };
  return new Uint8Array(await crypto.subtle.deriveBits(algorithm, material, kdf.bytes * 8));
}

/** The first half of the derived key encrypts, the second authenticates. */
function macOf(derived: Bytes, ciphertext: Bytes): Bytes {
  const input = new Uint8Array(16 + ciphertext.length);
  input.set(derived.subarray(16, 32));
  input.set(ciphertext, 16);
  return ownBytes(keccak_256(input));
}

async function aesCtr(way: 'encrypt' | 'decrypt', derived: Bytes, iv: Bytes, data: Bytes): Promise<Bytes> {
  const key = await crypto.subtle.importKey('raw', derived.slice(0, 16), 'AES-CTR', false, [way]);
  return new Uint8Array(await crypto.subtle[way]({ name: 'AES-CTR', counter: iv, length: 128 }, key, data));
}

function keyOf(plain: Bytes, address: string | undefined): Hex {
  const key: Hex = `0x${toHex(plain)}`;
  let owner: Address | undefined;
  try {
    owner = privateKeyToAccount(key).address;
  } catch {
    // Not a number that can be a key: told below.
  }
  if (owner !== undefined && (address === undefined || isSameAddress(owner, address))) return key;
  throw new KilnError('wallet/bad-key-file', 'What this file holds is not the key of the account it names.', {
    hint: 'Use another copy of the file.',
  });
}
