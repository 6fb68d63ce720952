import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { KilnError } from '../../src/base/errors.ts';
import { amountSchema, decode, encode } from '../../src/protocol/codec.ts';
import { addressSchema, countSchema, digestSchema, timeSchema } from '../../src/protocol/primitives.ts';
import { writeDurably } from './durable-file.ts';
import { MAX_PAYEE_FILE_BYTES, MAX_REPLACEMENTS } from './limits.ts';

const bytesSchema = v.instance(Uint8Array);

/** A signed transaction that may be on its way. Its replacements have the same nonce: at most one is carried out. */
const pendingSchema = v.strictObject({
  nonce: countSchema,
  data: bytesSchema,
  gas: amountSchema,
  maxFeePerGas: amountSchema,
  maxPriorityFeePerGas: amountSchema,
  /** The newest one, as it is sent. */
  raw: bytesSchema,
  /** Of all that were ever signed with this nonce. */
  hashes: v.pipe(v.array(digestSchema), v.minLength(1), v.maxLength(MAX_REPLACEMENTS)),
  /** Whose vouchers are inside. */
  payees: v.array(addressSchema),
  signedAtMs: timeSchema,
});
export type Pending = v.InferOutput<typeof pendingSchema>;

const journalSchema = v.strictObject({
  chainId: countSchema,
  /** The day (UTC, since 1970) that `spentWei` was spent on. */
  day: countSchema,
  spentWei: amountSchema,
  pending: v.exactOptional(pendingSchema),
});
export type Journal = v.InferOutput<typeof journalSchema>;

const FILE = 'transaction';

/** The journal of an earlier process, or an empty one. Throws `redeem/bad-journal`. */
export async function loadJournal(folder: string, chainId: number): Promise<Journal> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(join(folder, FILE));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return { chainId, day: 0, spentWei: 0n };
    throw badJournal(folder, cause);
  }
  let journal: Journal;
  try {
    journal = decode(journalSchema, bytes, MAX_PAYEE_FILE_BYTES);
  } catch (cause) {
    throw badJournal(folder, cause);
  }
  if (journal.chainId === chainId) return journal;
  throw badJournal(folder, `It is of chain ${journal.chainId}.`);
}

/** Written before a transaction leaves, so that no restart sends another one beside it. */
export function storeJournal(folder: string, journal: Journal): Promise<void> {
  return writeDurably(join(folder, FILE), encode(journal));
}

function badJournal(folder: string, cause: unknown): KilnError {
  return new KilnError('redeem/bad-journal', 'The record of the transaction on its way cannot be used.', {
    data: { file: join(folder, FILE) },
    hint: 'Look the account up in the explorer; once nothing of it is pending, move the file away and start again.',
    cause,
  });
}
