import type { Bytes } from '../../base/bytes.ts';
import type { Cid } from '../../base/cid.ts';
import type { Collection } from '../../base/collection.ts';
import { KilnError } from '../../base/errors.ts';
import { Cell, type Observable } from '../../base/observable.ts';
import { Scope } from '../../base/scope.ts';
import { type Clock, every } from '../../base/time.ts';
import type { RefusedReceipt } from '../../payment/receipt/judge-receipt.ts';
import { receiptKey, type ReceiptRecord } from '../../payment/receipt/receipt.ts';
import { MAX_RECORD_BYTES } from '../../protocol/constants.ts';
import { encodeEnvelope, seal } from '../../protocol/envelope.ts';
import type { Identity } from '../../protocol/identity.ts';
import type { PeerRecord, RecordRef } from '../../protocol/receipt.ts';
import { bestReceipts, surplusReceipts } from '../../reputation/best-receipts.ts';
import { openPeerRecord, roleIn, type SignedReceipt } from '../../reputation/peer-record.ts';
import type { OwnRecordView, ReceiptNumbers, RefusedReceiptView, RoleRecordView } from './record-view.ts';

/** How often receipts that came are put into the record that others are shown. */
const RENEW_MS = 60_000;
/** Pins the newest records in the store. */
const PIN_OWNER = 'record';

/** What the desk works with. */
export interface RecordDeskInit {
  readonly identity: Identity;
  readonly receipts: Collection<ReceiptRecord>;
  /** Those that were not kept. */
  readonly disputes: Collection<RefusedReceipt>;
  readonly clock: Clock;
  /** Keeps a blob and serves it to whoever asks. */
  readonly put: (bytes: Bytes) => Promise<Cid>;
  readonly pin: (owner: string, cids: readonly Cid[]) => Promise<void>;
  readonly unpin: (owner: string) => Promise<void>;
}

/** One's own record: what others signed of one's dealings, shown to strangers, exported and imported. */
export class RecordDesk implements AsyncDisposable {
  readonly #init: RecordDeskInit;
  readonly #scope = new Scope();
  readonly #view: Cell<OwnRecordView>;
  #renewing: Promise<void> = Promise.resolve();
  #ref: RecordRef | undefined;
  /** Keys of the receipts that the shown record was made of. */
  #shown = '';

  constructor(init: RecordDeskInit) {
    this.#init = init;
    this.#view = new Cell<OwnRecordView>({
      peer: init.identity.peer,
      asProvider: NOTHING,
      asRequestor: NOTHING,
      refused: [],
    });
  }

  get view(): Observable<OwnRecordView> {
    return this.#view;
  }

  /** Puts the record of what is stored up, and keeps it up to date. */
  async start(): Promise<void> {
    await this.renew();
    this.#scope.add(
      every(
        this.#init.clock,
        () => RENEW_MS,
        () => this.renew(),
      ),
    );
  }

  /** The record that strangers are shown; undefined while nobody has signed anything. */
  own(): RecordRef | undefined {
    return this.#ref;
  }

  /** Takes in what came since; one at a time, in the order of the calls. */
  renew(): Promise<void> {
    const renewed = this.#renewing.then(() => this.#takeIn());
    this.#renewing = renewed.catch(() => {}); // told to who asked
    return renewed;
  }

  async #takeIn(): Promise<void> {
    const all = await this.#dropSurplus(await this.#receipts());
    await this.#showRefused();
    const keys = all.map(({ receipt, signer }) => receiptKey(signer, receipt.agreement)).join();
    if (keys === this.#shown) return;
    const { peer } = this.#init.identity;
    const inRole = (role: 'provider' | 'requestor') =>
      roleView(all.filter(({ receipt }) => roleIn(receipt, peer) === role));
    this.#view.set({
      ...this.#view.value,
      asProvider: inRole('provider'),
      asRequestor: inRole('requestor'),
    });
    const bytes = this.#seal(bestReceipts(all, this.#init.clock.now()));
    const cid = await this.#init.put(bytes);
    // The one before may still be named in demands that run.
    await this.#init.unpin(PIN_OWNER);
    await this.#init.pin(PIN_OWNER, this.#ref === undefined ? [cid] : [cid, this.#ref.cid]);
    this.#ref = { cid, bytes: bytes.byteLength };
    this.#shown = keys;
  }

  /** The record as a file: the best receipts within its bounds, signed by this identity. */
  async export(): Promise<Bytes> {
    return this.#seal(bestReceipts(await this.#receipts(), this.#init.clock.now()));
  }

  /**
   * Adds the receipts of a record of this very identity to what is kept; the result is how many were new. Throws
   * `record/not-a-record`, or what {@link openPeerRecord} throws.
   */
  async import(bytes: Uint8Array): Promise<number> {
    const { identity, receipts, clock } = this.#init;
    if (bytes.byteLength > MAX_RECORD_BYTES) {
      throw new KilnError('record/not-a-record', 'This file is too large to be a record.', {
        data: { bytes: bytes.byteLength, maxBytes: MAX_RECORD_BYTES },
        hint: 'Choose a file that was exported here.',
      });
    }
    const opened = await openPeerRecord(bytes, identity.peer).catch((cause: unknown) => {
      if (cause instanceof KilnError && cause.code.startsWith('record/')) throw cause;
      throw new KilnError('record/not-a-record', 'This file is not a record, or it was changed.', {
        cause,
        hint: 'Choose a file that was exported here.',
      });
    });
    let added = 0;
    for (const { receipt, signer, envelope } of opened.receipts) {
      const key = receiptKey(signer, receipt.agreement);
      if ((await receipts.get(key)) !== undefined) continue;
      await receipts.put(key, { receipt: envelope, message: receipt, receivedAtMs: clock.now() });
      added++;
    }
    await this.renew();
    return added;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#scope[Symbol.asyncDispose]();
  }

  async #showRefused(): Promise<void> {
    const entries = await this.#init.disputes.entries();
    const refused = entries
      .map(([, one]) => refusedView(one))
      .sort((a, b) => b.receivedAtMs - a.receivedAtMs);
    const shown = this.#view.value.refused;
    const isSame =
      shown.length === refused.length &&
      shown.every((one, i) => one.receivedAtMs === refused[i]!.receivedAtMs);
    if (!isSame) this.#view.set({ ...this.#view.value, refused });
  }

  /** Forgets what is too much; what cannot be forgotten now is tried again with the next renewal. */
  async #dropSurplus(all: SignedReceipt[]): Promise<SignedReceipt[]> {
    const surplus = new Set(surplusReceipts(all, this.#init.clock.now()));
    for (const { receipt, signer } of surplus)
      await this.#init.receipts.delete(receiptKey(signer, receipt.agreement)).catch(() => {});
    return all.filter((one) => !surplus.has(one));
  }

  /** All receipts about this identity; what else may lie there is left out. */
  async #receipts(): Promise<SignedReceipt[]> {
    const { peer } = this.#init.identity;
    return (await this.#init.receipts.entries())
      .map(([key, { receipt, message }]) => ({
        receipt: message,
        envelope: receipt,
        signer: key.slice(0, key.indexOf('/')),
      }))
      .filter(
        ({ receipt: { provider, requestor }, signer }) =>
          signer !== peer && (provider === peer ? requestor === signer : requestor === peer),
      );
  }

  #seal(receipts: readonly SignedReceipt[]): Bytes {
    const { identity, clock } = this.#init;
    const record: PeerRecord = {
      version: 1,
      owner: identity.peer,
      receipts: receipts.map(({ envelope }) => envelope),
      issuedAt: clock.now(),
    };
    return encodeEnvelope(seal(identity, 'kiln/record/1', record));
  }
}

const NOTHING: RoleRecordView = {
  agreements: 0,
  counterparts: 0,
  accepted: 0,
  rejected: 0,
  lost: 0,
  paid: 0n,
};

function refusedView({
  signer,
  agreement,
  why,
  ours,
  theirs,
  receivedAtMs,
}: RefusedReceipt): RefusedReceiptView {
  const { job } = ours;
  const said = theirs === undefined ? {} : { theirs: numbersOf(theirs) };
  return { signer, agreement, job, why, ours: numbersOf(ours), ...said, receivedAtMs };
}

function numbersOf({ accepted, rejected, lost, paid }: ReceiptNumbers): ReceiptNumbers {
  return { accepted, rejected, lost, paid };
}

function roleView(receipts: readonly SignedReceipt[]): RoleRecordView {
  const sum = (pick: (one: SignedReceipt['receipt']) => number) =>
    receipts.reduce((total, { receipt }) => total + pick(receipt), 0);
  return {
    agreements: receipts.length,
    counterparts: new Set(receipts.map(({ signer }) => signer)).size,
    accepted: sum(({ accepted }) => accepted),
    rejected: sum(({ rejected }) => rejected),
    lost: sum(({ lost }) => lost),
    paid: receipts.reduce((total, { receipt }) => total + receipt.paid, 0n),
  };
}
