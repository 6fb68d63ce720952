import { KilnError } from '../../base/errors.ts';
import { AsyncQueue } from '../../base/queue.ts';
import type { FrameStream } from '../../protocol/channel.ts';
import type { PeerId } from '../../protocol/identity.ts';
import type { AnyProtocol, PeerAddress, Streams } from '../streams/streams.ts';

/** Streams between peers of one process, in memory, with a way to break them. */
export class MemoryStreams {
  readonly #handlers = new Map<string, (stream: FrameStream) => void>();
  readonly #open = new Map<PeerId, Set<FrameStream>>();

  /** One peer's way to the others. */
  of(self: PeerId): Pick<Streams, 'open' | 'handle'> {
    return {
      open: async (protocol: AnyProtocol, to: PeerAddress) => {
        const handler = this.#handlers.get(`${to.peer} ${protocol.id}`);
        if (handler === undefined) throw new KilnError('network/unreachable', 'There is no such peer.');
        const [here, there] = framePair(self, to.peer);
        for (const peer of [self, to.peer])
          this.#open.set(peer, (this.#open.get(peer) ?? new Set()).add(here));
        handler(there);
        return here;
      },
      handle: async (protocol, handler) => {
        const key = `${self} ${protocol.id}`;
        this.#handlers.set(key, handler);
        return async () => void this.#handlers.delete(key);
      },
    };
  }

  /** Breaks every stream of a peer, as a lost connection does. */
  break(peer: PeerId): void {
    for (const stream of this.#open.get(peer) ?? [])
      stream.abort(new KilnError('network/stream-broken', 'Broken.'));
    this.#open.delete(peer);
  }
}

/** Both ends of one stream. */
export function framePair(dialer: PeerId, listener: PeerId): [FrameStream, FrameStream] {
  const toListener = new AsyncQueue<Uint8Array>(Number.POSITIVE_INFINITY);
  const toDialer = new AsyncQueue<Uint8Array>(Number.POSITIVE_INFINITY);
  const end = (peer: PeerId, out: AsyncQueue<Uint8Array>, into: AsyncQueue<Uint8Array>): FrameStream => ({
    peer,
    send: async (frame) => {
      if (!out.push(frame)) throw new KilnError('network/stream-broken', 'The stream is over.');
    },
    frames: into,
    close: async () => out.end(),
    abort: (error) => {
      out.end(new KilnError('network/stream-broken', 'The peer aborted.'));
      into.end(error);
    },
  });
  return [end(listener, toListener, toDialer), end(dialer, toDialer, toListener)];
}
