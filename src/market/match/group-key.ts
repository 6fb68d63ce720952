import { sha256 } from '@noble/hashes/sha2.js';
import { type Bytes, concat, fromHex, toHex, utf8 } from '../../base/bytes.ts';
import { KilnError } from '../../base/errors.ts';

/** A key is passed on by people, so its text says what it is. */
const PREFIX = 'kiln-group-';
const KEY_BYTES = 32;
/** A mistyped character goes unnoticed once in four thousand million times. */
const CHECKSUM_BYTES = 4;
const ID_BYTES = 16;
const TEXT = new RegExp(`^${PREFIX}[0-9a-f]{${2 * (KEY_BYTES + CHECKSUM_BYTES)}}$`);

/** The shared key of a private group: whoever has it is a member. Never to be shown, logged or sent. */
export interface GroupKey {
  /** Public name of the group, 32 hexadecimal digits. */
  readonly id: string;
  readonly secret: Bytes;
}

/**
 * The text of a new group's key, made of 32 random bytes.
 *
 * @example
 * const key = newGroupKey(crypto.getRandomValues(new Uint8Array(32)));
 */
export function newGroupKey(random: Uint8Array): string {
  if (random.byteLength !== KEY_BYTES) throw new RangeError('a group key is made of 32 random bytes');
  return PREFIX + toHex(concat([random, checksum(random)]));
}

/** The key that a text holds; spaces around it do not matter. Throws `market/bad-group-key`, without the text. */
export function parseGroupKey(text: string): GroupKey {
  const trimmed = text.trim();
  if (TEXT.test(trimmed)) {
    const bytes = fromHex(trimmed.slice(PREFIX.length));
    const secret = bytes.slice(0, KEY_BYTES);
    if (toHex(checksum(secret)) === toHex(bytes.subarray(KEY_BYTES))) return { id: idOf(secret), secret };
  }
  throw new KilnError('market/bad-group-key', 'This is not the key of a private group.', {
    hint: `Copy it whole: it begins with ${PREFIX} and has 72 more characters.`,
  });
}

function idOf(secret: Uint8Array): string {
  return toHex(sha256(concat([utf8('kiln/group-id/1'), secret]))).slice(0, 2 * ID_BYTES);
}

function checksum(secret: Uint8Array): Uint8Array {
  return sha256(concat([utf8('kiln/group-key/1'), secret])).subarray(0, CHECKSUM_BYTES);
}
