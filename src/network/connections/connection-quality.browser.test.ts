import { afterEach, expect, test } from 'vitest';
import { remoteAddress } from './connection-quality.ts';
import { networkPrefix } from './network-prefix.ts';

/* What a browser tells of the other end of a real connection. */

type Signal = (candidate: RTCIceCandidate) => RTCIceCandidateInit | undefined;

const open: RTCPeerConnection[] = [];
afterEach(() => open.splice(0).forEach((peer) => peer.close()));

/** Connects two peers; `signal` says what the dialler tells of where it is. The result is the other one. */
async function connect(signal: Signal): Promise<RTCPeerConnection> {
  const [dialer, listener] = [new RTCPeerConnection(), new RTCPeerConnection()];
  open.push(dialer, listener);
  const channel = dialer.createDataChannel('');
  const opened = new Promise((resolve) => channel.addEventListener('open', resolve));
  dialer.onicecandidate = ({ candidate }) => {
    const told = candidate === null ? undefined : signal(candidate);
    if (told !== undefined) void listener.addIceCandidate(told);
  };
  listener.onicecandidate = ({ candidate }) => void (candidate && dialer.addIceCandidate(candidate));
  await dialer.setLocalDescription();
  await listener.setRemoteDescription(dialer.localDescription!);
  await listener.setLocalDescription();
  await dialer.setRemoteDescription(listener.localDescription!);
  await opened;
  return listener;
}

async function addressSeenBy(peer: RTCPeerConnection): Promise<string | undefined> {
  return remoteAddress([...(await peer.getStats()).values()] as Parameters<typeof remoteAddress>[0]);
}

test('an address that was signalled and works is read from the connection', async () => {
  const inTheOpen: Signal = (candidate) => ({
    ...candidate.toJSON(),
    candidate: candidate.candidate.replace(/[0-9a-f-]+\.local/, '127.0.0.1'),
  });
  const address = await addressSeenBy(await connect(inTheOpen));
  expect(address).toBe('127.0.0.1');
  expect(networkPrefix(address!)).toBeUndefined();
});

test('an address behind an mDNS name, or one that was never signalled, stays hidden', async () => {
  expect(await addressSeenBy(await connect((candidate) => candidate))).toBeUndefined();
  expect(await addressSeenBy(await connect(() => undefined))).toBeUndefined();
});
