import type { Bytes } from '../../base/bytes.ts';
import { sha256 } from '../../base/cid.ts';
import { toHex } from '../../base/bytes.ts';
import { systemClock } from '../../base/time.ts';
import type { Demand } from '../../protocol/announce.ts';
import { seal } from '../../protocol/envelope.ts';
import { identityFromSeed, newIdentitySeed } from '../../protocol/identity.ts';
import { NEGOTIATE } from '../../protocol/negotiate.ts';
import { remoteAddress } from '../connections/connection-quality.ts';
import { createNetwork, type Network } from '../create-network.ts';
import { sampleDemand } from '../testing/samples.ts';
import { countConnections, makeGarbage } from '../rtc/rtc-count.ts';

/* What a test calls inside a real tab. Bundled by harness.node.ts; no part of the app. */

let network: Network | undefined;
let seed: Uint8Array;
const heard: Demand[] = [];
const connections = new Set<RTCPeerConnection>();

function joined(): Network {
  if (network === undefined) throw new Error('call join() first');
  return network;
}

/** The functions that tests reach as `window.tab`. */
export const tab = {
  async join(
    relays: string[],
    seedBytes?: number[],
    stunUrls: string[] = [],
  ): Promise<{ peer: string; addresses: readonly string[]; ms: number }> {
    const startedAt = performance.now();
    const chunks = new Map<string, Bytes>();
    seed = seedBytes === undefined ? newIdentitySeed() : Uint8Array.from(seedBytes);
    network = await createNetwork({
      identitySeed: seed,
      relays,
      iceServers: stunUrls.map((urls) => ({ urls })),
      chunks: {
        get: async (cid) => chunks.get(cid),
        put: async (cid, bytes) => void chunks.set(cid, bytes),
        has: async (cid) => chunks.has(cid),
      },
    });
    await network.whenOnline(AbortSignal.timeout(15_000));
    return { peer: network.identity.peer, addresses: network.addresses(), ms: performance.now() - startedAt };
  },
  async leave(): Promise<void> {
    await network?.[Symbol.asyncDispose]();
    network = undefined;
  },
  addresses: () => joined().addresses(),
  connection: () => joined().connection.value,
  connectionTo: (peer: string) => joined().connectionTo(peer),
  networkOf: (peer: string) => joined().networkOf(peer),
  /** As on the Internet: mDNS names of others lead nowhere. */
  ignoreNames(): void {
    const { prototype } = RTCPeerConnection;
    const add = prototype.addIceCandidate as (candidate?: RTCIceCandidateInit | null) => Promise<void>;
    prototype.addIceCandidate = function (this: RTCPeerConnection, candidate?: RTCIceCandidateInit | null) {
      connections.add(this);
      const isName = candidate?.candidate?.includes('.local ') === true;
      return isName ? Promise.resolve() : add.call(this, candidate);
    };
  },
  /** Where others' packets come from, as far as the browser tells. */
  async seen(): Promise<(string | undefined)[]> {
    const open = [...connections].filter(({ connectionState }) => connectionState === 'connected');
    return Promise.all(open.map(async (one) => remoteAddress([...(await one.getStats()).values()] as never)));
  },
  board: () => joined().board.value.demands.length,
  /** Answers every frame with itself. */
  async echo(): Promise<void> {
    await joined().handle(NEGOTIATE, (stream) => {
      void (async () => {
        for await (const frame of stream.frames) await stream.send(frame);
        await stream.close();
      })().catch(() => {});
    });
  },
  /** Opens a stream, sends one frame, waits for it to come back; milliseconds of the whole. */
  async roundTrip(peer: string, addresses: string[]): Promise<number> {
    const startedAt = performance.now();
    const stream = await joined().openStream(NEGOTIATE, { peer, addresses }, AbortSignal.timeout(20_000));
    await stream.send(Uint8Array.of(1, 2, 3));
    for await (const frame of stream.frames) {
      if (frame.join() !== '1,2,3') throw new Error('the echo differs');
      break;
    }
    await stream.close();
    return performance.now() - startedAt;
  },
  /** Opens a stream and resolves with the error code with which it ends, or `ended`. */
  async watchStream(peer: string, addresses: string[]): Promise<void> {
    const stream = await joined().openStream(NEGOTIATE, { peer, addresses });
    await stream.send(Uint8Array.of(9));
    (globalThis as { watched?: Promise<string> }).watched = (async () => {
      try {
        for await (const frame of stream.frames) void frame;
        return 'ended';
      } catch (error) {
        return (error as { code: string }).code;
      }
    })();
  },
  watched: () => (globalThis as { watched?: Promise<string> }).watched,
  listen(): void {
    joined().onDemand('wasi', (demand) => heard.push(demand.message));
  },
  heard: () => heard.map(({ name }) => name),
  async announce(name: string): Promise<void> {
    const identity = identityFromSeed(seed);
    const demand = sampleDemand(identity, systemClock.now(), { name, addresses: [...joined().addresses()] });
    await joined().publishDemand('wasi', seal(identity, 'kiln/demand/1', demand));
  },
  async offerBlob(bytes: number): Promise<{ cid: string; digest: string }> {
    const blob = new Uint8Array(bytes);
    for (let i = 0; i < bytes; i += 65_536)
      crypto.getRandomValues(blob.subarray(i, Math.min(bytes, i + 65_536)));
    return { cid: await joined().blobs.put(blob), digest: toHex(await sha256(blob)) };
  },
  async fetchBlob(
    cid: string,
    holders: { peer: string; addresses: string[] }[],
  ): Promise<{ digest: string; ms: number }> {
    const startedAt = performance.now();
    const bytes = await joined().blobs.get(cid, { holders });
    const ms = performance.now() - startedAt;
    return { digest: toHex(await sha256(bytes)), ms };
  },
  /** Keeps the main thread busy, as a tab that computes does. */
  block(ms: number): void {
    const until = performance.now() + ms;
    while (performance.now() < until) Math.sqrt(until);
  },
  rtc: () => ({ ...countConnections(RTCPeerConnection.prototype) }),
  /** Makes and closes many RTCPeerConnections, as dials do. */
  async burnConnections(count: number): Promise<number> {
    const counter = countConnections(RTCPeerConnection.prototype);
    for (let i = 0; i < count; i++) {
      const connection = new RTCPeerConnection();
      connection.createDataChannel('x');
      await connection.setLocalDescription();
      connection.close();
    }
    return counter.alive;
  },
  collect: () => void makeGarbage(),
};

(globalThis as { tab?: typeof tab }).tab = tab;
