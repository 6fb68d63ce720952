import { equalBytes } from '../../base/bytes.ts';
import { KilnError, toKilnError } from '../../base/errors.ts';
import type { Clock } from '../../base/time.ts';
import { MAX_NEGOTIATE_FRAME_BYTES } from '../../protocol/constants.ts';
import { type Envelope, open, sealBytes } from '../../protocol/envelope.ts';
import type { Identity } from '../../protocol/identity.ts';
import { type Agreement, agreementSchema } from '../../protocol/negotiate.ts';
import { LEAST_RENEWAL_INTERVAL_MS } from '../constants.ts';
import type { AgreementView } from '../view.ts';
import type { AgreementRecord } from '../records.ts';
import { checkRenewal } from './check-renewal.ts';

/** What the desk works with. */
export interface RenewalDeskInit {
  /** The agreement as it was negotiated; of one that a former tab left, the newest renewal. */
  readonly record: AgreementRecord;
  /** What that one renews, oldest first. @default nothing */
  readonly earlier?: readonly AgreementRecord[];
  /** The name that its requestor has surely stored. @default that of `record` */
  readonly greeting?: string;
  readonly identity: Identity;
  readonly clock: Clock;
  /** Stores the agreement signed by both; the counter-signature leaves only afterwards. */
  readonly store: (record: AgreementRecord) => Promise<void>;
  /** Throws a KilnError when the payer's deposit or key is not good until the new end. */
  readonly checkCover: (agreement: Agreement) => Promise<void>;
  /** Why this provider does not want to go on, by its rules of now; undefined when it does. */
  readonly decline: (agreement: Agreement) => string | undefined;
}

/**
 * The agreement of one session and its renewals: checks each, stores it signed by both, and only then lets it count.
 * Who does not want to go on says nothing, works until the expiry, and leaves.
 */
export class RenewalDesk {
  readonly #init: RenewalDeskInit;
  /** Oldest first; never empty. */
  #records: readonly AgreementRecord[];
  #greeting: string;
  #refusal: string | undefined;
  #taking: Promise<void> = Promise.resolve();
  #isTaking = false;

  constructor(init: RenewalDeskInit) {
    this.#init = init;
    this.#records = [...(init.earlier ?? []), init.record];
    this.#greeting = init.greeting ?? init.record.digest;
  }

  get #newest(): AgreementRecord {
    return this.#records.at(-1)!;
  }

  /** Name of the agreement that counts now. */
  get digest(): string {
    return this.#newest.digest;
  }

  get agreement(): Agreement {
    return this.#newest.agreement;
  }

  /** Names of the agreement and its renewals, oldest first. */
  get digests(): readonly string[] {
    return this.#records.map(({ digest }) => digest);
  }

  /** The name under which the requestor ended it: the last renewal may not have reached it any more. */
  nameFor(digest: string | undefined): string {
    return this.#records.slice(-2).find((record) => record.digest === digest)?.digest ?? this.digest;
  }

  /** What is worked on, for whom, and by which agreement. */
  get subject(): Pick<AgreementView, 'digest' | 'requestor' | 'job' | 'kind'> {
    const { requestor, job, kind } = this.agreement;
    return { digest: this.digest, requestor, job, kind };
  }

  /** When the first of the agreements was signed, in milliseconds since 1970. */
  get beganAtMs(): number {
    return this.#records[0]!.agreement.issuedAt;
  }

  /**
   * The name that a stream begins with: the newest that the requestor has surely stored, because it has paid under it.
   */
  get greeting(): string {
    return this.#greeting;
  }

  /** The counter-signature of the newest renewal, said again on each new stream; undefined before any. */
  get counterSignature(): Envelope | undefined {
    return this.#records.length > 1 ? this.#newest.providerEnvelope : undefined;
  }

  /** The requestor pays under this agreement: is it the one that counts now, or the one that it renews? */
  hear(digest: string): boolean {
    const isKnown = this.#records.slice(-2).some((record) => record.digest === digest);
    if (isKnown) this.#greeting = digest;
    return isKnown;
  }

  /** Why the newest renewal was not signed, for people. */
  get refusal(): string | undefined {
    return this.#refusal;
  }

  /** Resolves when no renewal is being looked at. */
  settled(): Promise<void> {
    return this.#taking;
  }

  /**
   * Looks at a renewal; resolves with the counter-signature to send, or with undefined when this provider does not sign
   * it and simply works on until the expiry. Throws what {@link checkRenewal} throws: then the requestor is left.
   */
  async take(envelope: Envelope): Promise<Envelope | undefined> {
    if (equalBytes(envelope.payload, this.#newest.requestorEnvelope.payload)) return this.counterSignature;
    if (this.#isTaking) return undefined;
    this.#isTaking = true;
    const taking = this.#takeNow(envelope);
    this.#taking = taking.then(
      () => {},
      () => {},
    );
    try {
      return await taking;
    } finally {
      this.#isTaking = false;
    }
  }

  async #takeNow(envelope: Envelope): Promise<Envelope | undefined> {
    const { identity, clock, store, checkCover, decline } = this.#init;
    const newest = this.#newest;
    const opened = await open(envelope, 'kiln/agreement/1', agreementSchema, MAX_NEGOTIATE_FRAME_BYTES);
    checkRenewal(opened, newest, clock.now());
    if (this.#records.length > 1 && clock.now() - newest.agreedAtMs < LEAST_RENEWAL_INTERVAL_MS)
      return this.#refuse('it was renewed a moment ago');
    const unwanted = decline(opened.message);
    if (unwanted !== undefined) return this.#refuse(unwanted);
    try {
      await checkCover(opened.message);
    } catch (error) {
      return this.#refuse(toKilnError(error).message);
    }
    const record: AgreementRecord = {
      digest: opened.digest,
      agreement: opened.message,
      requestorEnvelope: envelope,
      providerEnvelope: sealBytes(identity, 'kiln/agreement/1', envelope.payload),
      jobName: newest.jobName,
      agreedAtMs: clock.now(),
    };
    await store(record);
    if (clock.now() >= newest.agreement.expiresAt)
      throw new KilnError('work/expired', 'The agreement expired before its renewal was stored.');
    this.#records = [...this.#records, record];
    this.#refusal = undefined;
    return record.providerEnvelope;
  }

  #refuse(why: string): undefined {
    this.#refusal = why;
    return undefined;
  }
}
