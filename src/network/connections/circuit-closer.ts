import type { PeerId as Libp2pPeerId } from '@libp2p/interface';
import { connectionKind } from './connection-kind.ts';
import type { TabNode } from '../libp2p-node.ts';

/** The protocol by which libp2p exchanges WebRTC offers and answers. */
const SIGNALLING = '/webrtc-signaling/';

/**
 * Closes the circuit to a peer as soon as the WebRTC connection that was signalled through it is open: a relay
 * connection carries only so many circuits, and the upgrade leaves them open. The peer's identify message proves that
 * it, too, has finished the upgrade. The result stops it.
 */
export function closeUsedCircuits(node: TabNode): () => void {
  const tidy = (peer: Libp2pPeerId) => {
    const connections = node.getConnections(peer);
    if (!connections.some((one) => connectionKind(one) === 'webrtc' && one.status === 'open')) return;
    for (const connection of connections) {
      if (connectionKind(connection) !== 'relayed' || connection.status !== 'open') continue;
      // Two peers that dial each other at once: the other dial is still being signalled here.
      const signalling = connection.streams.find(({ protocol }) => protocol.startsWith(SIGNALLING));
      if (signalling === undefined) void connection.close().catch(() => {});
      else signalling.addEventListener('close', () => setTimeout(tidy, 0, peer), { once: true });
    }
  };
  const onIdentify = ({ detail }: CustomEvent<{ peerId: Libp2pPeerId }>) => tidy(detail.peerId);
  node.addEventListener('peer:identify', onIdentify);
  return () => node.removeEventListener('peer:identify', onIdentify);
}
