import type { Connection } from '@libp2p/interface';
import type { PeerId } from '../../protocol/identity.ts';
import { connectionKind, isUsable } from './connection-kind.ts';
import { networkPrefix } from './network-prefix.ts';

/** How a peer is reached now. */
export interface ConnectionQuality {
  /** Absent where the browser does not tell. */
  readonly rttMs?: number;
  readonly bitsPerSecond?: number;
  /** Data goes through a third party: a TURN server, or a relay's circuit. */
  readonly isRelayed: boolean;
}

/** How well the usable connection to a peer works, by the browser's own statistics; undefined without one. */
export async function connectionQuality(
  connections: readonly Connection[],
  peer: PeerId,
): Promise<ConnectionQuality | undefined> {
  const connection = connections.find((one) => one.remotePeer.toString() === peer && isUsable(one));
  if (connection === undefined) return undefined;
  const entries = await statsOf(connection);
  return {
    ...(entries === undefined ? { isRelayed: false } : readStats(entries)),
    ...(connectionKind(connection) === 'relayed' ? { isRelayed: true } : {}),
  };
}

/**
 * The network from which a peer's packets come on its newest connection ({@link networkPrefix}); undefined where that
 * cannot be seen: through a relay, from a private address, or where the browser hides it.
 */
export async function networkOf(
  connections: readonly Connection[],
  peer: PeerId,
): Promise<string | undefined> {
  const address = await addressOf(connections, peer);
  return address === undefined ? undefined : networkPrefix(address);
}

/** The address behind {@link networkOf}: never to be stored, shown or sent. */
export async function addressOf(
  connections: readonly Connection[],
  peer: PeerId,
): Promise<string | undefined> {
  const newest = connections
    .filter((one) => one.remotePeer.toString() === peer && isUsable(one))
    .sort((a, b) => b.timeline.open - a.timeline.open)[0];
  if (newest === undefined || connectionKind(newest) === 'relayed') return undefined;
  return remoteAddress((await statsOf(newest)) ?? []);
}

/** What is read of an entry of `RTCStatsReport` (W3C webrtc-stats, 6.2 and 8.1). */
interface StatsEntry {
  readonly id: string;
  readonly type: string;
  readonly selectedCandidatePairId?: string;
  readonly state?: string;
  readonly nominated?: boolean;
  readonly localCandidateId?: string;
  readonly remoteCandidateId?: string;
  readonly candidateType?: string;
  /** Empty or absent where the browser hides it: an mDNS name, or a peer that was seen before it said where it is. */
  readonly address?: string | null;
  /** What node-datachannel and older browsers call it. */
  readonly ip?: string;
  /** Seconds. */
  readonly currentRoundTripTime?: number;
  readonly availableOutgoingBitrate?: number;
}

/** The quality of the candidate pair that carries the data. */
export function readStats(entries: readonly StatsEntry[]): ConnectionQuality {
  const { pair, local, remote } = usedPair(entries);
  const seconds = pair?.currentRoundTripTime;
  const bitsPerSecond = pair?.availableOutgoingBitrate;
  return {
    isRelayed: local?.candidateType === 'relay' || remote?.candidateType === 'relay',
    ...(seconds === undefined ? {} : { rttMs: seconds * 1_000 }),
    ...(bitsPerSecond === undefined ? {} : { bitsPerSecond }),
  };
}

/**
 * Where the other end's packets come from, as this end sees them; undefined where a TURN server passes them on, or where
 * the browser does not tell.
 */
export function remoteAddress(entries: readonly StatsEntry[]): string | undefined {
  const { local, remote } = usedPair(entries);
  if (local?.candidateType === 'relay' || remote?.candidateType === 'relay') return undefined;
  return remote?.address || remote?.ip || undefined;
}

/** The candidate pair that carries the data, with both of its ends. */
function usedPair(entries: readonly StatsEntry[]) {
  const selected = entries.find(({ type }) => type === 'transport')?.selectedCandidatePairId;
  const pairs = entries.filter(({ type }) => type === 'candidate-pair');
  // Firefox has no transport entry: there the nominated pair that works is the one.
  const pair =
    pairs.find(({ id }) => id === selected) ??
    pairs.find(({ nominated, state }) => nominated === true && state === 'succeeded');
  const find = (wanted: string | undefined) => entries.find(({ id }) => id === wanted);
  return { pair, local: find(pair?.localCandidateId), remote: find(pair?.remoteCandidateId) };
}

/** What the browser measured of a connection. libp2p's WebRTC transport keeps its peer connection there; others have none. */
async function statsOf(connection: Connection): Promise<readonly StatsEntry[] | undefined> {
  const { maConn } = connection as { maConn?: { peerConnection?: Partial<RTCPeerConnection> } };
  const stats = await maConn?.peerConnection?.getStats?.();
  return stats === undefined ? undefined : ([...stats.values()] as readonly StatsEntry[]);
}
