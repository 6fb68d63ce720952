import type { Connection, PeerId as Libp2pPeerId } from '@libp2p/interface';
import { connectionKind } from './connection-kind.ts';
import type { TabNode } from './libp2p-node.ts';

/**
 * Closes the circuit to a peer as soon as the WebRTC connection that was signalled through it is open: a relay
 * connection carries only so many circuits, and the upgrade leaves them open. The peer's identify message proves that
 * it, too, has finished the upgrade. The result stops it.
 */
export function closeUsedCircuits(node: TabNode): () => void {
  const onIdentify = ({ detail }: CustomEvent<{ peerId: Libp2pPeerId; connection: Connection }>) => {
    const connections = node.getConnections(detail.peerId);
    if (
      !connections.some(
        (connection) => connectionKind(connection) === 'webrtc' && connection.status === 'open',
      )
    )
      return;
    for (const connection of connections) {
      if (connectionKind(connection) === 'relayed') void connection.close().catch(() => {});
    }
  };
  node.addEventListener('peer:identify', onIdentify);
  return () => node.removeEventListener('peer:identify', onIdentify);
}
