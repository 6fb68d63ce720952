import type { Connection } from '@libp2p/interface';

/** How a connection reaches its peer. A circuit that only carries signalling counts as relayed. */
export function connectionKind(connection: Connection): 'webrtc' | 'relayed' | 'direct' {
  const names = new Set(connection.remoteAddr.getComponents().map(({ name }) => name));
  if (names.has('webrtc')) return 'webrtc';
  return names.has('p2p-circuit') ? 'relayed' : 'direct';
}

/** Can it carry streams of ours (open, and not limited by a relay)? */
export function isUsable(connection: Connection): boolean {
  return connection.status === 'open' && connection.limits === undefined;
}
