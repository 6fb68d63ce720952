import { noise } from '@chainsafe/libp2p-noise';
import { yamux } from '@chainsafe/libp2p-yamux';
import { circuitRelayServer, type CircuitRelayService } from '@libp2p/circuit-relay-v2';
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys';
import { type GossipSub, gossipsub } from '@libp2p/gossipsub';
import { identify, type Identify } from '@libp2p/identify';
import type { Libp2p } from '@libp2p/interface';
import { webRTCDirect } from '@libp2p/webrtc';
import { webSockets } from '@libp2p/websockets';
import { createLibp2p } from 'libp2p';
import { Scope } from '../src/base/scope.ts';
import { type Clock, every, systemClock } from '../src/base/time.ts';
import { gossipSettings } from '../src/network/gossip/gossip-settings.ts';
import { Streams } from '../src/network/streams/streams.ts';
import { BOARD } from '../src/protocol/board.ts';
import { Board } from './board.ts';
import { serveBoard } from './board-server.ts';
import { relayDemands } from './demands.ts';
import { relayFraudProofs } from './fraud.ts';
import { startHealth } from './health.ts';
import { loadRelayKeys, newRelayKeys } from './keys.ts';
import type { RedeemOptions, RedeemSecrets } from './redeem/config.ts';
import {
  BOARD_SWEEP_MS,
  CIRCUIT_BYTES,
  CIRCUIT_MS,
  FORGET_PEER_MS,
  GOSSIP_DEGREE,
  MAX_CIRCUITS_PER_CONNECTION,
  MAX_CONNECTIONS,
  MAX_INBOUND_PER_HOST_PER_SECOND,
  MAX_PENDING_CONNECTIONS,
  MAX_RESERVATIONS,
  RESERVATION_MS,
} from './limits.ts';

/** How a relay is started. */
export interface RelayOptions {
  /** @default 127.0.0.1 */
  readonly host?: string;
  /** 0 takes a free port. @default 0 */
  readonly wsPort?: number;
  /** 0 takes a free port. @default 0 */
  readonly webrtcPort?: number;
  /** 0 takes a free port. @default 0 */
  readonly healthPort?: number;
  /** Multiaddresses to announce instead of those listened on, as behind a proxy that ends TLS. */
  readonly announce?: readonly string[];
  /** Where identity and certificate are kept, so that addresses survive a restart. @default new ones each time */
  readonly keyFile?: string;
  /** Redeems vouchers for payees. @default it does not */
  readonly redeem?: RedeemOptions;
}

/** A running relay. */
export interface Relay {
  readonly peer: string;
  /** With `/p2p/…`, WebSockets first. */
  readonly multiaddrs: readonly string[];
  readonly healthUrl: string;
  /** The account that pays for redemptions; absent where the relay does not redeem. */
  readonly redeemAccount?: string;
  stop(): Promise<void>;
}

/** The libp2p node of a relay. */
export type RelayNode = Libp2p<{ identify: Identify; circuit: CircuitRelayService; pubsub: GossipSub }>;

/**
 * Starts a relay: it introduces peers (circuits for WebRTC signalling), forwards demands and keeps the board.
 *
 * @param secrets for redeeming: the environment of the process

 * @example
 * const relay = await startRelay({ wsPort: 9001, keyFile: 'relay-keys.json' });
 * console.log(relay.multiaddrs.join('\n'));
 */
export async function startRelay(options: RelayOptions = {}, secrets: RedeemSecrets = {}): Promise<Relay> {
  const clock = systemClock;
  const scope = new Scope();
  const host = options.host ?? '127.0.0.1';
  const keys = options.keyFile === undefined ? await newRelayKeys() : await loadRelayKeys(options.keyFile);
  const family = host.includes(':') ? 'ip6' : 'ip4';
  const node: RelayNode = await createLibp2p({
    privateKey: await generateKeyPairFromSeed('Ed25519', keys.seed),
    addresses: {
      listen: [
        `/${family}/${host}/tcp/${options.wsPort ?? 0}/ws`,
        `/${family}/${host}/udp/${options.webrtcPort ?? 0}/webrtc-direct`,
      ],
      announce: [...(options.announce ?? [])],
    },
    transports: [webSockets(), webRTCDirect({ certificate: keys.certificate })],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionGater: { denyDialMultiaddr: () => true },
    connectionManager: {
      maxConnections: MAX_CONNECTIONS,
      inboundConnectionThreshold: MAX_INBOUND_PER_HOST_PER_SECOND,
      maxIncomingPendingConnections: MAX_PENDING_CONNECTIONS,
    },
    // It costs six times the idle CPU; tabs notice silence themselves.
    connectionMonitor: { enabled: false },
    services: {
      identify: identify(),
      circuit: circuitRelayServer({
        maxInboundHopStreams: MAX_CIRCUITS_PER_CONNECTION,
        maxOutboundHopStreams: MAX_CIRCUITS_PER_CONNECTION,
        maxOutboundStopStreams: MAX_CIRCUITS_PER_CONNECTION,
        reservations: {
          maxReservations: MAX_RESERVATIONS,
          reservationTtl: RESERVATION_MS,
          defaultDataLimit: CIRCUIT_BYTES,
          defaultDurationLimit: CIRCUIT_MS,
        },
      }),
      pubsub: gossipsub({ ...gossipSettings(() => 0), ...GOSSIP_DEGREE }),
    },
  });
  scope.add(() => node.stop());

  const board = new Board(clock);
  scope.add(
    every(
      clock,
      () => BOARD_SWEEP_MS,
      () => board.sweep(),
    ),
  );
  relayDemands(node, board, clock);
  relayFraudProofs(node, clock);
  const streams = new Streams(node, clock);
  await streams.handle(BOARD, (stream) => void serveBoard(stream, board, clock));
  forgetTheGone(node, board, clock, scope.signal);

  const redeeming = await redeemWith(options.redeem, secrets, streams, clock).catch(
    async (error: unknown) => {
      await scope[Symbol.asyncDispose]();
      throw error;
    },
  );
  if (redeeming !== undefined) scope.add(() => redeeming.stop());
  const health = await startHealth(host, options.healthPort ?? 0, node, board, redeeming);
  scope.add(() => health.stop());
  return {
    peer: node.peerId.toString(),
    multiaddrs: node
      .getMultiaddrs()
      .map((address) => address.toString())
      .sort((a, b) => Number(a.includes('webrtc-direct')) - Number(b.includes('webrtc-direct'))),
    healthUrl: health.url,
    ...(redeeming === undefined ? {} : { redeemAccount: redeeming.account }),
    stop: () => scope[Symbol.asyncDispose](),
  };
}

/** Loaded only where it is wanted: most relays know no chain. */
async function redeemWith(
  options: RedeemOptions | undefined,
  secrets: RedeemSecrets,
  streams: Streams,
  clock: Clock,
) {
  if (options === undefined) return undefined;
  const { startRedeeming } = await import('./redeem/start-redeeming.ts');
  return startRedeeming(options, secrets, streams, clock);
}

/**
 * A peer that is gone needs no place and offers nothing: libp2p would keep its place until it expires, and its record
 * for ever. The record goes a little later, because libp2p itself still looks at it when a peer leaves.
 */
function forgetTheGone(node: RelayNode, board: Board, clock: Clock, closing: AbortSignal): void {
  node.addEventListener('peer:disconnect', ({ detail: peer }) => {
    const { reservations } = node.services.circuit;
    reservations.get(peer)?.signal.clear();
    reservations.delete(peer);
    board.removeOffer(peer.toString());
    clock.after(FORGET_PEER_MS, () => {
      if (closing.aborted || node.getConnections(peer).length > 0) return;
      void node.peerStore.delete(peer).catch(() => {});
    });
  });
}
