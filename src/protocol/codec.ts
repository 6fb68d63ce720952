import * as dagCbor from '@ipld/dag-cbor';
import * as v from 'valibot';
import { type Bytes, ownBytes } from '../base/bytes.ts';
import { KilnError } from '../base/errors.ts';
import { MAX_CBOR_DEPTH } from './constants.ts';

/** Width of money on the wire: an unsigned 128-bit integer, big-endian. */
const AMOUNT_BYTES = 16;
const MAX_AMOUNT = (1n << 128n) - 1n;

/** Money or any other `bigint` on the wire: 16 bytes there, `bigint` here. */
export const amountSchema = v.pipe(
  v.instance(Uint8Array),
  v.length(AMOUNT_BYTES),
  v.transform((bytes) => bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n)),
);

function amountBytes(amount: bigint): Bytes {
  if (amount < 0n || amount > MAX_AMOUNT) {
    throw new KilnError('protocol/amount-out-of-range', 'An amount must fit 128 bits.', {
      data: { amount: amount.toString() },
    });
  }
  const bytes = new Uint8Array(AMOUNT_BYTES);
  for (let i = AMOUNT_BYTES - 1, rest = amount; i >= 0; i--, rest >>= 8n) bytes[i] = Number(rest & 0xffn);
  return bytes;
}

function toWire(value: unknown): unknown {
  if (typeof value === 'bigint') return amountBytes(value);
  if (value instanceof Uint8Array || value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(toWire);
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, entry]) => entry !== undefined)
      .map(([key, entry]) => [key, toWire(entry)]),
  );
}

/** A message as dag-cbor; `bigint`s become 16 bytes, undefined properties are left out. */
export function encode(message: unknown): Bytes {
  return ownBytes(dagCbor.encode(toWire(message)));
}

/**
 * Untrusted bytes to a validated message. Throws `protocol/too-large`, `protocol/malformed` or
 * `protocol/invalid`, in this order, before anything of the message is used.
 */
export function decode<Schema extends v.GenericSchema>(
  schema: Schema,
  bytes: Uint8Array,
  maxBytes: number,
): v.InferOutput<Schema> {
  if (bytes.byteLength > maxBytes) {
    throw new KilnError('protocol/too-large', 'The message is larger than this protocol allows.', {
      data: { bytes: bytes.byteLength, maxBytes },
    });
  }
  let raw: unknown;
  try {
    assertShallow(bytes);
    raw = dagCbor.decode(bytes);
  } catch (cause) {
    throw new KilnError('protocol/malformed', 'The message is not dag-cbor.', { cause });
  }
  return validate(schema, raw);
}

/** Checks a decoded value against its schema; throws `protocol/invalid` naming the first wrong place. */
export function validate<Schema extends v.GenericSchema>(
  schema: Schema,
  raw: unknown,
): v.InferOutput<Schema> {
  const parsed = v.safeParse(schema, raw, { abortEarly: true });
  if (parsed.success) return parsed.output;
  const issue = parsed.issues[0];
  const path = v.getDotPath(issue) ?? '(the whole message)';
  throw new KilnError(
    'protocol/invalid',
    `The message does not fit its schema at ${path}: ${issue.message}`,
    {
      data: { path, issue: issue.message.slice(0, 200) },
    },
  );
}

/** Walks CBOR heads without building anything; throws when containers nest deeper than the limit. */
function assertShallow(bytes: Uint8Array): void {
  const open: number[] = [];
  let offset = 0;
  while (offset < bytes.byteLength) {
    const head = bytes[offset]!;
    const major = head >> 5;
    const info = head & 31;
    const extra = info < 24 ? 0 : info <= 27 ? 1 << (info - 24) : Number.NaN;
    if (Number.isNaN(extra)) throw new RangeError('indefinite length');
    let value = info;
    if (extra > 0) {
      value = 0;
      for (let i = 1; i <= extra; i++) value = value * 256 + (bytes[offset + i] ?? 0);
    }
    offset += 1 + extra;
    if (major === 2 || major === 3) offset += value;
    const children = major === 4 ? value : major === 5 ? value * 2 : major === 6 ? 1 : 0;
    if (children > 0) {
      open.push(children);
      if (open.length > MAX_CBOR_DEPTH) throw new RangeError('nested too deep');
      continue;
    }
    while (open.length > 0 && --open[open.length - 1]! === 0) open.pop();
  }
}
