import { ed25519 } from '@noble/curves/ed25519.js';
import { base58btc } from 'multiformats/bases/base58';
import { type Bytes, concat, ownBytes } from '../base/bytes.ts';
import { KilnError } from '../base/errors.ts';

/** An Ed25519 peer id in base58, as libp2p writes it. */
export type PeerId = string;

/** multihash identity, 36 bytes; protobuf PublicKey {Type: Ed25519, Data: 32 bytes} (libp2p peer-ids spec). */
const PEER_ID_PREFIX = Uint8Array.of(0x00, 0x24, 0x08, 0x01, 0x12, 0x20);

/** A peer's signing half: the only form in which roles see the private key. */
export interface Identity {
  readonly peer: PeerId;
  readonly publicKey: Bytes;
  sign(message: Uint8Array): Bytes;
}

/** The identity of a 32-byte Ed25519 seed. */
export function identityFromSeed(seed: Uint8Array): Identity {
  const publicKey = ownBytes(ed25519.getPublicKey(seed));
  return {
    peer: peerIdOfPublicKey(publicKey),
    publicKey,
    sign: (message) => ownBytes(ed25519.sign(message, seed)),
  };
}

/** A new random 32-byte seed. */
export function newIdentitySeed(): Bytes {
  return crypto.getRandomValues(new Uint8Array(32));
}

/** The peer id of a 32-byte Ed25519 public key. */
export function peerIdOfPublicKey(publicKey: Uint8Array): PeerId {
  if (publicKey.byteLength !== 32) {
    throw new KilnError('identity/bad-key', 'An Ed25519 public key has 32 bytes.', {
      data: { bytes: publicKey.byteLength },
    });
  }
  return base58btc.encode(concat([PEER_ID_PREFIX, publicKey])).slice(1);
}

/** Is this the key's signature over exactly these bytes? Never throws. */
export function isSignedBy(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    return ed25519.verify(signature, message, publicKey, { zip215: false });
  } catch {
    return false;
  }
}
