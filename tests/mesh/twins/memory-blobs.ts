import { type Bytes, copyBytes } from '../../../src/base/bytes.ts';
import { type Cid, cutBlob } from '../../../src/base/cid.ts';
import { KilnError } from '../../../src/base/errors.ts';
import type { PeerId } from '../../../src/protocol/identity.ts';
import type { BlobRequest, BlobSlice } from '../../../src/provider/slices.ts';

/** Bytes of a blob as another peer hands them out; undefined when it has none or cannot be reached. */
export type FetchFrom = (holder: PeerId, cid: Cid) => Promise<Bytes | undefined>;

/** The blobs of one peer: its own, then those of holders, verified by CID and kept. */
export class MemoryBlobs implements BlobSlice {
  readonly #kept = new Map<Cid, Bytes>();
  readonly #fetchFrom: FetchFrom;
  /** Bytes handed to each other peer. */
  readonly servedBytes = new Map<PeerId, number>();
  /** What this peer hands out instead of the truth; for a holder that lies. */
  tamper: (bytes: Bytes) => Bytes = (bytes) => bytes;

  constructor(fetchFrom: FetchFrom) {
    this.#fetchFrom = fetchFrom;
  }

  async get(cid: Cid, { holders, range, signal, onProgress }: BlobRequest): Promise<Bytes> {
    const whole =
      this.#kept.get(cid) ??
      (await this.#fetch(
        cid,
        holders.map(({ peer }) => peer),
        signal,
      ));
    this.#kept.set(cid, whole);
    onProgress?.(whole.byteLength, whole.byteLength);
    if (range === undefined) return copyBytes(whole);
    if (range.offset + range.length > whole.byteLength) {
      throw new KilnError('blob/bad-range', 'The blob ends before the range does.', { data: { cid } });
    }
    return copyBytes(whole.subarray(range.offset, range.offset + range.length));
  }

  async put(bytes: Uint8Array): Promise<Cid> {
    const { cid } = await cutBlob(bytes);
    this.#kept.set(cid, copyBytes(bytes));
    return cid;
  }

  async heldBytes(blobs: readonly { readonly cid: Cid; readonly bytes: number }[]): Promise<number> {
    return blobs.reduce((sum, { cid, bytes }) => sum + (this.#kept.has(cid) ? bytes : 0), 0);
  }

  has(cid: Cid): boolean {
    return this.#kept.has(cid);
  }

  delete(cid: Cid): void {
    this.#kept.delete(cid);
  }

  /** Hands a blob to another peer. */
  serve(to: PeerId, cid: Cid): Bytes | undefined {
    const bytes = this.#kept.get(cid);
    if (bytes === undefined) return undefined;
    this.servedBytes.set(to, (this.servedBytes.get(to) ?? 0) + bytes.byteLength);
    return this.tamper(copyBytes(bytes));
  }

  async #fetch(cid: Cid, holders: readonly PeerId[], signal: AbortSignal | undefined): Promise<Bytes> {
    let code = 'blob/not-found';
    for (const holder of holders) {
      const bytes = await this.#fetchFrom(holder, cid);
      if (signal?.aborted) throw new KilnError('base/aborted', 'Stopped before it finished.');
      if (bytes === undefined) continue;
      if ((await cutBlob(bytes)).cid === cid) return bytes;
      code = 'blob/digest-mismatch';
    }
    throw new KilnError(code, 'No holder could give this blob.', { data: { cid, holders: holders.length } });
  }
}
