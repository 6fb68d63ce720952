import { noise } from '@chainsafe/libp2p-noise';
import { yamux } from '@chainsafe/libp2p-yamux';
import { circuitRelayTransport } from '@libp2p/circuit-relay-v2';
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys';
import { type GossipSub, gossipsub } from '@libp2p/gossipsub';
import { identify, type Identify } from '@libp2p/identify';
import type { Libp2p, PeerId as Libp2pPeerId, TopologyFilter } from '@libp2p/interface';
import { webRTC, webRTCDirect } from '@libp2p/webrtc';
import { webSockets } from '@libp2p/websockets';
import { createLibp2p } from 'libp2p';
import { relayGater } from './relays/gater.ts';
import { gossipSettings } from './gossip/gossip-settings.ts';
import type { RelayAddress } from './relays/relay-address.ts';
import { countConnections } from './rtc/rtc-count.ts';
import { cureDeadPeer } from './rtc/rtc-dead-peer.ts';
import { cureInitChannel } from './rtc/rtc-init-channel.ts';

/** The libp2p node of one tab. */
export type TabNode = Libp2p<{ identify: Identify; pubsub: GossipSub }>;

/** Browsers take 256 KiB per message; the protobuf around the data needs a few bytes of it. */
const RTC_MESSAGE_BYTES = 256 * 1024 - 64;
/** Relays in which a tab reserves a place at the same time. */
const MAX_RESERVATIONS = 3;
/** A relay's own good score: a tab never silences the relay that it depends on. */
const RELAY_SCORE = 1_000;
/** Circuits that a busy requestor may have open at once while providers dial it. */
const MAX_STOP_STREAMS = 300;
/** Peers a tab is connected to at once; beyond it new ones are refused. */
const MAX_CONNECTIONS = 300;
/** Inbound dials per second from one host; behind a relay everybody shows the relay's address. */
const MAX_INBOUND_PER_SECOND = 100;

/** Builds and starts the node with the settings of the network design. */
export async function startTabNode(
  identitySeed: Uint8Array,
  relays: readonly RelayAddress[],
  rtcConfiguration: RTCConfiguration,
): Promise<TabNode> {
  const relayPeers = new Set(relays.map(({ peer }) => peer));
  const reservations = Math.min(MAX_RESERVATIONS, Math.max(1, relayPeers.size));
  if (typeof RTCPeerConnection !== 'undefined') {
    cureInitChannel(RTCPeerConnection.prototype);
    cureDeadPeer(RTCPeerConnection.prototype);
    countConnections(RTCPeerConnection.prototype);
  }
  return createLibp2p({
    privateKey: await generateKeyPairFromSeed('Ed25519', identitySeed),
    // A fixed `<relay>/p2p-circuit` never reserves again after the relay was away; the generic one does.
    addresses: { listen: [...Array.from({ length: reservations }, () => '/p2p-circuit'), '/webrtc'] },
    transports: [
      webSockets(),
      webRTCDirect(),
      // The larger message size must not reach webRTCDirect, whose peers accept 16 KiB.
      webRTC({ rtcConfiguration, dataChannel: { maxMessageSize: RTC_MESSAGE_BYTES } }),
      circuitRelayTransport({
        discoveryFilter: onlyPeers(relayPeers),
        maxInboundStopStreams: MAX_STOP_STREAMS,
        maxOutboundStopStreams: MAX_STOP_STREAMS,
      }),
    ],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionGater: relayGater(relays.map(({ multiaddr }) => multiaddr)),
    connectionManager: {
      maxConnections: MAX_CONNECTIONS,
      inboundConnectionThreshold: MAX_INBOUND_PER_SECOND,
      maxIncomingPendingConnections: MAX_INBOUND_PER_SECOND,
    },
    // It aborts the connections of a tab whose main thread was busy for some seconds.
    connectionMonitor: { enabled: false },
    services: {
      identify: identify(),
      pubsub: gossipsub(gossipSettings((peer) => (relayPeers.has(peer) ? RELAY_SCORE : 0))),
    },
  });
}

/** Lets only these peers be tried as relays: any stranger can claim to be one. */
function onlyPeers(allowed: ReadonlySet<string>): TopologyFilter {
  const seen = new Set<string>();
  return {
    has: (peer: Libp2pPeerId) => !allowed.has(peer.toString()) || seen.has(peer.toString()),
    add: (peer: Libp2pPeerId) => void seen.add(peer.toString()),
    remove: (peer: Libp2pPeerId) => void seen.delete(peer.toString()),
  };
}
