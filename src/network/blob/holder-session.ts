import { type Bytes, concat } from '../../base/bytes.ts';
import { CHUNK_BYTES, type Cid, matchesCid } from '../../base/cid.ts';
import { aborted, KilnError, toKilnError } from '../../base/errors.ts';
import type { Clock } from '../../base/time.ts';
import {
  BLOB,
  BLOB_PIECE_BYTES,
  type BlobAnswerMessage,
  type BlobRequestMessage,
} from '../../protocol/blob.ts';
import { type Channel, dialerChannel, type FrameStream } from '../../protocol/channel.ts';
import type { PeerId } from '../../protocol/identity.ts';

/** A holder that sends nothing for this long, while something is asked of it, is given up. */
const SILENCE_MS = 20_000;

interface Pending {
  readonly cid: Cid;
  readonly pieces: Uint8Array[];
  bytes: number;
  readonly done: PromiseWithResolvers<Bytes>;
}

/** The asking end of a blob stream to one holder: many requests in flight, each answer verified. */
export class HolderSession {
  readonly holder: PeerId;
  readonly #channel: Channel<BlobRequestMessage, BlobAnswerMessage>;
  readonly #clock: Clock;
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;
  #receivedBytes = 0;
  #ackedBytes = 0;
  #over: KilnError | undefined;
  #stopSilence = () => {};

  constructor(stream: FrameStream, clock: Clock) {
    this.holder = stream.peer;
    this.#channel = dialerChannel(BLOB, stream);
    this.#clock = clock;
    void this.#read();
  }

  /** Is this session of no more use? */
  get isOver(): boolean {
    return this.#over !== undefined;
  }

  get isIdle(): boolean {
    return this.#pending.size === 0;
  }

  /**
   * Fetches one chunk or chunk list. Throws `blob/digest-mismatch` when the holder lied, `blob/not-held`, `blob/busy`,
   * `blob/rate-limited`, `blob/stalled`, or what broke the stream.
   */
  async fetch(cid: Cid, signal?: AbortSignal): Promise<Bytes> {
    if (signal?.aborted) throw aborted(signal.reason);
    if (this.#over !== undefined) throw this.#over;
    const id = this.#nextId++;
    const pending: Pending = { cid, pieces: [], bytes: 0, done: Promise.withResolvers() };
    this.#pending.set(id, pending);
    const onAbort = () => {
      if (!this.#pending.delete(id)) return;
      pending.done.reject(aborted(signal?.reason));
      this.#send({ type: 'cancel', id });
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    if (this.#pending.size === 1) this.#watchSilence();
    this.#send({ type: 'get', id, cid, offset: 0 });
    try {
      return await pending.done.promise;
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  close(): Promise<void> {
    this.#end(new KilnError('blob/closed', 'The blob stream was closed.'));
    return this.#channel.close();
  }

  async #read(): Promise<void> {
    try {
      for await (const message of this.#channel.messages) {
        if (message.type === 'data') this.#onData(message);
        else this.#settle(message.id)?.done.reject(refused(message.reason, this.holder));
      }
      this.#end(new KilnError('blob/closed', 'The holder ended the blob stream.'));
    } catch (error) {
      this.#abort(toKilnError(error));
    }
  }

  #onData(message: Extract<BlobAnswerMessage, { type: 'data' }>): void {
    this.#receivedBytes += message.bytes.byteLength;
    this.#watchSilence();
    if (this.#receivedBytes - this.#ackedBytes >= BLOB_PIECE_BYTES) {
      this.#ackedBytes = this.#receivedBytes;
      this.#send({ type: 'ack', bytes: this.#receivedBytes });
    }
    const pending = this.#pending.get(message.id);
    if (pending === undefined) return;
    pending.bytes += message.bytes.byteLength;
    if (pending.bytes > CHUNK_BYTES) throw mismatch(pending.cid, this.holder);
    pending.pieces.push(message.bytes);
    if (message.isLast) void this.#verify(message.id, pending);
  }

  async #verify(id: number, pending: Pending): Promise<void> {
    this.#settle(id);
    const bytes = concat(pending.pieces);
    if (await matchesCid(pending.cid, bytes)) return pending.done.resolve(bytes);
    const error = mismatch(pending.cid, this.holder);
    pending.done.reject(error);
    this.#abort(error);
  }

  #settle(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (this.#pending.size === 0) this.#stopSilence();
    return pending;
  }

  #watchSilence(): void {
    this.#stopSilence();
    this.#stopSilence = this.#clock.after(SILENCE_MS, () => {
      if (this.#pending.size > 0) this.#abort(new KilnError('blob/stalled', 'The holder stopped sending.'));
    });
  }

  #send(message: BlobRequestMessage): void {
    this.#channel.send(message).catch((error: unknown) => this.#abort(toKilnError(error)));
  }

  #abort(error: KilnError): void {
    this.#end(error);
    this.#channel.abort(error);
  }

  #end(error: KilnError): void {
    this.#over ??= error;
    this.#stopSilence();
    for (const pending of this.#pending.values()) pending.done.reject(error);
    this.#pending.clear();
  }
}

function mismatch(cid: Cid, holder: PeerId): KilnError {
  return new KilnError('blob/digest-mismatch', 'A holder sent bytes that do not match their CID.', {
    data: { cid, holder },
    hint: 'It is not asked again; fetch from another holder.',
  });
}

function refused(reason: 'not-held' | 'busy' | 'rate-limited', holder: PeerId): KilnError {
  return new KilnError(`blob/${reason}`, 'A holder refused a request.', { data: { holder, reason } });
}
