import { readFile, stat } from 'node:fs/promises';
import { decryptKeystoreJson } from 'ethers';
import type { Hex } from 'viem';
import { KilnError } from '../../src/base/errors.ts';

/** Variable of the environment that holds the private key. */
const KEY_VARIABLE = 'KILN_DEPLOYER_KEY';
/** Variable of the environment that opens the keystore file. */
const PASSPHRASE_VARIABLE = 'KILN_KEYSTORE_PASSPHRASE';
/** A keystore file has about 500 bytes. */
const MAX_KEYSTORE_BYTES = 65_536;
/** Order of secp256k1: a private key is below it. */
const CURVE_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/**
 * The key that pays for a deployment: from an encrypted keystore file (Web3 Secret Storage, version 3) or from the
 * environment. Never from an argument, which every process can see. Undefined when neither is given.
 *
 * Throws `deploy/bad-key`, `deploy/no-passphrase` or `deploy/bad-keystore`; no error holds any part of a key.
 */
export async function readDeployerKey(
  keystoreFile: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Hex | undefined> {
  if (keystoreFile !== undefined) return keyOf(keystoreFile, environment[PASSPHRASE_VARIABLE]);
  const text = environment[KEY_VARIABLE]?.trim();
  if (text === undefined || text === '') return undefined;
  const digits = text.startsWith('0x') ? text.slice(2) : text;
  if (/^[0-9a-f]{64}$/i.test(digits)) {
    const number = BigInt(`0x${digits}`);
    if (number > 0n && number < CURVE_ORDER) return `0x${digits}`;
  }
  throw new KilnError('deploy/bad-key', `${KEY_VARIABLE} holds no private key.`, {
    hint: 'Give it 64 hexadecimal digits.',
  });
}

async function keyOf(file: string, passphrase: string | undefined): Promise<Hex> {
  if (passphrase === undefined) {
    throw new KilnError('deploy/no-passphrase', 'The keystore file needs its passphrase.', {
      hint: `Set ${PASSPHRASE_VARIABLE} in the environment.`,
    });
  }
  try {
    if ((await stat(file)).size > MAX_KEYSTORE_BYTES) throw new RangeError('too large');
    const { privateKey } = await decryptKeystoreJson(await readFile(file, 'utf8'), passphrase);
    return privateKey as Hex;
  } catch {
    // Without its cause, which may hold what was decrypted.
    throw new KilnError('deploy/bad-keystore', 'The keystore file cannot be opened.', {
      data: { file },
      hint: 'Name an existing keystore file of version 3 and its own passphrase.',
    });
  }
}
