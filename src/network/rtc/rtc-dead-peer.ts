import { type DescribingPrototype, onEachConnection } from './on-each-connection.ts';

/** The part of RTCPeerConnection that the cure touches. */
interface Peer extends EventTarget {
  readonly connectionState: RTCPeerConnectionState;
  readonly sctp: (EventTarget & { readonly state: RTCSctpTransportState }) | null;
  close(): void;
}

const CURED = Symbol.for('kiln/dead-peer');

/**
 * Ends a connection when the other side has ended it. A page that is reloaded aborts its data channels at once, but
 * `connectionState` of the other side stays `connected` for about 16 s (measured), and every new stream hangs so long.
 * Applied to `RTCPeerConnection.prototype`, once; each connection passes `setLocalDescription`.
 */
export function cureDeadPeer(prototype: DescribingPrototype & { [CURED]?: true }): void {
  if (prototype[CURED]) return;
  prototype[CURED] = true;
  onEachConnection(prototype, buryWhenDead);
}

/** Closes a connection, and says so, as soon as its data transport was ended by the other side. */
export function buryWhenDead(peer: Peer): void {
  let isWatching = false;
  peer.addEventListener('connectionstatechange', () => {
    const { sctp } = peer;
    if (isWatching || sctp === null || peer.connectionState !== 'connected') return;
    isWatching = true;
    sctp.addEventListener('statechange', () => {
      if (sctp.state !== 'closed' || peer.connectionState === 'closed') return;
      peer.close();
      // Closing it ourselves fires no event, and libp2p waits for one.
      peer.dispatchEvent(new Event('connectionstatechange'));
    });
  });
}
