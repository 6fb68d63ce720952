import 'reflect-metadata';
import { createHash, webcrypto } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import type { TransportCertificate } from '@libp2p/webrtc';
import { BasicConstraintsExtension, X509CertificateGenerator } from '@peculiar/x509';
import { base64url } from 'multiformats/bases/base64';
import * as v from 'valibot';
import { concat, fromHex, toHex } from '../src/base/bytes.ts';
import { KilnError } from '../src/base/errors.ts';
import { newIdentitySeed } from '../src/protocol/identity.ts';

/** A relay's identity and its WebRTC certificate; both are part of its addresses. */
export interface RelayKeys {
  /** 32 bytes, Ed25519. */
  readonly seed: Uint8Array;
  readonly certificate: TransportCertificate;
}

/** Browsers check the certificate's fingerprint only; it may live as long as the relay's address. */
const CERTIFICATE_YEARS = 20;
/** multihash: sha2-256, 32 bytes. */
const SHA2_256 = Uint8Array.of(0x12, 0x20);

const fileSchema = v.strictObject({
  seed: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  certificate: v.strictObject({ privateKey: v.string(), pem: v.string(), certhash: v.string() }),
});

/** New keys that nobody knows yet. */
export async function newRelayKeys(): Promise<RelayKeys> {
  return { seed: newIdentitySeed(), certificate: await newCertificate() };
}

/** Keys of a file; makes the file (readable by its owner alone) when there is none. Throws `relay/bad-key-file`. */
export async function loadRelayKeys(path: string): Promise<RelayKeys> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw badFile(path, cause);
    return storeKeys(path, await newRelayKeys());
  }
  try {
    const { seed, certificate } = v.parse(fileSchema, JSON.parse(text));
    return { seed: fromHex(seed), certificate };
  } catch (cause) {
    throw badFile(path, cause);
  }
}

async function storeKeys(path: string, keys: RelayKeys): Promise<RelayKeys> {
  const text = JSON.stringify({ seed: toHex(keys.seed), certificate: keys.certificate }, null, 2);
  try {
    await writeFile(`${path}.new`, `${text}\n`, { mode: 0o600 });
    await rename(`${path}.new`, path);
  } catch (cause) {
    throw badFile(path, cause);
  }
  return keys;
}

async function newCertificate(): Promise<TransportCertificate> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = (await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as CryptoKeyPair;
  const notBefore = new Date(Math.floor(Date.now() / 86_400_000) * 86_400_000);
  const notAfter = new Date(notBefore);
  notAfter.setFullYear(notBefore.getFullYear() + CERTIFICATE_YEARS);
  const certificate = await X509CertificateGenerator.createSelfSigned(
    {
      name: 'CN=kiln-relay',
      notBefore,
      notAfter,
      keys,
      signingAlgorithm: algorithm,
      extensions: [new BasicConstraintsExtension(false, undefined, true)],
    },
    webcrypto as Crypto,
  );
  const privateKey = new Uint8Array(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  const digest = createHash('sha256').update(new Uint8Array(certificate.rawData)).digest();
  return {
    privateKey: pem('PRIVATE KEY', privateKey),
    pem: certificate.toString('pem'),
    certhash: base64url.encode(concat([SHA2_256, digest])),
  };
}

function pem(label: string, bytes: Uint8Array): string {
  const lines =
    Buffer.from(bytes)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}

function badFile(path: string, cause: unknown): KilnError {
  return new KilnError('relay/bad-key-file', 'The key file cannot be used.', {
    data: { path, why: cause instanceof Error ? cause.message.slice(0, 200) : '' },
    hint: 'Name a file that this process may read and write; delete a damaged one to get new keys (and new addresses).',
    cause,
  });
}
