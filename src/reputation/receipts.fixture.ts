import { encodeEnvelope, type Envelope, seal } from '../protocol/envelope.ts';
import type { Identity } from '../protocol/identity.ts';
import { ADDRESS, DIGEST_HEX, NOW_MS, SOME_CID } from '../protocol/messages.fixture.ts';
import type { PeerRecord, Receipt } from '../protocol/receipt.ts';

/** A receipt over 100 accepted tasks for 1,000 each, that `requestor` gives `provider`. */
export function receiptFor(requestor: Identity, provider: Identity, change: Partial<Receipt> = {}): Receipt {
  return {
    agreement: DIGEST_HEX,
    job: SOME_CID,
    kind: 'wasi',
    requestor: requestor.peer,
    provider: provider.peer,
    payee: ADDRESS,
    payment: { chainId: 137, pool: ADDRESS, payer: ADDRESS, sessionKey: ADDRESS },
    policy: { kind: 'trust', auditRate: 0 },
    accepted: 100,
    rejected: 0,
    lost: 0,
    paid: 100_000n,
    beganAt: NOW_MS,
    endedAt: NOW_MS + 60_000,
    ...change,
  };
}

/** The receipt, signed by whoever the test says. */
export function sealedReceipt(signer: Identity, receipt: Receipt): Envelope {
  return seal(signer, 'kiln/receipt/1', receipt);
}

/** The bytes of a record of these receipts. */
export function recordBytes(
  owner: Identity,
  receipts: readonly Envelope[],
  change: Partial<PeerRecord> = {},
): Uint8Array {
  const record: PeerRecord = {
    version: 1,
    owner: owner.peer,
    receipts: [...receipts],
    issuedAt: NOW_MS,
    ...change,
  };
  return encodeEnvelope(seal(owner, 'kiln/record/1', record));
}
