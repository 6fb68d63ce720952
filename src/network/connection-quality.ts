import type { Connection } from '@libp2p/interface';
import type { PeerId } from '../protocol/identity.ts';
import { connectionKind, isUsable } from './connection-kind.ts';

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
  const stats = await statsOf(connection)?.getStats();
  return {
    ...(stats === undefined ? { isRelayed: false } : readStats([...stats.values()] as readonly StatsEntry[])),
    ...(connectionKind(connection) === 'relayed' ? { isRelayed: true } : {}),
  };
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
  /** Seconds. */
  readonly currentRoundTripTime?: number;
  readonly availableOutgoingBitrate?: number;
}

/** The quality of the candidate pair that carries the data. */
export function readStats(entries: readonly StatsEntry[]): ConnectionQuality {
  const selected = entries.find(({ type }) => type === 'transport')?.selectedCandidatePairId;
  const pairs = entries.filter(({ type }) => type === 'candidate-pair');
  // Firefox has no transport entry: there the nominated pair that works is the one.
  const pair =
    pairs.find(({ id }) => id === selected) ??
    pairs.find(({ nominated, state }) => nominated === true && state === 'succeeded');
  const typeOf = (id: string | undefined) => entries.find((one) => one.id === id)?.candidateType;
  const seconds = pair?.currentRoundTripTime;
  const bitsPerSecond = pair?.availableOutgoingBitrate;
  return {
    isRelayed: typeOf(pair?.localCandidateId) === 'relay' || typeOf(pair?.remoteCandidateId) === 'relay',
    ...(seconds === undefined ? {} : { rttMs: seconds * 1_000 }),
    ...(bitsPerSecond === undefined ? {} : { bitsPerSecond }),
  };
}

/** libp2p's WebRTC transport keeps its peer connection there; other transports have none. */
function statsOf(connection: Connection): Pick<RTCPeerConnection, 'getStats'> | undefined {
  const { maConn } = connection as { maConn?: { peerConnection?: Partial<RTCPeerConnection> } };
  const peer = maConn?.peerConnection;
  return peer?.getStats === undefined ? undefined : (peer as RTCPeerConnection);
}
