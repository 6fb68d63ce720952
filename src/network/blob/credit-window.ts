import {
  BLOB_WINDOW_GROWTH_DIVISOR,
  BLOB_WINDOW_MAX_BYTES,
  BLOB_WINDOW_START_BYTES,
} from '../../protocol/blob.ts';
import { KilnError } from '../../base/errors.ts';

/**
 * What a holder may have under way: 256 KiB at first, growing with what was acknowledged up to 4 MiB. WebRTC streams
 * have no read back-pressure, and a cold connection that is given more loses a burst and stalls for seconds.
 */
export class CreditWindow {
  #sentBytes = 0;
  #ackedBytes = 0;

  /** May this many more bytes be sent now? */
  allows(bytes: number): boolean {
    return this.#sentBytes - this.#ackedBytes + bytes <= this.sizeBytes;
  }

  get sizeBytes(): number {
    const grown = BLOB_WINDOW_START_BYTES + Math.floor(this.#ackedBytes / BLOB_WINDOW_GROWTH_DIVISOR);
    return Math.min(BLOB_WINDOW_MAX_BYTES, grown);
  }

  sent(bytes: number): void {
    this.#sentBytes += bytes;
  }

  /** Takes a cumulative acknowledgement; throws `blob/bad-ack` when it names bytes that were never sent. */
  acked(totalBytes: number): void {
    if (totalBytes > this.#sentBytes) {
      throw new KilnError('blob/bad-ack', 'The peer acknowledged bytes that were never sent.', {
        data: { totalBytes, sentBytes: this.#sentBytes },
      });
    }
    this.#ackedBytes = Math.max(this.#ackedBytes, totalBytes);
  }
}
