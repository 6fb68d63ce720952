import * as v from 'valibot';
import { type Bytes, fromHex } from '../../base/bytes.ts';
import { KilnError } from '../../base/errors.ts';
import type { ScryptCost } from './scrypt.worker.ts';

/** A keystore file is half a kilobyte; more is something else. */
export const MAX_KEY_FILE_CHARS = 8_192;
/** Memory that a file may make us take: 512 MiB, twice geth's own default. */
const MAX_SCRYPT_BYTES = 512 * 2 ** 20;
const MAX_SCRYPT_P = 8;
/** Five times what OWASP asks of PBKDF2-SHA-256 today. */
const MAX_PBKDF2_ITERATIONS = 3_000_000;
/** Cipher and mac take 16 bytes each. */
const KEY_BYTES = 32;

const hex = (bytes: number, most = bytes) =>
  v.pipe(
    v.string(),
    v.regex(/^(0x)?([0-9a-f]{2})*$/i, 'not hexadecimal'),
    v.transform((text) => text.replace(/^0x/i, '').toLowerCase()),
    v.check((text) => text.length >= 2 * bytes && text.length <= 2 * most, 'of the wrong length'),
  );
const whole = (most: number) => v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(most));

const scryptSchema = v.object({
  n: v.pipe(
    whole(2 ** 22),
    v.check((n) => n > 1 && Number.isInteger(Math.log2(n)), 'not a power of two'),
  ),
  r: whole(64),
  p: whole(MAX_SCRYPT_P),
  dklen: v.literal(KEY_BYTES),
  salt: hex(8, 64),
});
const pbkdf2Schema = v.object({
  c: whole(MAX_PBKDF2_ITERATIONS),
  dklen: v.literal(KEY_BYTES),
  prf: v.literal('hmac-sha256'),
  salt: hex(8, 64),
});
const common = {
  cipher: v.literal('aes-128-ctr'),
  cipherparams: v.object({ iv: hex(16) }),
  ciphertext: hex(32),
  mac: hex(32),
};
const cryptoSchema = v.variant('kdf', [
  v.object({ ...common, kdf: v.literal('scrypt'), kdfparams: scryptSchema }),
  v.object({ ...common, kdf: v.literal('pbkdf2'), kdfparams: pbkdf2Schema }),
]);
const fileSchema = v.object({
  version: v.literal(3),
  address: v.optional(hex(20)),
  crypto: cryptoSchema,
});

/** A keystore file, decoded and within bounds. */
export interface ParsedKeyFile {
  /** Whose key it says to hold, with 0x; some wallets leave it out. */
  readonly address?: string;
  readonly iv: Bytes;
  readonly ciphertext: Bytes;
  /** Hexadecimal, lower case. */
  readonly mac: string;
  readonly kdf:
    | { readonly kind: 'scrypt'; readonly salt: Bytes; readonly cost: ScryptCost }
    | { readonly kind: 'pbkdf2'; readonly salt: Bytes; readonly iterations: number; readonly bytes: number };
}

/** Reads a keystore file; throws `wallet/bad-key-file` saying where it is wrong. */
export function parseKeyFile(text: string): ParsedKeyFile {
  const parsed = v.safeParse(fileSchema, readJson(text));
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw badFile(`It is wrong at ${v.getDotPath(issue) ?? 'its top'}: ${issue.message}.`);
  }
  const { address, crypto } = parsed.output;
  const rest = {
    ...(address === undefined ? {} : { address: `0x${address}` }),
    iv: fromHex(crypto.cipherparams.iv),
    ciphertext: fromHex(crypto.ciphertext),
    mac: crypto.mac,
  };
  if (crypto.kdf === 'pbkdf2') {
    const { c, dklen, salt } = crypto.kdfparams;
    return { ...rest, kdf: { kind: 'pbkdf2', salt: fromHex(salt), iterations: c, bytes: dklen } };
  }
  const { n, r, p, dklen, salt } = crypto.kdfparams;
  if (128 * n * r > MAX_SCRYPT_BYTES) throw badFile('Its scrypt parameters would take too much memory.');
  return { ...rest, kdf: { kind: 'scrypt', salt: fromHex(salt), cost: { n, r, p, bytes: dklen } } };
}

function readJson(text: string): unknown {
  if (text.length > MAX_KEY_FILE_CHARS) throw badFile('It is too large to be one.');
  try {
    // Old files write "Crypto"; the standard says "crypto".
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('Crypto' in value)) return value;
    return { ...value, crypto: value.Crypto };
  } catch {
    throw badFile('It is not JSON.');
  }
}

function badFile(why: string): KilnError {
  return new KilnError('wallet/bad-key-file', `This is not a keystore file. ${why}`, {
    hint: 'Choose the JSON file that the export saved: its name begins with UTC--.',
  });
}
