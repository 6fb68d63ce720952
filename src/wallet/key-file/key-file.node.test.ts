import { scrypt } from '@noble/hashes/scrypt.js';
import { decryptKeystoreJson, encryptKeystoreJson } from 'ethers';
import { describe, expect, it } from 'vitest';
import { ownBytes } from '../../base/bytes.ts';
import { hasCode } from '../../base/errors.ts';
import { openKeyFile, sealKeyFile } from './key-file.ts';
import type { DeriveKey } from './scrypt-thread.ts';

const KEY = `0x${'4c'.repeat(32)}` as const;
/** As the worker derives it, on this thread. */
const derive: DeriveKey = async (passphrase, salt, { n, r, p, bytes }) =>
  ownBytes(scrypt(passphrase, salt, { N: n, r, p, dkLen: bytes }));

/** The test vector of the Web3 Secret Storage definition, by PBKDF2 and by scrypt. */
const VECTOR_KEY = '0x7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d';
const PBKDF2_VECTOR = {
  crypto: {
    cipher: 'aes-128-ctr',
    cipherparams: { iv: '6087dab2f9fdbbfaddc31a909735c1e6' },
    ciphertext: '5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46',
    kdf: 'pbkdf2',
    kdfparams: {
      c: 262_144,
      dklen: 32,
      prf: 'hmac-sha256',
      salt: 'ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd',
    },
    mac: '517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2',
  },
  id: '3198bc9c-6672-5ab3-d995-4942343ae5b6',
  version: 3,
};
const SCRYPT_VECTOR = {
  crypto: {
    cipher: 'aes-128-ctr',
    cipherparams: { iv: '83dbcc02d8ccb40e466191a123791e0e' },
    ciphertext: 'd172bf743a674da9cdad04534d56926ef8358534d458fffccd4e6ad2fbde479c',
    kdf: 'scrypt',
    kdfparams: {
      dklen: 32,
      n: 262_144,
      p: 8,
      r: 1,
      salt: 'ab0c7876052600dd703518d6fc3fe8984592145b591fc8fb5c6d43190334ba19',
    },
    mac: '2103ac29920d71da29f15d75b4a16dbe95cfd7ff8faea1056c33131d846e3097',
  },
  id: '3198bc9c-6672-5ab3-d995-4942343ae5b6',
  version: 3,
};

describe('a keystore file', () => {
  it('opens the vectors of the standard', async () => {
    for (const vector of [PBKDF2_VECTOR, SCRYPT_VECTOR])
      expect(await openKeyFile(JSON.stringify(vector), 'testpassword', { derive })).toBe(VECTOR_KEY);
  });

  it('is read by ethers, and reads what ethers wrote', async () => {
    const { name, text } = await sealKeyFile(KEY, 'correct horse ﬁt', 0, { derive });
    const { address, privateKey } = await decryptKeystoreJson(text, 'correct horse ﬁt');
    expect(privateKey).toBe(KEY);
    expect(name).toBe(`UTC--1970-01-01T00-00-00.000Z--${address.slice(2).toLowerCase()}.json`);

    const theirs = await encryptKeystoreJson({ address, privateKey }, 'e\u0301tude', {
      scrypt: { N: 2 ** 12, r: 8, p: 1 },
    });
    expect(await openKeyFile(theirs, 'étude', { derive })).toBe(KEY);
  }, 60_000);

  it('names a wrong passphrase', async () => {
    const opening = openKeyFile(JSON.stringify(PBKDF2_VECTOR), 'testpassworD', { derive });
    await expect(opening).rejects.toSatisfy((e) => hasCode(e, 'wallet/wrong-passphrase'));
  });

  it('names a key that is not of the account named', async () => {
    const text = JSON.stringify({ ...PBKDF2_VECTOR, address: '11'.repeat(20) });
    const opening = openKeyFile(text, 'testpassword', { derive });
    await expect(opening).rejects.toSatisfy((e) => hasCode(e, 'wallet/bad-key-file'));
  });

  const changed = (path: string, value: unknown): string => {
    const copy = structuredClone(SCRYPT_VECTOR) as Record<string, unknown>;
    const steps = path.split('.');
    let at = copy;
    for (const step of steps.slice(0, -1)) at = at[step] as Record<string, unknown>;
    at[steps.at(-1)!] = value;
    return JSON.stringify(copy);
  };
  it.each([
    ['no JSON', 'hello'],
    ['null', 'null'],
    ['too large', ' '.repeat(9_000)],
    ['another version', changed('version', 1)],
    ['another cipher', changed('crypto.cipher', 'aes-256-gcm')],
    ['another kdf', changed('crypto.kdf', 'argon2')],
    ['a short ciphertext', changed('crypto.ciphertext', 'd172')],
    ['a mac that is no hexadecimal', changed('crypto.mac', 'xy'.repeat(32))],
    ['n that is no power of two', changed('crypto.kdfparams.n', 262_145)],
    ['more memory than there is', changed('crypto.kdfparams', { ...SCRYPT_VECTOR.crypto.kdfparams, r: 32 })],
    ['endless work', changed('crypto.kdfparams.p', 1_000_000)],
    ['a short derived key', changed('crypto.kdfparams.dklen', 16)],
    ['an endless salt', changed('crypto.kdfparams.salt', 'ab'.repeat(65))],
  ])('refuses %s before any work', async (_name, text) => {
    const never: DeriveKey = () => Promise.reject(new Error('derived'));
    await expect(openKeyFile(text, 'x', { derive: never })).rejects.toSatisfy((e) =>
      hasCode(e, 'wallet/bad-key-file'),
    );
  });
});
