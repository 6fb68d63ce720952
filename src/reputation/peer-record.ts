import { KilnError } from '../base/errors.ts';
import { MAX_NEGOTIATE_FRAME_BYTES, MAX_RECORD_BYTES } from '../protocol/constants.ts';
import { decodeEnvelope, type Envelope, open } from '../protocol/envelope.ts';
import type { PeerId } from '../protocol/identity.ts';
import { type PeerRecord, peerRecordSchema, type Receipt, receiptSchema } from '../protocol/receipt.ts';

/** A receipt whose signature was checked. */
export interface SignedReceipt {
  readonly receipt: Receipt;
  readonly signer: PeerId;
  readonly envelope: Envelope;
}

/** Which side of its agreements a peer was on. */
export type Role = 'provider' | 'requestor';

/**
 * Opens a receipt about `owner`. Throws what {@link open} throws, and `record/foreign-receipt` unless the other side of the
 * agreement signed it: nobody vouches for itself.
 */
export async function openReceiptAbout(owner: PeerId, envelope: Envelope): Promise<SignedReceipt> {
  const { message, signer } = await open(
    envelope,
    'kiln/receipt/1',
    receiptSchema,
    MAX_NEGOTIATE_FRAME_BYTES,
  );
  const other = message.provider === owner ? message.requestor : message.provider;
  const isAboutOwner = message.provider === owner || message.requestor === owner;
  if (isAboutOwner && signer === other && signer !== owner) return { receipt: message, signer, envelope };
  throw new KilnError(
    'record/foreign-receipt',
    'A receipt is not about its owner, or not signed by the other side.',
    {
      data: { owner, signer },
      hint: 'Leave it out.',
    },
  );
}

/** On which side the owner of a record was in this receipt. */
export function roleIn({ provider }: Receipt, owner: PeerId): Role {
  return provider === owner ? 'provider' : 'requestor';
}

/**
 * Opens somebody's record: signed by its owner, with receipts that others signed about it, one for each agreement and
 * signer. Throws what {@link open} throws, `record/wrong-owner` when it is another's, `record/foreign-receipt` for any
 * receipt that is not about its owner, and `record/repeats` when one agreement is counted twice.
 */
export async function openPeerRecord(
  bytes: Uint8Array,
  owner: PeerId,
): Promise<{ readonly record: PeerRecord; readonly receipts: readonly SignedReceipt[] }> {
  const envelope = decodeEnvelope(bytes, MAX_RECORD_BYTES);
  const { message, signer } = await open(envelope, 'kiln/record/1', peerRecordSchema, MAX_RECORD_BYTES);
  if (signer !== owner || message.owner !== owner) {
    throw new KilnError('record/wrong-owner', 'This record belongs to somebody else.', {
      data: { owner, signer },
      hint: 'Use the record of this very identity.',
    });
  }
  const receipts: SignedReceipt[] = [];
  const seen = new Set<string>();
  for (const one of message.receipts) {
    const opened = await openReceiptAbout(owner, one);
    const key = `${opened.signer}/${opened.receipt.agreement}`;
    if (seen.has(key)) {
      throw new KilnError('record/repeats', 'A record counts one agreement twice.', {
        data: { agreement: opened.receipt.agreement },
        hint: 'Refuse it.',
      });
    }
    seen.add(key);
    receipts.push(opened);
  }
  return { record: message, receipts };
}
