import type { Bytes } from '../../base/bytes.ts';
import type { Cid } from '../../base/cid.ts';
import { systemClock } from '../../base/time.ts';
import type { Demand, Offer } from '../../protocol/announce.ts';
import { type Envelope, seal } from '../../protocol/envelope.ts';
import { identityFromSeed, newIdentitySeed, type Identity } from '../../protocol/identity.ts';
import type { ChunkStore } from '../blob/blob-types.ts';
import { createNetwork, type Network } from '../create-network.ts';
import { sampleDemand, sampleOffer } from './samples.ts';

/** Chunks in a map, open to the test. */
export class MemoryChunks implements ChunkStore {
  readonly pieces = new Map<Cid, Bytes>();
  get = async (cid: Cid) => this.pieces.get(cid);
  put = async (cid: Cid, bytes: Bytes) => void this.pieces.set(cid, bytes);
  has = async (cid: Cid) => this.pieces.has(cid);
}

/** A real network node that keeps everything in memory. */
export interface MemoryPeer extends AsyncDisposable {
  readonly network: Network;
  readonly identity: Identity;
  readonly chunks: MemoryChunks;
  readonly address: { readonly peer: string; readonly addresses: readonly string[] };
  /** A signed demand of this peer, for now. */
  demand(changes?: Partial<Demand>): Envelope;
  offer(changes?: Partial<Offer>): Envelope;
}

/**
 * Joins and waits until others can reach it. Over WebSockets alone: in Node, dialling WebRTC-direct to a relay that is
 * gone brings the process down (node-datachannel); real tabs try that way in `browser/`.
 */
export async function joinMemoryPeer(relays: readonly string[]): Promise<MemoryPeer> {
  const seed = newIdentitySeed();
  const identity = identityFromSeed(seed);
  const chunks = new MemoryChunks();
  const overWebSockets = relays.filter((address) => !address.includes('webrtc-direct'));
  const network = await createNetwork({ identitySeed: seed, relays: overWebSockets, chunks });
  await network.whenOnline(AbortSignal.timeout(20_000));
  return {
    network,
    identity,
    chunks,
    get address() {
      return { peer: identity.peer, addresses: network.addresses() };
    },
    demand: (changes) => seal(identity, 'kiln/demand/1', sampleDemand(identity, systemClock.now(), changes)),
    offer: (changes) => seal(identity, 'kiln/offer/1', sampleOffer(identity, systemClock.now(), changes)),
    [Symbol.asyncDispose]: () => network[Symbol.asyncDispose](),
  };
}
