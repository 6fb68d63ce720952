import type { Connection } from '@libp2p/interface';
import { multiaddr } from '@multiformats/multiaddr';
import { expect, test } from 'vitest';
import { networkOf, readStats, remoteAddress } from './connection-quality.ts';

const PAIR = {
  id: 'P',
  type: 'candidate-pair',
  localCandidateId: 'L',
  remoteCandidateId: 'R',
  state: 'succeeded',
};
const LOCAL = { id: 'L', type: 'local-candidate', candidateType: 'host' };
const REMOTE = { id: 'R', type: 'remote-candidate', candidateType: 'srflx' };

test('the pair that the transport has chosen is the one that counts', () => {
  const entries = [
    { ...PAIR, id: 'other', currentRoundTripTime: 9, localCandidateId: 'T', nominated: true },
    { ...PAIR, currentRoundTripTime: 0.025, availableOutgoingBitrate: 3e6 },
    { id: 'T', type: 'local-candidate', candidateType: 'relay' },
    LOCAL,
    REMOTE,
    { id: 'S', type: 'transport', selectedCandidatePairId: 'P' },
  ];
  expect(readStats(entries)).toEqual({ rttMs: 25, bitsPerSecond: 3e6, isRelayed: false });
});
test('where no transport is told, it is the nominated pair that works', () => {
  const entries = [
    { ...PAIR, id: 'failed', state: 'failed', nominated: true, currentRoundTripTime: 9 },
    { ...PAIR, nominated: true, currentRoundTripTime: 0.1 },
    LOCAL,
    REMOTE,
  ];
  expect(readStats(entries)).toEqual({ rttMs: 100, isRelayed: false });
});
test.each(['L', 'R'])('a relay at either end relays all (%s)', (end) => {
  const entries = [
    { ...PAIR, nominated: true },
    ...[LOCAL, REMOTE].map((one) => (one.id === end ? { ...one, candidateType: 'relay' } : one)),
  ];
  expect(readStats(entries)).toEqual({ isRelayed: true });
});
test('statistics that tell nothing are no quality', () =>
  expect(readStats([])).toEqual({ isRelayed: false }));

test('the other end of the pair in use says where its packets come from, unless the browser hides it', () => {
  const entries = (remote: object) => [{ ...PAIR, nominated: true }, LOCAL, { ...REMOTE, ...remote }];
  expect(remoteAddress(entries({ address: '203.0.113.7' }))).toBe('203.0.113.7');
  expect(remoteAddress(entries({ address: '203.0.113.7', candidateType: 'relay' }))).toBeUndefined();
  for (const address of ['', null]) expect(remoteAddress(entries({ address }))).toBeUndefined();
  expect(remoteAddress([])).toBeUndefined();
});

const OVER_WEBRTC = '/ip4/198.51.100.1/tcp/1/ws/p2p-circuit/webrtc';

/** A connection of a peer, as libp2p has it. */
function connectionOf(peer: string, address: string, open: number, more: object = {}): Connection {
  const entries = [{ ...PAIR, nominated: true }, LOCAL, { ...REMOTE, address }];
  const peerConnection = { getStats: async () => new Map(entries.map((entry) => [entry.id, entry])) };
  const known = { status: 'open', timeline: { open }, remoteAddr: multiaddr(OVER_WEBRTC) };
  return { ...known, remotePeer: peer, maConn: { peerConnection }, ...more } as unknown as Connection;
}

test('where a peer is, its newest connection says', async () => {
  const connections = [
    connectionOf('a', '203.0.113.7', 10),
    connectionOf('a', '198.51.100.7', 30),
    connectionOf('a', '192.0.2.7', 20),
    connectionOf('a', '192.0.2.8', 40, { status: 'closed' }),
    connectionOf('a', '192.0.2.9', 50, { limits: {} }),
    connectionOf('b', '2001:db8:1::7', 10),
  ];
  expect(await networkOf(connections, 'a')).toBe('198.51.100.0/24');
  expect(await networkOf(connections, 'b')).toBe('2001:db8:1::/48');
  expect(await networkOf(connections, 'c')).toBeUndefined();
});

test('a circuit through a relay and a private address say nothing', async () => {
  const remoteAddr = multiaddr('/ip4/198.51.100.1/tcp/1/ws/p2p-circuit');
  expect(await networkOf([connectionOf('a', '203.0.113.7', 1, { remoteAddr })], 'a')).toBeUndefined();
  expect(await networkOf([connectionOf('a', '192.168.0.7', 1)], 'a')).toBeUndefined();
});
