import { KilnError, toKilnError } from '../../base/errors.ts';
import type { Clock } from '../../base/time.ts';
import {
  BLOB,
  BLOB_PIECE_BYTES,
  type BlobAnswerMessage,
  type BlobRequestMessage,
  MAX_BLOB_REQUESTS,
} from '../../protocol/blob.ts';
import { type Channel, type FrameStream, listenerChannel } from '../../protocol/channel.ts';
import type { TokenBuckets } from '../token-bucket.ts';
import type { ChunkStore } from './blob-types.ts';
import { CreditWindow } from './credit-window.ts';

/** A receiver that acknowledges nothing for this long is gone. */
const ACK_TIMEOUT_MS = 30_000;

type Get = Extract<BlobRequestMessage, { type: 'get' }>;

/** Serves one peer's requests over one stream, in order, within its credit and its bytes per minute. */
export class BlobHolder {
  readonly #channel: Channel<BlobAnswerMessage, BlobRequestMessage>;
  readonly #chunks: ChunkStore;
  readonly #served: TokenBuckets;
  readonly #clock: Clock;
  readonly #window = new CreditWindow();
  readonly #queue: Get[] = [];
  readonly #cancelled = new Set<number>();
  #isServing = false;
  #isOver = false;
  #wake = () => {};

  constructor(stream: FrameStream, chunks: ChunkStore, served: TokenBuckets, clock: Clock) {
    this.#channel = listenerChannel(BLOB, stream);
    this.#chunks = chunks;
    this.#served = served;
    this.#clock = clock;
  }

  /** Resolves when the peer has ended the stream or it broke. */
  async run(): Promise<void> {
    try {
      for await (const message of this.#channel.messages) {
        if (message.type === 'ack') this.#window.acked(message.bytes);
        else if (message.type === 'cancel') this.#cancel(message.id);
        else await this.#accept(message);
        this.#wake();
      }
      await this.#channel.close();
    } catch (error) {
      this.#channel.abort(toKilnError(error));
    } finally {
      this.#isOver = true;
      this.#wake();
    }
  }

  async #accept(request: Get): Promise<void> {
    if (this.#queue.length >= MAX_BLOB_REQUESTS) return this.#refuse(request, 'busy');
    this.#queue.push(request);
    if (!this.#isServing) void this.#serve();
  }

  #cancel(id: number): void {
    const index = this.#queue.findIndex((request) => request.id === id);
    if (index >= 0) this.#queue.splice(index, 1);
    else if (this.#cancelled.size < MAX_BLOB_REQUESTS) this.#cancelled.add(id);
  }

  async #serve(): Promise<void> {
    this.#isServing = true;
    try {
      for (let next = this.#queue.shift(); next !== undefined && !this.#isOver; next = this.#queue.shift()) {
        this.#cancelled.clear();
        await this.#answer(next);
      }
    } catch (error) {
      this.#channel.abort(toKilnError(error));
    } finally {
      this.#isServing = false;
    }
  }

  async #answer(request: Get): Promise<void> {
    const bytes = await this.#chunks.get(request.cid);
    if (bytes === undefined || request.offset >= bytes.byteLength) return this.#refuse(request, 'not-held');
    const wanted = bytes.byteLength - request.offset;
    if (!this.#served.take(this.#channel.peer, wanted)) return this.#refuse(request, 'rate-limited');
    for (let offset = request.offset; offset < bytes.byteLength; offset += BLOB_PIECE_BYTES) {
      if (this.#cancelled.delete(request.id)) return;
      const piece = bytes.subarray(offset, offset + BLOB_PIECE_BYTES);
      await this.#credit(piece.byteLength);
      if (this.#isOver) return;
      this.#window.sent(piece.byteLength);
      const isLast = offset + BLOB_PIECE_BYTES >= bytes.byteLength;
      await this.#channel.send({ type: 'data', id: request.id, bytes: piece, isLast });
    }
  }

  async #credit(bytes: number): Promise<void> {
    while (!this.#window.allows(bytes) && !this.#isOver) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      this.#wake = resolve;
      const stop = this.#clock.after(ACK_TIMEOUT_MS, () => reject(stalled()));
      try {
        await promise;
      } finally {
        stop();
        this.#wake = () => {};
      }
    }
  }

  #refuse(request: Get, reason: 'not-held' | 'busy' | 'rate-limited'): Promise<void> {
    return this.#channel.send({ type: 'refused', id: request.id, reason });
  }
}

function stalled(): KilnError {
  return new KilnError('blob/stalled', 'The receiver stopped acknowledging what it gets.');
}
