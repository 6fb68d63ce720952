import type { PeerId } from '../../protocol/identity.ts';

/**
 * The accounts of banned providers: who was caught does not come back under another name. One may belong to several of
 * them, and stays out until the last one is acquitted.
 *
 * @example
 * accounts.add('alice', '0xAA');
 * accounts.has('0xaa'); // true
 */
export class BannedAccounts {
  /** By account in lower case: who was banned under it. */
  readonly #peers = new Map<string, Set<PeerId>>();

  /** @param payee in lower case */
  has(payee: string): boolean {
    return this.#peers.has(payee);
  }

  /** A provider was banned that is paid on this account. */
  add(peer: PeerId, payee: string): void {
    const key = payee.toLowerCase();
    const peers = this.#peers.get(key) ?? new Set();
    this.#peers.set(key, peers.add(peer));
  }

  /** A provider was acquitted: its accounts are free, but for those of others that are banned. */
  free(peer: PeerId): void {
    for (const [payee, peers] of this.#peers) {
      peers.delete(peer);
      if (peers.size === 0) this.#peers.delete(payee);
    }
  }
}
