import { type Bytes, equalBytes } from '../../base/bytes.ts';
import { sha256 } from '../../base/cid.ts';
import { KilnError } from '../../base/errors.ts';
import { encode } from '../../protocol/codec.ts';
import {
  MAX_CLOCK_SKEW_MS,
  MAX_NEGOTIATE_FRAME_BYTES,
  RESUME_WINDOW_MS,
  SILENCE_LIMIT_MS,
} from '../../protocol/constants.ts';
import { type Envelope, open } from '../../protocol/envelope.ts';
import type { PeerId } from '../../protocol/identity.ts';
import type { Agreement } from '../../protocol/negotiate.ts';
import type { PaymentTerms } from '../../protocol/payment-terms.ts';
import { type Receipt, receiptSchema } from '../../protocol/receipt.ts';
import { plainAddress, type Voucher, voucherDigest } from '../voucher/voucher.ts';

/** Both sides notice an end within this time of each other: a stream that breaks may be resumed for two minutes. */
const END_TOLERANCE_MS = RESUME_WINDOW_MS + SILENCE_LIMIT_MS + MAX_CLOCK_SKEW_MS;

/** A receipt as whoever was given it keeps it, under {@link receiptKey}. Plain data: fits IndexedDB. */
export interface ReceiptRecord {
  readonly receipt: Envelope;
  readonly message: Receipt;
  readonly receivedAtMs: number;
}

/** What one side's own books say of an agreement that has ended, with all that it renewed. Counts are of tasks. */
export interface EndedBooks {
  /** Name of the newest agreement. */
  readonly digest: string;
  readonly agreement: Agreement;
  readonly beganAtMs: number;
  readonly endedAtMs: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly lost: number;
  /** In the token's smallest unit. */
  readonly paid: bigint;
  /** The newest voucher of the payee; absent when it has none. */
  readonly voucher?: Voucher | undefined;
}

/** Storage key of a receipt: who signed it, and for which agreement. */
export function receiptKey(signer: PeerId, agreement: string): string {
  return `${signer}/${agreement}`;
}

/** SHA-256 of a voucher's EIP-712 digest: names it without giving it away. */
export function voucherHash(terms: PaymentTerms, { payer, payee, amount, issued }: Voucher): Promise<Bytes> {
  const plain = { payer: plainAddress(payer), payee: plainAddress(payee), amount, issued };
  return sha256(voucherDigest(terms, plain));
}

/** The receipt that these books call for. */
export async function receiptOf(books: EndedBooks): Promise<Receipt> {
  const { agreement, voucher } = books;
  const { job, kind, requestor, provider, payee, payment, policy } = agreement;
  return {
    agreement: books.digest,
    ...{ job, kind, requestor, provider, payee, payment, policy },
    accepted: books.accepted,
    rejected: books.rejected,
    lost: books.lost,
    paid: books.paid,
    ...(voucher === undefined ? {} : { voucher: await voucherHash(payment, voucher) }),
    beganAt: books.beganAtMs,
    endedAt: Math.max(books.beganAtMs, books.endedAtMs),
  };
}

/**
 * In what the other side's receipt differs from one's own books, in words; empty when it may be kept. Everything must be
 * the same but the end, which each side sees by its own clock, and `lost`, which may be anything up to what one's books
 * allow.
 */
export async function receiptFaults(theirs: Receipt, books: EndedBooks): Promise<string[]> {
  const own = await receiptOf(books);
  const isSame = (name: keyof Receipt) =>
    name in theirs === name in own && equalBytes(encode(theirs[name] ?? 0), encode(own[name] ?? 0));
  const named: [fault: string, isRight: boolean][] = [
    ['the agreement', isSame('agreement')],
    ['the job', isSame('job') && isSame('kind')],
    ['the requestor', isSame('requestor')],
    ['the provider', isSame('provider')],
    ['the payee', isSame('payee')],
    ['the payment terms', isSame('payment')],
    ['the check policy', isSame('policy')],
    ['the tasks accepted', isSame('accepted')],
    ['the tasks rejected', isSame('rejected')],
    ['the tasks lost', theirs.lost <= own.lost],
    ['what was paid', isSame('paid')],
    ['the newest voucher', isSame('voucher')],
    ['the times', isSame('beganAt') && Math.abs(theirs.endedAt - own.endedAt) <= END_TOLERANCE_MS],
  ];
  return named.filter(([, isRight]) => !isRight).map(([fault]) => fault);
}

/**
 * The other side's receipt, when its signature is right and it says what one's own books say. Throws what `open` throws,
 * and `payment/wrong-receipt` naming every difference: such a receipt counts as if it had not been signed.
 */
export async function openReceipt(receipt: Envelope, signer: PeerId, books: EndedBooks): Promise<Receipt> {
  const opened = await open(receipt, 'kiln/receipt/1', receiptSchema, MAX_NEGOTIATE_FRAME_BYTES);
  const faults = await receiptFaults(opened.message, books);
  if (opened.signer !== signer) faults.unshift('its signer');
  if (faults.length === 0) return opened.message;
  throw new KilnError('payment/wrong-receipt', `The receipt differs from what was done in ${list(faults)}.`, {
    data: { faults: faults.join() },
    hint: 'It is not kept.',
  });
}

function list(names: readonly string[]): string {
  return names.length < 2 ? names.join() : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
