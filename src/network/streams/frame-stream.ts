import type { Stream, StreamCloseEvent, StreamMessageEvent } from '@libp2p/interface';
import { KilnError, toKilnError } from '../../base/errors.ts';
import { AsyncQueue } from '../../base/queue.ts';
import type { Clock } from '../../base/time.ts';
import type { FrameStream } from '../../protocol/channel.ts';
import type { PeerId } from '../../protocol/identity.ts';
import { END_OF_FRAMES, FrameParser, prefixFrame } from './frame-parser.ts';
import { SendPace } from './send-pace.ts';
import { TokenBucket } from '../token-bucket.ts';

/** The limits of a StreamProtocol that a framed stream keeps. */
export interface FrameLimits {
  readonly id: string;
  readonly maxFrameBytes: number;
  readonly framesPerSecond: number;
  readonly frameBurst: number;
}

/** Unread bytes beyond this pause the peer; the blob window (4 MiB) plus a few large frames fit below. */
const MAX_UNREAD_BYTES = 8 * 1_048_576;
/** A sender that never waits may pile up this much before its stream is aborted. */
const MAX_UNSENT_BYTES = 16 * 1_048_576;
/** After the peer's polite end our own half may still answer this long. */
const LINGER_MS = 10_000;

/**
 * Frames over a libp2p stream, with the protocol's limits held against the peer and kept by ourselves. `onEnd` is called
 * once, when nothing more can come from the peer.
 */
export function frameStream(
  stream: Stream,
  peer: PeerId,
  limits: FrameLimits,
  clock: Clock,
  onEnd: () => void = () => {},
): FrameStream {
  const parser = new FrameParser(limits.maxFrameBytes);
  const bucket = new TokenBucket(clock, limits.framesPerSecond, limits.frameBurst);
  const pace = new SendPace(limits, clock);
  const unread = new AsyncQueue<Uint8Array>(Number.POSITIVE_INFINITY);
  let unreadBytes = 0;
  let isEnded = false;
  let isPaused = false;
  let isClosing = false;
  let failure: KilnError | undefined;
  let stopLinger = () => {};
  stream.maxWriteBufferLength = MAX_UNSENT_BYTES + limits.maxFrameBytes;

  const end = (error?: KilnError) => {
    if (isEnded) return;
    isEnded = true;
    failure = error;
    unread.end(error);
    onEnd();
  };
  const abort = (error: KilnError) => {
    end(error);
    stream.abort(error);
  };
  const onMessage = (event: StreamMessageEvent) => {
    if (isEnded) return;
    try {
      for (const parsed of parser.push(event.data.subarray())) {
        if (parsed.kind === 'end') return onPoliteEnd();
        if (!bucket.take()) throw tooManyFrames(limits);
        unread.push(parsed.bytes);
        unreadBytes += parsed.bytes.byteLength;
      }
      if (unreadBytes <= MAX_UNREAD_BYTES || isPaused) return;
      isPaused = true;
      stream.pause();
    } catch (error) {
      abort(toKilnError(error));
    }
  };
  const onPoliteEnd = () => {
    end();
    stopLinger = clock.after(LINGER_MS, () => void stream.close().catch(() => {}));
  };
  const onClose = (event: StreamCloseEvent) => {
    stopLinger();
    end(broken(limits, event.error));
    stream.removeEventListener('message', onMessage);
  };
  stream.addEventListener('message', onMessage);
  stream.addEventListener('close', onClose, { once: true });
  stream.addEventListener('end', () => stream.status === 'open' && end(broken(limits)), { once: true });
  if (stream.status !== 'open') end(broken(limits));

  async function* frames(): AsyncGenerator<Uint8Array> {
    for await (const frame of unread) {
      unreadBytes -= frame.byteLength;
      if (isPaused && unreadBytes < MAX_UNREAD_BYTES / 2 && stream.status === 'open') {
        isPaused = false;
        stream.resume();
      }
      yield frame;
    }
  }

  const write = async (frame: Uint8Array) => {
    if (failure !== undefined) throw failure;
    if (stream.status !== 'open') throw broken(limits);
    try {
      if (!stream.send(prefixFrame(frame))) await drained(stream);
    } catch (error) {
      throw failure ?? toKilnError(error, 'network/stream-broken');
    }
  };

  return {
    peer,
    frames: { [Symbol.asyncIterator]: frames },
    async send(frame) {
      assertSendable(frame, limits);
      if (isClosing) throw failure ?? broken(limits);
      await pace.turn(() => write(frame));
    },
    async close() {
      if (isClosing || stream.status !== 'open') return;
      isClosing = true;
      try {
        await pace.idle();
        stream.send(END_OF_FRAMES);
        await stream.close();
      } catch {
        // the peer was faster: there is nobody left to be polite to
      }
    },
    abort,
  };
}

/**
 * Resolves when the stream takes bytes again; rejects when it closes. (`stream.onDrain()` works once per stream:
 * its promise is never renewed, and from then on a sender piles everything up in memory.)
 */
async function drained(stream: Stream): Promise<void> {
  while (stream.writableNeedsDrain) {
    await new Promise<void>((resolve, reject) => {
      const settle = (event: Event) => {
        stream.removeEventListener('drain', settle);
        stream.removeEventListener('close', settle);
        if (event.type === 'drain') resolve();
        else reject((event as StreamCloseEvent).error ?? new Error('The stream closed.'));
      };
      if (stream.status !== 'open') return reject(new Error('The stream closed.'));
      stream.addEventListener('drain', settle);
      stream.addEventListener('close', settle);
    });
    // The stream goes on with what it had buffered in a microtask after `drain`, and may be full again at once.
    await Promise.resolve();
  }
}

function assertSendable(frame: Uint8Array, limits: FrameLimits): void {
  if (frame.byteLength > 0 && frame.byteLength <= limits.maxFrameBytes) return;
  throw new KilnError('network/frame-too-large', 'This frame does not fit the protocol.', {
    data: { protocol: limits.id, bytes: frame.byteLength, maxBytes: limits.maxFrameBytes },
    hint: 'Send less per frame.',
  });
}

function tooManyFrames(limits: FrameLimits): KilnError {
  return new KilnError('network/too-many-frames', 'The peer sends more frames than the protocol allows.', {
    data: { protocol: limits.id, perSecond: limits.framesPerSecond, burst: limits.frameBurst },
    hint: 'Refuse this peer for a while.',
  });
}

function broken(limits: FrameLimits, cause?: unknown): KilnError {
  return new KilnError('network/stream-broken', 'The stream broke before the peer ended it.', {
    data: { protocol: limits.id },
    hint: 'Connect again and resume.',
    cause,
  });
}
