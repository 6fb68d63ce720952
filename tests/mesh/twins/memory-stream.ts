import { copyBytes } from '../../../src/base/bytes.ts';
import { KilnError } from '../../../src/base/errors.ts';
import { AsyncQueue } from '../../../src/base/queue.ts';
import type { Clock } from '../../../src/base/time.ts';
import type { FrameStream } from '../../../src/protocol/channel.ts';
import type { PeerId } from '../../../src/protocol/identity.ts';

/** Frames on their way or unread after which a sender waits. */
const WINDOW_FRAMES = 256;
/** How long the half of a stream whose other half was closed politely may still answer, as in `network`. */
const LINGER_MS = 10_000;

/** How things travel between the two ends now. */
export interface Wire {
  readonly clock: Clock;
  latencyMs(): number;
  /** `held` things wait for `release`, `lost` ones never arrive. */
  state(): 'open' | 'held' | 'lost';
}

/** Both ends of one stream, and what a test can do to it. */
export interface StreamPair {
  readonly dialer: FrameStream;
  readonly listener: FrameStream;
  /** Delivers what was held. */
  release(): void;
  /** Breaks it for both ends, as a lost connection does. */
  breakNow(): void;
  /** Called once when both directions have ended. */
  onEnded: () => void;
}

type Item = { readonly frame: Uint8Array } | { readonly end: KilnError | undefined };

/** One direction: frames arrive in order, after the wire's latency. */
class Pipe {
  readonly unread = new AsyncQueue<Uint8Array>(Number.POSITIVE_INFINITY);
  readonly #wire: Wire;
  readonly #onEnd: (error: KilnError | undefined) => void;
  readonly #held: Item[] = [];
  readonly #drained: (() => void)[] = [];
  #underWay = 0;
  /** The reader was told that no more comes. */
  isEnded = false;
  /** The sender said that no more comes. */
  isClosed = false;

  constructor(wire: Wire, onEnd: (error: KilnError | undefined) => void) {
    this.#wire = wire;
    this.#onEnd = onEnd;
  }

  /** Resolves when another frame may follow. */
  async send(frame: Uint8Array): Promise<void> {
    this.#underWay++;
    this.#travel({ frame: copyBytes(frame) });
    while (this.#underWay >= WINDOW_FRAMES && !this.isEnded && !this.isClosed) {
      await new Promise<void>((resolve) => this.#drained.push(resolve));
    }
    if (this.isEnded) throw broken();
  }

  endLater(error?: KilnError): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.#wake();
    this.#travel({ end: error });
  }

  endNow(error?: KilnError): void {
    if (this.isEnded) return;
    this.isEnded = true;
    this.unread.end(error);
    this.#wake();
    this.#onEnd(error);
  }

  release(): void {
    while (this.#held.length > 0 && this.#wire.state() === 'open') this.#arrive(this.#held.shift()!);
  }

  async *read(): AsyncGenerator<Uint8Array> {
    for await (const frame of this.unread) {
      this.#underWay--;
      this.#wake();
      yield frame;
    }
  }

  #wake(): void {
    for (const resolve of this.#drained.splice(0)) resolve();
  }

  #travel(item: Item): void {
    const latencyMs = this.#wire.latencyMs();
    if (latencyMs > 0) this.#wire.clock.after(latencyMs, () => this.#land(item));
    else queueMicrotask(() => this.#land(item));
  }

  #land(item: Item): void {
    const state = this.#wire.state();
    if (state === 'lost') return;
    if (state === 'held' || this.#held.length > 0) this.#held.push(item);
    else this.#arrive(item);
  }

  #arrive(item: Item): void {
    if ('frame' in item) this.unread.push(item.frame);
    else this.endNow(item.end);
  }
}

/** A stream between two peers in one process, with the behaviour of `network`'s: see FrameStream. */
export function streamPair(wire: Wire, dialer: PeerId, listener: PeerId, maxFrameBytes: number): StreamPair {
  let stopLinger = () => {};
  const ends = (other: () => Pipe) => (error: KilnError | undefined) => {
    stopLinger();
    if (other().isEnded) pair.onEnded();
    else if (error === undefined) stopLinger = wire.clock.after(LINGER_MS, () => other().endNow());
  };
  const up: Pipe = new Pipe(
    wire,
    ends(() => down),
  );
  const down: Pipe = new Pipe(
    wire,
    ends(() => up),
  );
  const pair: StreamPair = {
    dialer: end(listener, up, down, maxFrameBytes),
    listener: end(dialer, down, up, maxFrameBytes),
    release: () => [up, down].forEach((pipe) => pipe.release()),
    breakNow: () => [up, down].forEach((pipe) => pipe.endNow(broken())),
    onEnded: () => {},
  };
  return pair;
}

function end(peer: PeerId, out: Pipe, into: Pipe, maxFrameBytes: number): FrameStream {
  return {
    peer,
    frames: { [Symbol.asyncIterator]: () => into.read() },
    async send(frame) {
      if (frame.byteLength === 0 || frame.byteLength > maxFrameBytes) {
        throw new KilnError('network/frame-too-large', 'This frame does not fit the protocol.');
      }
      if (out.isClosed || out.isEnded) throw broken();
      await out.send(frame);
    },
    close: async () => out.endLater(),
    abort(error) {
      into.endNow(error);
      out.endLater(broken());
    },
  };
}

function broken(): KilnError {
  return new KilnError('network/stream-broken', 'The stream broke before the peer ended it.');
}
