import { KilnError } from '../../base/errors.ts';
import { MAX_NEGOTIATE_FRAME_BYTES } from '../../protocol/constants.ts';
import { type Envelope, open } from '../../protocol/envelope.ts';
import type { PeerId } from '../../protocol/identity.ts';
import { type Receipt, receiptSchema } from '../../protocol/receipt.ts';
import { type EndedBooks, openReceipt, receiptOf, type ReceiptRecord } from './receipt.ts';

/** Receipts that are looked at per agreement and visit: the last words of each, and some more. */
export const MAX_RECEIPTS_TAKEN = 8;
/** Receipts that were not kept are remembered, the newest ones: counterparts are strangers. */
export const MAX_DISPUTES_KEPT = 100;

/** A receipt that says something else than one's own books, with the numbers of both. Plain data: fits IndexedDB. */
export interface RefusedReceipt {
  readonly signer: PeerId;
  readonly agreement: string;
  /** For people. */
  readonly why: string;
  /** As it came. */
  readonly receipt: Envelope;
  /** What it says; absent where it is no receipt, or none of its signer. */
  readonly theirs?: Receipt;
  /** What one's own books say. */
  readonly ours: Receipt;
  readonly receivedAtMs: number;
}

/** What becomes of a receipt that came. */
export type JudgedReceipt =
  | { readonly kind: 'kept'; readonly record: ReceiptRecord }
  | { readonly kind: 'refused'; readonly refused: RefusedReceipt };

/**
 * Holds the other side's receipt against one's own books. Throws only what went wrong in this program itself: that says
 * nothing of the receipt.
 */
export async function judgeReceipt(
  receipt: Envelope,
  signer: PeerId,
  books: EndedBooks,
  receivedAtMs: number,
): Promise<JudgedReceipt> {
  try {
    const message = await openReceipt(receipt, signer, books);
    return { kind: 'kept', record: { receipt, message, receivedAtMs } };
  } catch (error) {
    if (!(error instanceof KilnError)) throw error;
    const opened = await openAny(receipt);
    const theirs = opened?.signer === signer ? { theirs: opened.message } : {};
    const ours = await receiptOf(books);
    return {
      kind: 'refused',
      refused: {
        signer,
        agreement: books.digest,
        why: error.message,
        receipt,
        ...theirs,
        ours,
        receivedAtMs,
      },
    };
  }
}

/** What a receipt says and who signed it; undefined when it says nothing. */
export async function openAny(
  receipt: Envelope,
): Promise<{ readonly message: Receipt; readonly signer: PeerId } | undefined> {
  return open(receipt, 'kiln/receipt/1', receiptSchema, MAX_NEGOTIATE_FRAME_BYTES).catch(() => undefined);
}

/** Keys of the refused receipts that are too many: all but the newest {@link MAX_DISPUTES_KEPT}. */
export function surplusDisputes(entries: readonly (readonly [key: string, RefusedReceipt])[]): string[] {
  if (entries.length <= MAX_DISPUTES_KEPT) return [];
  const newestFirst = entries.toSorted(([, a], [, b]) => b.receivedAtMs - a.receivedAtMs);
  return newestFirst.slice(MAX_DISPUTES_KEPT).map(([key]) => key);
}
