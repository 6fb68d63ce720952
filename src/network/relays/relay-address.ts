import { type Multiaddr, multiaddr } from '@multiformats/multiaddr';
import { KilnError } from '../../base/errors.ts';
import type { PeerId } from '../../protocol/identity.ts';

/** One way to reach one relay. */
export interface RelayAddress {
  readonly text: string;
  readonly multiaddr: Multiaddr;
  readonly peer: PeerId;
}

/** Parses a relay's address; throws `network/bad-relay-address` when it is none or names no peer. */
export function parseRelayAddress(text: string): RelayAddress {
  try {
    const parsed = multiaddr(text);
    const peer = peerOfAddress(parsed);
    if (peer !== undefined) return { text, multiaddr: parsed, peer };
  } catch {
    // falls through to the one error below
  }
  throw new KilnError('network/bad-relay-address', 'This is not the address of a relay.', {
    data: { address: text.slice(0, 200) },
    hint: 'Copy the whole address that the relay prints, with /p2p/… at its end.',
  });
}

/** The peer at the end of an address. */
export function peerOfAddress(address: Multiaddr): PeerId | undefined {
  return address
    .getComponents()
    .filter(({ name }) => name === 'p2p')
    .at(-1)?.value;
}

/** Addresses by relay, WebSockets before WebRTC-direct (which costs 5–8 times the CPU). */
export function relaysByPeer(addresses: readonly RelayAddress[]): Map<PeerId, RelayAddress[]> {
  const groups = new Map<PeerId, RelayAddress[]>();
  const isDirect = ({ text }: RelayAddress) => Number(text.includes('/webrtc-direct'));
  for (const address of [...addresses].sort((a, b) => isDirect(a) - isDirect(b))) {
    groups.set(address.peer, [...(groups.get(address.peer) ?? []), address]);
  }
  return groups;
}
