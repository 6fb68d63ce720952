import { Cell, type Observable } from '../../base/observable.ts';
import type { Random } from '../../base/random.ts';
import { Scope } from '../../base/scope.ts';
import { type Clock, sleep } from '../../base/time.ts';
import type { PeerId } from '../../protocol/identity.ts';
import type { TabNode } from '../libp2p-node.ts';
import { type RelayAddress, relaysByPeer } from './relay-address.ts';

/** First pause before a relay is dialled again; doubles up to the longest. Half of each is jitter. */
const FIRST_RETRY_MS = 300;
const LONGEST_RETRY_MS = 15_000;
/** A dial that takes longer failed. */
const DIAL_TIMEOUT_MS = 10_000;

/** One relay that this tab holds on to. */
export interface RelayLink {
  readonly peer: PeerId;
  readonly address: string;
  readonly isConnected: boolean;
}

/** Keeps this tab connected to its relays, whatever happens to them. libp2p alone never comes back. */
export class RelayLinks implements AsyncDisposable {
  readonly links: Observable<readonly RelayLink[]>;
  readonly #links: Cell<readonly RelayLink[]>;
  readonly #node: TabNode;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #scope = new Scope();
  readonly #wakers = new Set<() => void>();

  constructor(node: TabNode, addresses: readonly RelayAddress[], clock: Clock, random: Random) {
    this.#node = node;
    this.#clock = clock;
    this.#random = random;
    const groups = [...relaysByPeer(addresses)];
    this.#links = new Cell<readonly RelayLink[]>(
      groups.map(([peer, [first]]) => ({ peer, address: first!.text, isConnected: false })),
    );
    this.links = this.#links;
    const onDisconnect = (event: CustomEvent<{ toString(): string }>) =>
      this.#mark(event.detail.toString(), false);
    node.addEventListener('peer:disconnect', onDisconnect);
    this.#scope.add(() => node.removeEventListener('peer:disconnect', onDisconnect));
    this.#wakeOnReturn();
    for (const [peer, ways] of groups) void this.#hold(peer, ways);
  }

  /** Forgets all pauses: the next dials start now. */
  retryNow(): void {
    for (const wake of [...this.#wakers]) wake();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#scope[Symbol.asyncDispose]();
    this.retryNow();
  }

  async #hold(peer: PeerId, ways: readonly RelayAddress[]): Promise<void> {
    let retryMs = FIRST_RETRY_MS;
    while (!this.#scope.isClosed) {
      const way = await this.#dial(ways);
      if (way !== undefined) {
        retryMs = FIRST_RETRY_MS;
        this.#mark(peer, true, way.text);
        await this.#disconnected(peer);
      }
      await this.#pause(retryMs * (0.5 + this.#random() / 2));
      retryMs = Math.min(LONGEST_RETRY_MS, retryMs * 2);
    }
  }

  async #dial(ways: readonly RelayAddress[]): Promise<RelayAddress | undefined> {
    for (const way of ways) {
      if (this.#scope.isClosed) return undefined;
      try {
        const signal = AbortSignal.any([this.#scope.signal, AbortSignal.timeout(DIAL_TIMEOUT_MS)]);
        await this.#node.dial(way.multiaddr, { signal });
        return way;
      } catch {
        // the next way, or the next round
      }
    }
    return undefined;
  }

  async #disconnected(peer: PeerId): Promise<void> {
    const isGone = () => !this.#node.getPeers().some((other) => other.toString() === peer);
    if (isGone()) this.#mark(peer, false);
    const { promise, resolve } = Promise.withResolvers<void>();
    const unsubscribe = this.#links.subscribe((links) => {
      if (links.find((link) => link.peer === peer)?.isConnected !== true) resolve();
    });
    this.#scope.signal.addEventListener('abort', () => resolve(), { once: true });
    await promise;
    unsubscribe();
  }

  async #pause(delayMs: number): Promise<void> {
    const early = new AbortController();
    const wake = () => early.abort();
    this.#wakers.add(wake);
    await sleep(this.#clock, delayMs, early.signal).catch(() => {});
    this.#wakers.delete(wake);
  }

  #mark(peer: PeerId, isConnected: boolean, address?: string): void {
    const links = this.#links.value;
    if (!links.some((link) => link.peer === peer && (link.isConnected !== isConnected || isConnected)))
      return;
    this.#links.set(
      links.map((link) =>
        link.peer === peer ? { ...link, isConnected, address: address ?? link.address } : link,
      ),
    );
  }

  #wakeOnReturn(): void {
    if (typeof window === 'undefined') return;
    const wake = () => this.retryNow();
    window.addEventListener('online', wake);
    document.addEventListener('visibilitychange', wake);
    this.#scope.add(() => window.removeEventListener('online', wake));
    this.#scope.add(() => document.removeEventListener('visibilitychange', wake));
  }
}
