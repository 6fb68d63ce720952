import { equalBytes } from '../../base/bytes.ts';
import type { Collection } from '../../base/collection.ts';
import { KilnError, toKilnError } from '../../base/errors.ts';
import type { Clock } from '../../base/time.ts';
import { MAX_NEGOTIATE_FRAME_BYTES } from '../../protocol/constants.ts';
import { type Envelope, open, seal } from '../../protocol/envelope.ts';
import type { Identity } from '../../protocol/identity.ts';
import { type Agreement, agreementSchema } from '../../protocol/negotiate.ts';
import { RENEW_AGAIN_MS, RENEW_BEFORE_MS, RENEW_BEFORE_TASKS } from '../constants.ts';
import type { RequestorAgreementRecord } from '../records.ts';
import { agreementEndMs } from './agreement-for.ts';
import type { LinkBook } from './link-book.ts';
import type { ProviderLink } from './provider-link.ts';

/** What the desk works with. */
export interface RenewalDeskInit {
  readonly identity: Identity;
  readonly clock: Clock;
  readonly agreements: Collection<RequestorAgreementRecord>;
  readonly links: LinkBook;
  /** When the session key that pays ends, in milliseconds since 1970; absent where that is not known. */
  readonly keyExpiresAtMs?: number | undefined;
  /** Leaves a provider that signs something else than it was offered. */
  readonly dismiss: (link: ProviderLink, reason: string) => void;
}

/**
 * Has agreements go on before they expire, with the same terms and without a pause. An offer is stored before it leaves,
 * and said again until it is answered; its counter-signature is stored before the new name counts.
 */
export class RenewalDesk {
  readonly #init: RenewalDeskInit;
  readonly #busy = new Set<ProviderLink>();
  readonly #saidAtMs = new Map<ProviderLink, number>();

  constructor(init: RenewalDeskInit) {
    this.#init = init;
  }

  /** Offers a renewal when the agreement nears its end. Call it now and then. */
  review(link: ProviderLink): void {
    const { clock } = this.#init;
    const nowMs = clock.now();
    const { issuedAt, expiresAt } = link.agreement;
    // Long tasks are leased long before they end, and none is leased that the agreement would not outlive.
    const wantedMs = Math.max(RENEW_BEFORE_MS, (link.msPerTask ?? 0) * RENEW_BEFORE_TASKS);
    const isNear = expiresAt - nowMs <= Math.min(wantedMs, (expiresAt - issuedAt) / 2);
    if (!isNear || nowMs >= expiresAt || link.isEnded || !link.isAttached) return;
    if (link.offered === undefined) void this.#offer(link);
    else if (nowMs - (this.#saidAtMs.get(link) ?? 0) >= RENEW_AGAIN_MS) this.say(link);
  }

  /** Says an offer that is not answered yet, on a new stream too. */
  say(link: ProviderLink): void {
    if (link.offered === undefined) return;
    this.#saidAtMs.set(link, this.#init.clock.now());
    link.send({ type: 'renewal', agreement: link.offered.envelope });
  }

  /** A counter-signature came; one that is known changes nothing, one over something else ends the agreement. */
  async take(link: ProviderLink, envelope: Envelope): Promise<void> {
    const { offered } = link;
    if (link.isEnded) return;
    try {
      const opened = await open(envelope, 'kiln/agreement/1', agreementSchema, MAX_NEGOTIATE_FRAME_BYTES);
      if (opened.signer === link.peer && link.digests.includes(opened.digest)) return;
      if (
        opened.signer !== link.peer ||
        offered === undefined ||
        !equalBytes(envelope.payload, offered.envelope.payload)
      )
        throw new KilnError(
          'work/renewal-differs',
          'The provider signed another renewal than it was offered.',
        );
      await this.#seal(link, opened.digest, opened.message, offered.envelope, envelope);
    } catch (thrown) {
      const error = toKilnError(thrown);
      // What this device could not store is offered again.
      if (!error.code.startsWith('storage/')) this.#init.dismiss(link, error.message);
    }
  }

  /** Takes up a stored agreement of a reloaded tab, oldest first: true when one that has a link goes on under it. */
  restore({ digest, agreement, offered }: RequestorAgreementRecord): boolean {
    const link = agreement.renews === undefined ? undefined : this.#init.links.get(agreement.renews);
    if (link === undefined) return false;
    link.renew(digest, agreement);
    link.offered = offered;
    return true;
  }

  async #offer(link: ProviderLink): Promise<void> {
    if (this.#busy.has(link)) return;
    this.#busy.add(link);
    try {
      const { identity, agreements } = this.#init;
      const agreement = this.#renewed(link);
      const record = agreement === undefined ? undefined : await agreements.get(link.digest);
      if (agreement === undefined || record === undefined || link.isEnded) return;
      const envelope = seal(identity, 'kiln/agreement/1', agreement);
      const { digest } = await open(envelope, 'kiln/agreement/1', agreementSchema, MAX_NEGOTIATE_FRAME_BYTES);
      const offered = { digest, envelope };
      await agreements.put(link.digest, { ...record, offered });
      link.offered = offered;
      this.say(link);
    } catch {
      // A store that fails now may do later: the next look tries again.
    } finally {
      this.#busy.delete(link);
    }
  }

  /** The same terms for longer; undefined when the session key does not live long enough for that. */
  #renewed({ agreement, digest }: ProviderLink): Agreement | undefined {
    const { clock, keyExpiresAtMs } = this.#init;
    const nowMs = clock.now();
    const expiresAt = agreementEndMs(nowMs, keyExpiresAtMs);
    if (expiresAt <= agreement.expiresAt) return undefined;
    const nonce = crypto.getRandomValues(new Uint8Array(16));
    return { ...agreement, renews: digest, issuedAt: nowMs, expiresAt, nonce };
  }

  /** Stored first; from then on the new name counts. */
  async #seal(
    link: ProviderLink,
    digest: string,
    agreement: Agreement,
    requestorEnvelope: Envelope,
    providerEnvelope: Envelope,
  ): Promise<void> {
    const { agreements } = this.#init;
    const before = await agreements.get(link.digest);
    if (before === undefined) return;
    const { offered: _, ...rest } = before;
    await agreements.put(digest, { ...rest, digest, agreement, requestorEnvelope, providerEnvelope });
    link.offered = undefined;
    this.#saidAtMs.delete(link);
    link.renew(digest, agreement);
  }
}
