import { encode } from '../protocol/codec.ts';
import { MAX_RECORD_BYTES, MAX_RECORD_RECEIPTS } from '../protocol/constants.ts';
import type { SignedReceipt } from './peer-record.ts';

/** A record's own words and signature around its receipts. */
const FRAME_BYTES = 1_024;
/** Half of a receipt's worth is gone after so long: readers decay what they know by a week. */
const HALF_LIFE_MS = 30 * 86_400_000;

/**
 * The receipts that say most for their owner within the bounds of a record: by what was paid, newer ones first, and no
 * signer twice before every other had a turn, since many signers say more than one.
 */
export function bestReceipts(receipts: readonly SignedReceipt[], nowMs: number): SignedReceipt[] {
  const worth = (one: SignedReceipt) => worthOf(one, nowMs);
  const bySigner = Map.groupBy(
    receipts.toSorted((a, b) => worth(b) - worth(a)),
    ({ signer }) => signer,
  );
  const turns = [...bySigner.values()].flatMap((list) => list.map((one, turn) => ({ one, turn })));
  const ranked = turns.sort((a, b) => a.turn - b.turn || worth(b.one) - worth(a.one));
  const best: SignedReceipt[] = [];
  let left = MAX_RECORD_BYTES - FRAME_BYTES;
  for (const { one } of ranked) {
    const bytes = encode(one.envelope).byteLength;
    if (best.length >= MAX_RECORD_RECEIPTS || bytes > left) continue;
    left -= bytes;
    best.push(one);
  }
  return best;
}

/** Receipts kept at most, of 2 KiB each: strangers sign as many as they like, and all are read now and then. */
const MAX_KEPT_RECEIPTS = 2_000;

/** Those that have to go so that {@link MAX_KEPT_RECEIPTS} are left: about the least money first, the older ones of equals. */
export function surplusReceipts(receipts: readonly SignedReceipt[], nowMs: number): SignedReceipt[] {
  if (receipts.length <= MAX_KEPT_RECEIPTS) return [];
  const ranked = receipts.toSorted(
    (a, b) => worthOf(b, nowMs) - worthOf(a, nowMs) || b.receipt.endedAt - a.receipt.endedAt,
  );
  return ranked.slice(MAX_KEPT_RECEIPTS);
}

function worthOf({ receipt }: SignedReceipt, nowMs: number): number {
  return Number(receipt.paid) * 0.5 ** (Math.max(0, nowMs - receipt.endedAt) / HALF_LIFE_MS);
}
