import type { Connection, Stream } from '@libp2p/interface';
import { multiaddr, type Multiaddr } from '@multiformats/multiaddr';
import type * as v from 'valibot';
import { aborted, KilnError } from '../../base/errors.ts';
import type { Clock } from '../../base/time.ts';
import type { FrameStream, StreamProtocol } from '../../protocol/channel.ts';
import type { PeerId } from '../../protocol/identity.ts';
import { isUsable } from '../connections/connection-kind.ts';
import { frameStream } from './frame-stream.ts';
import { TokenBuckets } from '../token-bucket.ts';

/** Any stream protocol. */
export type AnyProtocol = StreamProtocol<v.GenericSchema, v.GenericSchema>;

/** A peer and how to dial it. */
export interface PeerAddress {
  readonly peer: PeerId;
  readonly addresses: readonly string[];
}

/** What this file needs of a libp2p node: a tab's, a relay's, or a test's. */
export interface StreamNode {
  getConnections(): Connection[];
  dial(addresses: Multiaddr[], options: { signal: AbortSignal }): Promise<Connection>;
  handle(
    protocol: string,
    handler: (stream: Stream, connection: Connection) => void,
    options: { maxInboundStreams: number; maxOutboundStreams: number },
  ): Promise<void>;
  unhandle(protocol: string): Promise<void>;
}

/** A dial with its WebRTC handshake; the 50th percentile is 71 ms. */
const DIAL_TIMEOUT_MS = 12_000;
/** A lost packet in the handshake must not fail a join. */
const DIAL_ATTEMPTS = 2;
/** Streams one peer may open per second, sustained and in a burst: each costs ten times a frame. */
const STREAMS_PER_SECOND = 10;
const STREAM_BURST = 60;

/** Opens and accepts framed streams, with every limit of their protocol. */
export class Streams {
  readonly #node: StreamNode;
  readonly #clock: Clock;
  readonly #opened: TokenBuckets;
  readonly #count = new Map<string, number>();
  readonly #handled = new Set<string>();
  /** Addresses to try when a peer is named without any. */
  readonly #guessAddresses: (peer: PeerId) => readonly string[];

  constructor(
    node: StreamNode,
    clock: Clock,
    guessAddresses: (peer: PeerId) => readonly string[] = () => [],
  ) {
    this.#node = node;
    this.#clock = clock;
    this.#guessAddresses = guessAddresses;
    this.#opened = new TokenBuckets(clock, STREAMS_PER_SECOND, STREAM_BURST);
  }

  /** Opens a stream, dialling the peer when there is no usable connection. Throws `network/unreachable`. */
  async open(protocol: AnyProtocol, to: PeerAddress, signal?: AbortSignal): Promise<FrameStream> {
    let cause: unknown;
    for (let attempt = 0; attempt < DIAL_ATTEMPTS; attempt++) {
      const timeout = AbortSignal.timeout(DIAL_TIMEOUT_MS);
      const within = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
      try {
        const connection = this.#connection(to.peer) ?? (await this.#dial(to, within));
        const stream = await connection.newStream(protocol.id, { signal: within, maxOutboundStreams: 1_000 });
        return frameStream(stream, to.peer, protocol, this.#clock);
      } catch (error) {
        if (signal?.aborted) throw aborted(signal.reason);
        if (error instanceof KilnError) throw error;
        cause = error;
      }
    }
    throw unreachable(to, protocol, cause);
  }

  /** Accepts streams of a protocol; the result stops accepting. */
  async handle(protocol: AnyProtocol, handler: (stream: FrameStream) => void): Promise<() => Promise<void>> {
    if (this.#handled.has(protocol.id)) {
      throw new KilnError('network/already-handled', 'This protocol has a handler already.', {
        data: { protocol: protocol.id },
        hint: 'Call the function that the first handle() gave back, then handle it anew.',
      });
    }
    this.#handled.add(protocol.id);
    // Twice ours: a stream that its peer has ended lingers a little, and is no longer the peer's.
    const limits = { maxInboundStreams: protocol.maxStreamsPerPeer * 2, maxOutboundStreams: 1_000 };
    await this.#node.handle(
      protocol.id,
      (stream, connection) => this.#accept(protocol, stream, connection.remotePeer.toString(), handler),
      limits,
    );
    return () => {
      this.#handled.delete(protocol.id);
      return this.#node.unhandle(protocol.id);
    };
  }

  #accept(protocol: AnyProtocol, stream: Stream, peer: PeerId, handler: (stream: FrameStream) => void): void {
    const key = `${protocol.id} ${peer}`;
    const open = this.#count.get(key) ?? 0;
    if (open >= protocol.maxStreamsPerPeer || !this.#opened.take(peer)) {
      const data = { protocol: protocol.id, peer, open };
      stream.abort(
        new KilnError('network/too-many-streams', 'This peer opens more streams than it may.', { data }),
      );
      return;
    }
    this.#count.set(key, open + 1);
    const release = () => {
      const left = (this.#count.get(key) ?? 1) - 1;
      if (left > 0) this.#count.set(key, left);
      else this.#count.delete(key);
    };
    handler(frameStream(stream, peer, protocol, this.#clock, release));
  }

  #connection(peer: PeerId): Connection | undefined {
    return this.#node.getConnections().find((one) => one.remotePeer.toString() === peer && isUsable(one));
  }

  async #dial(to: PeerAddress, signal: AbortSignal): Promise<Connection> {
    const addresses = dialable(to, to.addresses.length > 0 ? to.addresses : this.#guessAddresses(to.peer));
    if (addresses.length === 0)
      throw new KilnError('network/no-address', 'Nobody knows how to reach this peer.', {
        data: { peer: to.peer },
      });
    return this.#node.dial(addresses, { signal });
  }
}

/** Addresses that lead to a connection which carries streams: a bare circuit only carries signalling. */
function dialable(to: PeerAddress, addresses: readonly string[]): Multiaddr[] {
  const found: Multiaddr[] = [];
  for (const text of addresses) {
    try {
      const address = multiaddr(text);
      const names = address.getComponents().map(({ name }) => name);
      if (names.includes('p2p-circuit') && !names.includes('webrtc')) continue;
      if (text.endsWith(`/p2p/${to.peer}`)) found.push(address);
    } catch {
      // a stranger's address may be anything
    }
  }
  return found;
}

function unreachable(to: PeerAddress, protocol: AnyProtocol, cause: unknown): KilnError {
  return new KilnError('network/unreachable', 'The peer could not be reached.', {
    data: {
      peer: to.peer,
      protocol: protocol.id,
      why: cause instanceof Error ? cause.message.slice(0, 200) : '',
    },
    hint: 'It may have left; try again or choose another peer.',
    cause,
  });
}
