import type { Clock } from '../../base/time.ts';
import { DEFAULT_PRICE_PER_UNIT } from '../../market/price/suggest-price.ts';
import type { ReceiptRecord } from '../../payment/receipt/receipt.ts';
import type { Identity } from '../../protocol/identity.ts';
import type { ReputationRecord } from '../../reputation/record.ts';
import type { RecordsSlice } from '../../reputation/records-slice.ts';
import type { FraudDesk } from '../../requestor/evidence/fraud-desk.ts';
import type { Store } from '../../storage/store.ts';
import type { PoolReader } from '../../wallet/pool/pool-reader.ts';
import { RecordDesk, type RecordDeskInit } from './record-desk.ts';
import { RecordReader, type RecordReaderInit } from './record-reader.ts';
import { trustIn } from './trust-in.ts';

/** What records are made of. */
export interface RecordsInit {
  readonly identity: Identity;
  readonly blobs: RecordReaderInit['blobs'] & { put: RecordDeskInit['put'] };
  readonly store: Pick<Store, 'collection' | 'chunks'>;
  readonly chain: Pick<PoolReader, 'payerView'>;
  readonly fraud: Pick<FraudDesk, 'conviction'>;
  readonly clock: Clock;
}

/** Opens one's own record and a reader for those of others. The caller ends the desk. */
export async function openRecords(
  init: RecordsInit,
): Promise<{ readonly desk: RecordDesk; readonly slice: RecordsSlice }> {
  const { identity, blobs, store, chain, fraud, clock } = init;
  const reputation = store.collection<ReputationRecord>('reputation');
  const desk = new RecordDesk({
    identity,
    receipts: store.collection<ReceiptRecord>('receipts'),
    disputes: store.collection('disputes'),
    clock,
    put: (bytes) => blobs.put(bytes),
    pin: (owner, cids) => store.chunks.pin(owner, cids),
    unpin: (owner) => store.chunks.unpin(owner),
  });
  const isConvicted = (peer: string) => fraud.conviction(peer) !== undefined;
  const reader = new RecordReader({
    self: identity.peer,
    blobs,
    redeemedFor: async (terms, payee) => (await chain.payerView(terms, payee)).claimed,
    trustIn: (signer) => trustIn({ reputation, isConvicted, clock }, signer),
    dealingPrice: (kind) => DEFAULT_PRICE_PER_UNIT[kind],
    clock,
  });
  await desk.start();
  return { desk, slice: { own: () => desk.own(), weigh: (shown) => reader.weigh(shown) } };
}
