import { aborted, KilnError } from '../../../src/base/errors.ts';
import { type Clock, sleep } from '../../../src/base/time.ts';
import type { ConnectionQuality } from '../../../src/market/choose/rank.ts';
import { type Demand, openDemand, openOffer } from '../../../src/protocol/announce.ts';
import type { FrameStream, StreamProtocol } from '../../../src/protocol/channel.ts';
import { encodeEnvelope, type Envelope, type Opened } from '../../../src/protocol/envelope.ts';
import { type Identity, identityFromSeed, type PeerId } from '../../../src/protocol/identity.ts';
import type { JobKind } from '../../../src/protocol/primitives.ts';
import type { PeerAddress, ProviderNetwork } from '../../../src/provider/slices.ts';
import type { RequestorNetwork } from '../../../src/requestor/slices.ts';
import { openFraudProof, type SoundProof } from '../../../src/verification/fraud-proof.ts';
import { MemoryBlobs } from './memory-blobs.ts';
import { type StreamPair, streamPair, type Wire } from './memory-stream.ts';
import type * as v from 'valibot';

type AnyProtocol = StreamProtocol<v.GenericSchema, v.GenericSchema>;
type DemandHandler = (demand: Opened<Demand>) => void;

/** `stalled`: reachable, but nothing gets through for now. `gone`: nothing ever will, and nobody is told. */
type Health = 'online' | 'stalled' | 'gone';

interface OpenPair extends StreamPair {
  readonly peers: readonly [PeerId, PeerId];
  readonly protocol: string;
}

/**
 * Many peers in one process: real identities, signatures and schemas; streams, gossip and blobs in memory, with a
 * latency and with faults on demand. Rates are not limited here; `network` tests those.
 */
export class MemoryNetwork {
  readonly clock: Clock;
  latencyMs: number;
  /** In which network each peer is seen by others, where that can be seen. */
  readonly prefixes = new Map<PeerId, string>();
  readonly #peers = new Map<PeerId, MemoryPeer>();
  readonly #health = new Map<PeerId, Health>();
  readonly #pairs = new Set<OpenPair>();
  readonly #demands = new Map<
    string,
    { readonly kind: JobKind; readonly from: PeerId; readonly bytes: Uint8Array }
  >();

  /** @param latencyMs one way. @default 0 */
  constructor(clock: Clock, latencyMs = 0) {
    this.clock = clock;
    this.latencyMs = latencyMs;
  }

  /**
   * A new peer; the same number (1 to 255) gives the same identity again, as a reloaded tab has it: what was there
   * under this identity is cut off.
   */
  join(number: number): MemoryPeer {
    const peer = new MemoryPeer(this, identityFromSeed(new Uint8Array(32).fill(number)));
    this.breakStreams(peer.identity.peer);
    this.#peers.set(peer.identity.peer, peer);
    this.#health.set(peer.identity.peer, 'online');
    return peer;
  }

  /** Nothing gets through to or from this peer until {@link resume}. */
  stall(peer: PeerId): void {
    this.#health.set(peer, 'stalled');
  }

  /** What was held arrives now. */
  resume(peer: PeerId): void {
    this.#health.set(peer, 'online');
    for (const pair of this.#pairsOf(peer)) pair.release();
  }

  /** The peer is gone without a word, like a tab that crashed: others only hear silence. */
  vanish(peer: PeerId): void {
    this.#health.set(peer, 'gone');
  }

  /** Breaks all open streams of a peer, or those of one protocol; new ones can be opened at once. */
  breakStreams(peer: PeerId, protocol?: string): void {
    for (const pair of this.#pairsOf(peer))
      if (protocol === undefined || pair.protocol === protocol) pair.breakNow();
  }

  /** Streams open now, of one protocol or all. */
  openStreams(protocol?: string): number {
    return [...this.#pairs].filter((pair) => protocol === undefined || pair.protocol === protocol).length;
  }

  /** Is this the newest incarnation of its identity, and not cut off? */
  isOnline(peer: MemoryPeer): boolean {
    return this.#peers.get(peer.identity.peer) === peer && this.health(peer.identity.peer) === 'online';
  }

  health(peer: PeerId): Health {
    return this.#health.get(peer) ?? 'gone';
  }

  peer(peer: PeerId): MemoryPeer | undefined {
    return this.health(peer) === 'gone' ? undefined : this.#peers.get(peer);
  }

  /** One way through the network, between these two. */
  async travel(from: MemoryPeer, to: PeerId): Promise<void> {
    if (this.latencyMs > 0) await sleep(this.clock, this.latencyMs);
    if (this.isOnline(from) && this.health(to) === 'online') return;
    throw new KilnError('network/unreachable', 'The peer could not be reached.', {
      data: { peer: to },
    });
  }

  connect(from: PeerId, to: PeerId, protocol: AnyProtocol): FrameStream {
    const handler = this.peer(to)?.handler(protocol.id);
    const mine = this.#pairsOf(from).filter((pair) => pair.protocol === protocol.id && pair.peers[1] === to);
    if (handler === undefined || mine.length >= protocol.maxStreamsPerPeer) {
      throw new KilnError(
        'network/unreachable',
        'The peer takes no stream of this protocol (or no more of them).',
        {
          data: { peer: to, protocol: protocol.id, open: mine.length },
        },
      );
    }
    const pair: OpenPair = Object.assign(streamPair(this.#wire(from, to), from, to, protocol.maxFrameBytes), {
      peers: [from, to] as const,
      protocol: protocol.id,
      onEnded: () => void this.#pairs.delete(pair),
    });
    this.#pairs.add(pair);
    handler(pair.listener);
    return pair.dialer;
  }

  /** Checks a demand as every node does, and hands it to all others that listen. */
  async gossip(from: MemoryPeer, kind: JobKind, envelope: Envelope): Promise<void> {
    const bytes = encodeEnvelope(envelope);
    const { message } = await openDemand(bytes, this.clock.now());
    if (!this.isOnline(from)) return;
    const demand = { kind, from: from.identity.peer, bytes };
    this.#demands.set(`${demand.from}/${message.job}`, demand);
    for (const peer of this.#peers.values()) void this.#hand(demand, peer);
  }

  /** Checks a fraud proof as every node does, and hands it to all others that are online. */
  async gossipFraud(from: MemoryPeer, envelope: Envelope): Promise<void> {
    const bytes = encodeEnvelope(envelope);
    await openFraudProof(bytes);
    if (!this.isOnline(from)) return;
    for (const peer of this.#peers.values()) {
      if (peer === from) continue;
      void this.travel(from, peer.identity.peer).then(
        async () => peer.hearFraud(await openFraudProof(bytes)),
        () => {},
      );
    }
  }

  /** The newest demands, as a board gives them to whoever joins. */
  replay(kind: JobKind, to: MemoryPeer): void {
    for (const demand of this.#demands.values()) if (demand.kind === kind) void this.#hand(demand, to);
  }

  async #hand(demand: { kind: JobKind; from: PeerId; bytes: Uint8Array }, to: MemoryPeer): Promise<void> {
    const peer = to.identity.peer;
    if (peer === demand.from) return;
    if (this.latencyMs > 0) await sleep(this.clock, this.latencyMs);
    const opened = await openDemand(demand.bytes, this.clock.now()).catch(() => undefined);
    if (opened !== undefined && this.isOnline(to)) to.hear(demand.kind, opened);
  }

  #wire(a: PeerId, b: PeerId): Wire {
    return {
      clock: this.clock,
      latencyMs: () => this.latencyMs,
      state: () => {
        const states = [this.health(a), this.health(b)];
        return states.includes('gone') ? 'lost' : states.includes('stalled') ? 'held' : 'open';
      },
    };
  }

  #pairsOf(peer: PeerId): OpenPair[] {
    return [...this.#pairs].filter((pair) => pair.peers.includes(peer));
  }
}

/** One peer of a {@link MemoryNetwork}: what both roles need of the network. */
export class MemoryPeer implements ProviderNetwork, RequestorNetwork {
  readonly identity: Identity;
  readonly blobs: MemoryBlobs;
  /** The offer on the board now. */
  offer: Envelope | undefined;
  readonly #network: MemoryNetwork;
  readonly #handlers = new Map<string, (stream: FrameStream) => void>();
  readonly #listeners = new Map<JobKind, Set<DemandHandler>>();
  readonly #fraudHandlers = new Set<(proof: SoundProof) => void>();

  constructor(network: MemoryNetwork, identity: Identity) {
    this.#network = network;
    this.identity = identity;
    this.blobs = new MemoryBlobs(async (holder, cid) => {
      try {
        await network.travel(this, holder);
        return network.peer(holder)?.blobs.serve(identity.peer, cid);
      } catch {
        return undefined;
      }
    });
  }

  addresses(): readonly string[] {
    return [`/memory/${this.identity.peer}`];
  }

  onDemand(kind: JobKind, handler: DemandHandler): () => void {
    const set = this.#listeners.get(kind) ?? new Set();
    this.#listeners.set(kind, set.add(handler));
    this.#network.replay(kind, this);
    return () => void set.delete(handler);
  }

  hear(kind: JobKind, demand: Opened<Demand>): void {
    for (const handler of this.#listeners.get(kind) ?? []) handler(demand);
  }

  async putOffer(offer: Envelope): Promise<void> {
    await openOffer(encodeEnvelope(offer), this.#network.clock.now());
    this.offer = offer;
  }

  async removeOffer(): Promise<void> {
    this.offer = undefined;
  }

  async openStream(protocol: AnyProtocol, to: PeerAddress, signal?: AbortSignal): Promise<FrameStream> {
    await this.#network.travel(this, to.peer);
    if (signal?.aborted) throw aborted(signal.reason);
    return this.#network.connect(this.identity.peer, to.peer, protocol);
  }

  async connectionTo(peer: PeerId): Promise<ConnectionQuality | undefined> {
    const isThere = this.#network.peer(peer) !== undefined;
    return isThere ? { rttMs: 2 * this.#network.latencyMs, isRelayed: false } : undefined;
  }

  async networkOf(peer: PeerId): Promise<string | undefined> {
    return this.#network.prefixes.get(peer);
  }

  publishDemand(kind: JobKind, demand: Envelope): Promise<void> {
    return this.#network.gossip(this, kind, demand);
  }

  onFraudProof(handler: (proof: SoundProof) => void): () => void {
    this.#fraudHandlers.add(handler);
    return () => void this.#fraudHandlers.delete(handler);
  }

  publishFraudProof(proof: Envelope): Promise<void> {
    return this.#network.gossipFraud(this, proof);
  }

  hearFraud(proof: SoundProof): void {
    for (const handler of this.#fraudHandlers) handler(proof);
  }

  async handle(protocol: AnyProtocol, handler: (stream: FrameStream) => void): Promise<() => Promise<void>> {
    this.#handlers.set(protocol.id, handler);
    return async () => void this.#handlers.delete(protocol.id);
  }

  handler(protocol: string): ((stream: FrameStream) => void) | undefined {
    return this.#handlers.get(protocol);
  }
}
