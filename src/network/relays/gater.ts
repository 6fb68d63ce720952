import type { ConnectionGater } from '@libp2p/interface';
import type { Multiaddr } from '@multiformats/multiaddr';

/** The first hop of an address: what a socket would really be opened to. */
function firstHop(address: Multiaddr): { host: string; port: string; isPlain: boolean } {
  const parts = address.getComponents();
  const host = parts.find(({ name }) => name.startsWith('ip') || name.startsWith('dns'))?.value ?? '';
  const port = parts.find(({ name }) => name === 'tcp' || name === 'udp')?.value ?? '';
  const names = new Set(parts.map(({ name }) => name));
  const isPlain = names.has('ws') && !names.has('tls');
  return { host, port, isPlain };
}

/**
 * Strangers name the addresses that a tab dials, and a tab must not become their port scanner: the hosts of the
 * relays it was given are allowed, private networks and unencrypted WebSockets elsewhere are not.
 */
export function relayGater(relays: readonly Multiaddr[]): ConnectionGater {
  const known = new Set(relays.map((relay) => firstHop(relay).host));
  return {
    denyDialMultiaddr(address) {
      const { host, isPlain } = firstHop(address);
      if (host === '' || known.has(host)) return false;
      return isPlain || isPrivateHost(host);
    },
  };
}

/** Loopback, link-local, private and unspecified addresses, and names that only mean something inside a network. */
export function isPrivateHost(host: string): boolean {
  if (host.includes(':')) return /^(::1?$|f[cd]|fe[89ab]|::ffff:)/i.test(host);
  if (/^\d+\.\d+\.\d+\.\d+$/.test(host)) {
    const [a, b] = host.split('.').map(Number) as [number, number];
    const isShared = a === 100 && b >= 64 && b <= 127;
    const isLocal = a === 0 || a === 10 || a === 127 || (a === 169 && b === 254);
    return isLocal || isShared || (a === 172 && b >= 16 && b <= 31) || (a === 192 && b === 168);
  }
  return !host.includes('.') || /\.(localhost|local|internal|lan|home\.arpa)$/i.test(host);
}
