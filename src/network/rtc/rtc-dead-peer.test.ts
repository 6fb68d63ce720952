import { expect, test } from 'vitest';
import { buryWhenDead } from './rtc-dead-peer.ts';

/** A connection whose state the test sets. */
function fakePeer() {
  const sctp = Object.assign(new EventTarget(), { state: 'connected' as RTCSctpTransportState });
  const peer = Object.assign(new EventTarget(), {
    connectionState: 'connecting' as RTCPeerConnectionState,
    sctp,
    closed: 0,
    close() {
      peer.closed++;
      peer.connectionState = 'closed';
    },
  });
  const heard: RTCPeerConnectionState[] = [];
  buryWhenDead(peer);
  peer.addEventListener('connectionstatechange', () => heard.push(peer.connectionState));
  const become = (state: RTCPeerConnectionState) => {
    peer.connectionState = state;
    peer.dispatchEvent(new Event('connectionstatechange'));
  };
  return { peer, sctp, heard, become };
}

test('a connection whose data transport was ended is closed at once, and says so', () => {
  const { peer, sctp, heard, become } = fakePeer();
  become('connected');
  sctp.state = 'closed';
  sctp.dispatchEvent(new Event('statechange'));
  sctp.dispatchEvent(new Event('statechange'));
  expect(peer.closed).toBe(1);
  expect(heard).toEqual(['connected', 'closed']);
});

test('one that is alive, or already closed, is left alone', () => {
  const { peer, sctp, become } = fakePeer();
  become('connected');
  become('disconnected');
  sctp.dispatchEvent(new Event('statechange'));
  expect(peer.closed).toBe(0);
  peer.connectionState = 'closed';
  sctp.state = 'closed';
  sctp.dispatchEvent(new Event('statechange'));
  expect(peer.closed).toBe(0);
});
