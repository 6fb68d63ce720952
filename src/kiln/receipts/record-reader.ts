import type { Bytes } from '../../base/bytes.ts';
import type { Cid } from '../../base/cid.ts';
import { type Clock, within } from '../../base/time.ts';
import type { PeerId } from '../../protocol/identity.ts';
import type { PaymentTerms } from '../../protocol/payment-terms.ts';
import { type Address, isSameAddress, type JobKind } from '../../protocol/primitives.ts';
import { openPeerRecord, roleIn, type SignedReceipt } from '../../reputation/peer-record.ts';
import type { Shown } from '../../reputation/records-slice.ts';
import {
  lineOf,
  NO_SECOND_HAND,
  type SecondHand,
  type Testimony,
  weighReceipts,
} from '../../reputation/second-hand.ts';

/** A record that is not read by then counts for nothing this time. */
const WAIT_MS = 400;
/** Fetching it and asking the chain may go on this long, for the next time. */
const READ_LIMIT_MS = 10_000;
/** What was read counts this long; redemptions go on. */
const REMEMBER_MS = 10 * 60_000;
const MAX_REMEMBERED = 256;
/** Records read at once, and questions to the chain for one: those about the most money. */
const MAX_READING = 4;
const MAX_LINES = 12;

/** What the reader works with. */
export interface RecordReaderInit {
  readonly self: PeerId;
  readonly blobs: {
    get(
      cid: Cid,
      request: {
        readonly holders: readonly { readonly peer: PeerId; readonly addresses: readonly string[] }[];
        readonly maxBytes?: number;
        readonly signal?: AbortSignal;
      },
    ): Promise<Bytes>;
  };
  /** What this payee has redeemed with this payer's key, by the chain. Throws for another chain or pool. */
  readonly redeemedFor: (terms: PaymentTerms, payee: Address) => Promise<bigint>;
  /** How far the signer of a receipt is trusted here, 0 to 1. */
  readonly trustIn: (signer: PeerId) => Promise<number>;
  /** Price that makes one dealing, in the token's smallest unit. */
  readonly dealingPrice: (kind: JobKind) => bigint;
  readonly clock: Clock;
}

interface Read {
  readonly atMs: number;
  readonly worth: Promise<SecondHand>;
}

/** Reads the records that strangers show, checks every signature and asks the chain what was redeemed. */
export class RecordReader {
  readonly #init: RecordReaderInit;
  readonly #read = new Map<string, Read>();
  #reading = 0;

  constructor(init: RecordReaderInit) {
    this.#init = init;
  }

  /** What a record is worth; nothing when there is none, it is not in order, or it does not come soon. Never rejects. */
  async weigh(shown: Shown): Promise<SecondHand> {
    const worth = this.#worth(shown);
    if (worth === undefined) return NO_SECOND_HAND;
    return within(this.#init.clock, WAIT_MS, undefined, () => worth).catch(() => NO_SECOND_HAND);
  }

  #worth(shown: Shown): Promise<SecondHand> | undefined {
    const { record, peer, role, account } = shown;
    if (record === undefined || peer === this.#init.self) return undefined;
    const key = `${role}/${peer}/${account.toLowerCase()}/${record.cid}`;
    const nowMs = this.#init.clock.now();
    const known = this.#read.get(key);
    if (known !== undefined && nowMs - known.atMs < REMEMBER_MS) return known.worth;
    if (this.#reading >= MAX_READING) return undefined;
    this.#reading++;
    const worth = within(this.#init.clock, READ_LIMIT_MS, undefined, (stop) => this.#open(shown, stop))
      .catch(() => NO_SECOND_HAND)
      .finally(() => this.#reading--);
    this.#remember(key, { atMs: nowMs, worth });
    return worth;
  }

  async #open({ peer, addresses, record, role, account }: Shown, signal: AbortSignal): Promise<SecondHand> {
    const { blobs, trustIn, dealingPrice, self } = this.#init;
    const holders = [{ peer, addresses }];
    const bytes = await blobs.get(record!.cid, { holders, maxBytes: record!.bytes, signal });
    const { receipts } = await openPeerRecord(bytes, peer);
    // What this device signed itself it knows at first hand.
    const others = receipts.filter(
      ({ receipt, signer }) => signer !== self && roleIn(receipt, peer) === role,
    );
    // Nothing ties a peer to an account but that it uses it now: somebody else's money says nothing of this peer.
    const own = others.filter(({ receipt: { payee, payment } }) =>
      isSameAddress(role === 'provider' ? payee : payment.payer, account),
    );
    const redeemed = await this.#redeemed(own, signal);
    const testimonies: Testimony[] = [];
    for (const { receipt, signer } of others) {
      testimonies.push({
        receipt,
        signer,
        trust: await trustIn(signer),
        redeemed: redeemed.get(lineOf(receipt)) ?? 0n,
        dealingPrice: dealingPrice(receipt.kind),
      });
    }
    return weighReceipts(testimonies);
  }

  /** What the chain says of each line of money, those about the most first. */
  async #redeemed(receipts: readonly SignedReceipt[], signal: AbortSignal): Promise<Map<string, bigint>> {
    const lines = new Map<string, { terms: PaymentTerms; payee: Address; paid: bigint }>();
    for (const { receipt } of receipts) {
      const line = lineOf(receipt);
      const paid = (lines.get(line)?.paid ?? 0n) + receipt.paid;
      lines.set(line, { terms: receipt.payment, payee: receipt.payee as Address, paid });
    }
    const most = [...lines].sort(([, a], [, b]) => (a.paid < b.paid ? 1 : -1)).slice(0, MAX_LINES);
    const redeemed = new Map<string, bigint>();
    for (const [line, { terms, payee }] of most) {
      if (signal.aborted) break;
      redeemed.set(line, await this.#init.redeemedFor(terms, payee).catch(() => 0n));
    }
    return redeemed;
  }

  #remember(key: string, read: Read): void {
    this.#read.delete(key);
    this.#read.set(key, read);
    const [oldest] = this.#read.keys();
    if (this.#read.size > MAX_REMEMBERED && oldest !== undefined) this.#read.delete(oldest);
  }
}
