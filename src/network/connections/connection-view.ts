import { aborted } from '../../base/errors.ts';
import { Cell, type Observable } from '../../base/observable.ts';
import type { PeerId } from '../../protocol/identity.ts';
import { connectionKind } from './connection-kind.ts';
import type { TabNode } from '../libp2p-node.ts';
import type { RelayLinks } from '../relays/relay-links.ts';
import type { ConnectionView } from '../view.ts';

/** What {@link watchConnections} gives back. */
export interface ConnectionWatch {
  readonly view: Observable<ConnectionView>;
  whenOnline(signal?: AbortSignal): Promise<void>;
  stop(): void;
}

/** Keeps the {@link ConnectionView} true, by events alone. */
export function watchConnections(
  node: TabNode,
  links: RelayLinks,
  self: PeerId,
  relays: ReadonlySet<PeerId>,
  isReachable: () => boolean,
): ConnectionWatch {
  let hasBeenOnline = false;
  const look = (): ConnectionView => {
    const isConnected = links.links.value.some((link) => link.isConnected);
    const isOnline = isConnected && isReachable();
    hasBeenOnline ||= isOnline;
    return {
      peer: self,
      state: isOnline ? 'online' : isConnected || !hasBeenOnline ? 'connecting' : 'offline',
      relays: links.links.value.map((link) => ({ address: link.address, isConnected: link.isConnected })),
      peers: peersOf(node, relays),
    };
  };
  const view = new Cell(look());
  const update = () => {
    const next = look();
    if (JSON.stringify(next) !== JSON.stringify(view.value)) view.set(next);
  };
  const events = [
    'connection:open',
    'connection:close',
    'self:peer:update',
    'transport:listening',
    'peer:identify',
  ] as const;
  for (const name of events) node.addEventListener(name, update);
  const unsubscribe = links.links.subscribe(update);
  return {
    view,
    whenOnline: (signal) => untilOnline(view, signal),
    stop() {
      for (const name of events) node.removeEventListener(name, update);
      unsubscribe();
    },
  };
}

function peersOf(node: TabNode, relays: ReadonlySet<PeerId>): ConnectionView['peers'] {
  const peers = new Map<PeerId, 'webrtc' | 'relayed' | 'relay'>();
  for (const connection of node.getConnections()) {
    const peer = connection.remotePeer.toString();
    const transport = relays.has(peer)
      ? 'relay'
      : connectionKind(connection) === 'relayed'
        ? 'relayed'
        : 'webrtc';
    if (transport !== 'relayed' || !peers.has(peer)) peers.set(peer, transport);
  }
  return [...peers].map(([peer, transport]) => ({ peer, transport }));
}

function untilOnline(view: Observable<ConnectionView>, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(aborted(signal.reason));
    let unsubscribe = () => {};
    const settle = (act: () => void) => {
      signal?.removeEventListener('abort', onAbort);
      queueMicrotask(() => unsubscribe());
      act();
    };
    const onAbort = () => settle(() => reject(aborted(signal?.reason)));
    signal?.addEventListener('abort', onAbort, { once: true });
    unsubscribe = view.subscribe(({ state }) => state === 'online' && settle(resolve));
  });
}
