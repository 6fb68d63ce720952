import * as v from 'valibot';
import { MAX_ADDRESSES, MAX_ADDRESS_CHARS, MAX_NAME_CHARS, MAX_TASKS_PER_JOB } from './constants.ts';

/**
 * A CID that Kiln can verify: version 1, codec raw (0x55) or dag-cbor (0x71), multihash sha2-256 of 32 bytes, in
 * lower-case base32. The first four bytes fix six letters and two bits of the next; the last letter carries three bits.
 * The pattern accepts exactly what `parseCid` does (primitives.test.ts).
 */
export const cidSchema = v.pipe(
  v.string(),
  v.regex(/^baf[ky]rei[a-h][a-z2-7]{50}[aeimquy4]$/, 'must be a CID (CIDv1, sha2-256, raw or chunk list)'),
);

/** An Ed25519 peer id in base58 (`12D3KooW…`). */
export const peerIdSchema = v.pipe(
  v.string(),
  v.regex(/^12D3KooW[1-9A-HJ-NP-Za-km-z]{44}$/, 'is not an Ed25519 peer id'),
);

/** A 20-byte chain address in lower-case or checksummed hex. */
export const addressSchema = v.pipe(v.string(), v.regex(/^0x[0-9a-fA-F]{40}$/, 'is not a chain address'));
export type Address = `0x${string}`;

/** The same account, whatever the case of the letters. */
export function isSameAddress(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/** A SHA-256 digest. */
export const digestSchema = v.pipe(v.instance(Uint8Array), v.length(32));

/** Lower-case hex of a SHA-256 digest: how agreements and envelopes are named. */
export const digestHexSchema = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));

/** The last moment that a `Date` can hold (ECMA-262, 21.4.1.1): a later one throws where it is shown. */
const MAX_TIME_MS = 8_640_000_000_000_000;

/** Milliseconds since 1970. */
export const timeSchema = v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(MAX_TIME_MS));

/** A count or size. */
export const countSchema = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** The index of a task in its job. */
export const taskIndexSchema = v.pipe(
  v.number(),
  v.safeInteger(),
  v.minValue(0),
  v.maxValue(MAX_TASKS_PER_JOB - 1),
);

/** A short name shown to people; no control characters. */
export const nameSchema = v.pipe(
  v.string(),
  v.minLength(1),
  v.maxLength(MAX_NAME_CHARS),
  // eslint-disable-next-line no-control-regex -- refusing them is the point
  v.regex(/^[^\u0000-\u001f\u007f]*$/, 'must be a text of 1 to 80 characters without control characters'),
);

/** Multiaddresses under which a peer can be dialled. */
export const multiaddrsSchema = v.pipe(
  v.array(v.pipe(v.string(), v.startsWith('/'), v.maxLength(MAX_ADDRESS_CHARS))),
  v.maxLength(MAX_ADDRESSES),
);

/** What can run in the sandbox. */
export const jobKindSchema = v.picklist(['wasi', 'wgsl', 'onnx']);
export type JobKind = v.InferOutput<typeof jobKindSchema>;
export const JOB_KINDS: readonly JobKind[] = ['wasi', 'wgsl', 'onnx'];

/** Work as an integer of micro-units (1 unit = one second of the reference score of its kind). */
export const microUnitsSchema = v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(1e15));
