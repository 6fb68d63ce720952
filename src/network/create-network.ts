import type { Cid } from '../base/cid.ts';
import type { Bytes } from '../base/bytes.ts';
import type { Observable } from '../base/observable.ts';
import type { Random } from '../base/random.ts';
import { Scope } from '../base/scope.ts';
import { type Clock, systemClock } from '../base/time.ts';
import type { Demand } from '../protocol/announce.ts';
import type { FrameStream } from '../protocol/channel.ts';
import { MAX_ADDRESS_CHARS, MAX_ADDRESSES } from '../protocol/constants.ts';
import type { Envelope, Opened } from '../protocol/envelope.ts';
import { type Identity, identityFromSeed, type PeerId } from '../protocol/identity.ts';
import type { JobKind } from '../protocol/primitives.ts';
import type { SoundProof } from '../verification/fraud-proof.ts';
import { BlobExchange } from './blob/blob-exchange.ts';
import type { BlobRequest, ChunkStore } from './blob/blob-types.ts';
import { BoardSessions } from './board/board-sessions.ts';
import { BoardMemory } from './board/board-view.ts';
import { closeUsedCircuits } from './connections/circuit-closer.ts';
import { type ConnectionQuality, connectionQuality, networkOf } from './connections/connection-quality.ts';
import { watchConnections } from './connections/connection-view.ts';
import { DemandFeed } from './gossip/demand-feed.ts';
import { FraudGossip } from './gossip/fraud-gossip.ts';
import { Gossip } from './gossip/gossip.ts';
import { startTabNode, type TabNode } from './libp2p-node.ts';
import { hangUpOnLeaving } from './connections/leaving.ts';
import { parseRelayAddress, type RelayAddress } from './relays/relay-address.ts';
import { RelayLinks } from './relays/relay-links.ts';
import { type AnyProtocol, type PeerAddress, Streams } from './streams/streams.ts';
import type { BoardView, ConnectionView } from './view.ts';

/** What a network is made of. */
export interface NetworkOptions {
  /** 32 bytes, Ed25519; keep it, so that relays and peers know this tab again. */
  readonly identitySeed: Uint8Array;
  /** Multiaddresses of relays, each with its `/p2p/…`. */
  readonly relays: readonly string[];
  /** Where chunks of blobs are kept and served from. */
  readonly chunks: ChunkStore;
  /** @default the platform's clock */
  readonly clock?: Clock;
  /** @default Math.random */
  readonly random?: Random;
  /** STUN and TURN servers. @default none: direct paths only */
  readonly iceServers?: readonly RTCIceServer[];
}

/** This tab's place in the network. */
export interface Network extends AsyncDisposable {
  readonly identity: Identity;
  readonly connection: Observable<ConnectionView>;
  readonly board: Observable<BoardView>;
  /** Resolves once others can reach this tab; rejects with `base/aborted`. */
  whenOnline(signal?: AbortSignal): Promise<void>;
  addresses(): readonly string[];
  onDemand(kind: JobKind, handler: (demand: Opened<Demand>) => void): () => void;
  publishDemand(kind: JobKind, demand: Envelope): Promise<void>;
  /** Fraud proofs of others whose signatures are in order; the result unsubscribes. */
  onFraudProof(handler: (proof: SoundProof) => void): () => void;
  publishFraudProof(proof: Envelope): Promise<void>;
  putOffer(offer: Envelope): Promise<void>;
  removeOffer(): Promise<void>;
  openStream(protocol: AnyProtocol, to: PeerAddress, signal?: AbortSignal): Promise<FrameStream>;
  /** How well a peer is reached now; undefined while it is not connected. */
  connectionTo(peer: PeerId): Promise<ConnectionQuality | undefined>;
  /** The network (/24 or /48) that a peer's packets come from now; undefined where that cannot be seen. */
  networkOf(peer: PeerId): Promise<string | undefined>;
  handle(protocol: AnyProtocol, handler: (stream: FrameStream) => void): Promise<() => Promise<void>>;
  readonly blobs: {
    get(cid: Cid, request: BlobRequest): Promise<Bytes>;
    put(bytes: Uint8Array): Promise<Cid>;
    heldBytes(blobs: readonly { readonly cid: Cid; readonly bytes: number }[]): Promise<number>;
    /** Downstream bandwidth of this line as fetches showed it; undefined before the first. */
    readonly downBitsPerSecond: number | undefined;
  };
  /** Round trip to the nearest relay, in milliseconds; undefined while none has answered. */
  latencyMs(): number | undefined;
}

/**
 * Joins the network. Resolves when the node runs; the relays are dialled in the background, again and again.
 * Throws `network/bad-relay-address`.
 *
 * @example
 * await using network = await createNetwork({ identitySeed, relays: config.relays, chunks });
 * await network.whenOnline(AbortSignal.timeout(10_000));
 */
export async function createNetwork(options: NetworkOptions): Promise<Network> {
  const clock = options.clock ?? systemClock;
  const relays = options.relays.map(parseRelayAddress);
  const relayPeers = new Set(relays.map(({ peer }) => peer));
  const identity = identityFromSeed(options.identitySeed);
  const node = await startTabNode(options.identitySeed, relays, {
    iceServers: [...(options.iceServers ?? [])],
  });
  const scope = new Scope();
  scope.add(() => node.stop());
  scope.add(closeUsedCircuits(node));
  scope.add(hangUpOnLeaving(node));

  const streams = new Streams(node, clock, (peer) => guessAddresses(node, relays, peer));
  const feed = new DemandFeed(clock);
  const memory = new BoardMemory(clock);
  scope.add(() => memory.stop());
  const onDemand = (demand: Opened<Demand>) => {
    memory.addDemand(demand.message);
    if (demand.signer !== identity.peer) feed.deliver(demand);
  };
  const gossip = own(scope, new Gossip(node, relayPeers, clock, onDemand));
  const fraud = own(scope, new FraudGossip(node, relayPeers, clock));
  const links = own(scope, new RelayLinks(node, relays, clock, options.random ?? Math.random));
  const sessions = own(
    scope,
    new BoardSessions(links, streams, clock, {
      onOffer: (offer) => memory.addOffer(offer.message),
      onDemand,
      onOfferRemoved: (provider) => memory.removeOffer(provider),
      onSilent: (relay) => hangUp(node, relay),
    }),
  );
  const addresses = () => shareableAddresses(node);
  const connection = watchConnections(node, links, identity.peer, relayPeers, () => addresses().length > 0);
  scope.add(connection.stop);
  const blobs = own(scope, await BlobExchange.start(streams, options.chunks, clock));

  return {
    identity,
    connection: connection.view,
    board: memory.view,
    whenOnline: connection.whenOnline,
    addresses,
    onDemand(kind, handler) {
      const unlisten = feed.listen(kind, handler);
      const unhear = gossip.listen(kind);
      void sessions.queryDemands(kind);
      return () => {
        unlisten();
        unhear();
      };
    },
    publishDemand: (kind, demand) => gossip.publish(kind, demand),
    onFraudProof: (handler) => fraud.listen(handler),
    publishFraudProof: (proof) => fraud.publish(proof),
    putOffer: (offer) => sessions.putOffer(offer),
    removeOffer: () => sessions.removeOffer(),
    latencyMs: () => sessions.latencyMs,
    openStream: (protocol, to, signal) => streams.open(protocol, to, signal),
    connectionTo: (peer) => connectionQuality(node.getConnections(), peer),
    networkOf: (peer) => networkOf(node.getConnections(), peer),
    handle: (protocol, handler) => streams.handle(protocol, handler),
    blobs,
    [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
  };
}

function own<T extends AsyncDisposable>(scope: Scope, part: T): T {
  scope.add(() => part[Symbol.asyncDispose]());
  return part;
}

/** Addresses under which WebRTC can be signalled, WebSockets relays first; few and short enough to announce. */
function shareableAddresses(node: TabNode): readonly string[] {
  const isDirect = (text: string) => Number(text.includes('/webrtc-direct'));
  return node
    .getMultiaddrs()
    .map((address) => address.toString())
    .filter((text) => text.includes('/p2p-circuit/webrtc') && text.length <= MAX_ADDRESS_CHARS)
    .sort((a, b) => isDirect(a) - isDirect(b))
    .slice(0, MAX_ADDRESSES);
}

/** Most peers sit on a relay that we are on as well. */
function guessAddresses(node: TabNode, relays: readonly RelayAddress[], peer: string): readonly string[] {
  const connected = new Set(node.getPeers().map((other) => other.toString()));
  return relays
    .filter((relay) => connected.has(relay.peer))
    .map((relay) => `${relay.text}/p2p-circuit/webrtc/p2p/${peer}`);
}

function hangUp(node: TabNode, peer: string): void {
  for (const connection of node.getConnections()) {
    if (connection.remotePeer.toString() === peer) connection.abort(new Error('The peer is silent.'));
  }
}
