import { multiaddr } from '@multiformats/multiaddr';
import { expect, test } from 'vitest';
import { isPrivateHost, relayGater } from './gater.ts';

const RELAY = '12D3KooWPUbRZwJk2HN2yKwdUKBj2d8jkBYb9cxan7AHoFx1gVPW';
const PEER = '12D3KooWNDswaUonioPMVcM5D8PZzzQsuuvCNAMhqHQX4xFSVu3i';
const gater = relayGater([multiaddr(`/ip4/127.0.0.1/tcp/4000/ws/p2p/${RELAY}`)]);
const isDenied = (text: string) => gater.denyDialMultiaddr!(multiaddr(text));

test.each([
  [`/ip4/127.0.0.1/tcp/4000/ws/p2p/${RELAY}`, false],
  [`/ip4/127.0.0.1/tcp/4000/ws/p2p/${RELAY}/p2p-circuit/webrtc/p2p/${PEER}`, false],
  [`/dns4/relay.example.org/tcp/443/tls/ws/p2p/${RELAY}/p2p-circuit/webrtc/p2p/${PEER}`, false],
  [`/ip4/192.168.1.1/tcp/80/ws/p2p/${PEER}`, true],
  [
    `/ip4/10.0.0.7/udp/9/webrtc-direct/certhash/uEiDjhLhR0_1MW8KY3ZPx7jxoyjW7LkNhlfo_Qrm1dvCzUA/p2p/${PEER}`,
    true,
  ],
  [`/ip4/93.184.216.34/tcp/80/ws/p2p/${PEER}`, true],
  [`/dns4/router.local/tcp/443/tls/ws/p2p/${PEER}`, true],
])('%s is denied: %s', async (address, expected) => {
  expect(await isDenied(address)).toBe(expected);
});

test.each([
  ['127.0.0.1', true],
  ['172.31.0.1', true],
  ['172.32.0.1', false],
  ['100.64.0.1', true],
  ['169.254.1.1', true],
  ['8.8.8.8', false],
  ['::1', true],
  ['fe80::1', true],
  ['fd00::1', true],
  ['2606:4700::1', false],
  ['localhost', true],
  ['example.org', false],
])('%s is private: %s', (host, expected) => {
  expect(isPrivateHost(host)).toBe(expected);
});
