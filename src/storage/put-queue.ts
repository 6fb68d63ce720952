import { type Bytes, copyBytes, ownBytes } from '../base/bytes.ts';
import type { Cid } from '../base/cid.ts';
import { hasCode } from '../base/errors.ts';
import { BATCH_BYTES } from './constants.ts';

/** A piece on its way into the store. */
export interface Piece {
  readonly cid: Cid;
  readonly bytes: Bytes;
}

interface WaitingPiece extends Piece {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Gathers puts that come together into batches of up to 16 MiB, one batch at a time, in order. */
export class PutQueue {
  readonly #waiting: WaitingPiece[] = [];
  readonly #write: (batch: readonly Piece[]) => Promise<void>;
  #running: Promise<void> | undefined;

  constructor(write: (batch: readonly Piece[]) => Promise<void>) {
    this.#write = write;
  }

  /** Resolves when this piece is written. */
  add(cid: Cid, bytes: Uint8Array): Promise<void> {
    // IndexedDB stores a view with the whole buffer behind it: take only the view's own bytes along.
    const own = bytes.byteLength === bytes.buffer.byteLength ? ownBytes(bytes) : copyBytes(bytes);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.push({ cid, bytes: own, resolve, reject });
    this.#running ??= this.#run();
    return promise;
  }

  /** Resolves when every piece that was added is written or refused. */
  async settle(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    await Promise.resolve(); // puts made in the same turn go together
    while (this.#waiting.length > 0) await this.#writeBatch(this.#takeBatch());
    this.#running = undefined;
  }

  #takeBatch(): WaitingPiece[] {
    let count = 0;
    for (let bytes = 0; count < this.#waiting.length; count++) {
      bytes += this.#waiting[count]!.bytes.byteLength;
      if (count > 0 && bytes > BATCH_BYTES) break;
    }
    return this.#waiting.splice(0, count);
  }

  /** A batch that does not fit goes piece by piece, so that one large piece does not refuse the small ones. */
  async #writeBatch(batch: readonly WaitingPiece[]): Promise<void> {
    try {
      await this.#write(batch);
      for (const piece of batch) piece.resolve();
    } catch (error) {
      const isFull = hasCode(error, 'storage/quota-full') || hasCode(error, 'storage/disk-full');
      if (!isFull || batch.length === 1) {
        for (const piece of batch) piece.reject(error);
        return;
      }
      for (const piece of batch) await this.#writeBatch([piece]);
    }
  }
}
