/** The part of RTCPeerConnection that the cure touches. */
export interface ChannelMaker {
  createDataChannel(label: string, options?: RTCDataChannelInit): RTCDataChannel;
}

const CURED = Symbol.for('kiln/init-channel');

/**
 * Cures the hang of 5–9 % of first WebRTC dials: `@libp2p/webrtc` waits for `open` and `close` of its `init` channel
 * with listeners that it adds when both may have fired already. A late listener is called at once instead.
 * Applied to `RTCPeerConnection.prototype`, once.
 */
export function cureInitChannel(prototype: ChannelMaker & { [CURED]?: true }): void {
  if (prototype[CURED]) return;
  prototype[CURED] = true;
  const create = prototype.createDataChannel;
  prototype.createDataChannel = function (this: ChannelMaker, label, options) {
    const channel = create.call(this, label, options);
    if (label === 'init') callLateListeners(channel);
    return channel;
  };
}

/** Makes a channel call `open` and `close` listeners that come after the fact. */
export function callLateListeners(channel: RTCDataChannel): void {
  const add = channel.addEventListener.bind(channel) as EventTarget['addEventListener'];
  channel.addEventListener = (
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | AddEventListenerOptions,
  ) => {
    if (listener === null) return;
    const isLate =
      (type === 'open' && channel.readyState !== 'connecting') ||
      (type === 'close' && channel.readyState === 'closed');
    if (!isLate) return add(type, listener, options);
    queueMicrotask(() => {
      const event = new Event(type);
      if (typeof listener === 'function') listener.call(channel, event);
      else listener.handleEvent(event);
    });
  };
}
