import type { Demand, Offer } from '../protocol/announce.ts';
import type { PeerId } from '../protocol/identity.ts';

/** How well this tab is connected. */
export interface ConnectionView {
  readonly peer: PeerId;
  /** `online` once a relay has a place for this tab, so that others can reach it. */
  readonly state: 'connecting' | 'online' | 'offline';
  readonly relays: readonly { readonly address: string; readonly isConnected: boolean }[];
  readonly peers: readonly { readonly peer: PeerId; readonly transport: 'webrtc' | 'relayed' | 'relay' }[];
}

/** The newest valid offers and demands known to this tab. */
export interface BoardView {
  readonly offers: readonly Offer[];
  readonly demands: readonly Demand[];
}
