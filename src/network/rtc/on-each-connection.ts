/** The method that every connection passes once before it is of use. */
export type DescribingPrototype = Pick<RTCPeerConnection, 'setLocalDescription'>;

/**
 * Calls `see` once for each connection of this prototype, as it first describes itself: libp2p makes its connections
 * itself and hands none out.
 *
 * @example
 * onEachConnection(RTCPeerConnection.prototype, (connection) => void connections.add(connection));
 */
export function onEachConnection(
  prototype: DescribingPrototype,
  see: (connection: RTCPeerConnection) => void,
): void {
  const seen = new WeakSet<object>();
  const describe = prototype.setLocalDescription as (
    description?: RTCLocalSessionDescriptionInit,
  ) => Promise<void>;
  prototype.setLocalDescription = function (
    this: RTCPeerConnection,
    description?: RTCLocalSessionDescriptionInit,
  ) {
    if (!seen.has(this)) {
      seen.add(this);
      see(this);
    }
    return describe.call(this, description);
  } as RTCPeerConnection['setLocalDescription'];
}
