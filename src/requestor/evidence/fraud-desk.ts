import type { Collection } from '../../base/collection.ts';
import type { Cid } from '../../base/cid.ts';
import { Emitter } from '../../base/events.ts';
import { Cell, type Observable } from '../../base/observable.ts';
import { Scope } from '../../base/scope.ts';
import { type Clock, every } from '../../base/time.ts';
import { encodeEnvelope, type Envelope } from '../../protocol/envelope.ts';
import type { PeerId } from '../../protocol/identity.ts';
import { newRecord, note, type ReputationRecord } from '../../reputation/record.ts';
import { isProvenAtOnce, openFraudProof, type SoundProof } from '../../verification/fraud-proof.ts';
import type { RequestorAgreementRecord } from '../records.ts';
import type { Caught, TaskObserver } from '../results/task-events.ts';
import type { RequestorNetwork, RequestorSandbox } from '../slices.ts';
import { equivocation, refutation } from './accuse.ts';
import { ClaimChecks } from './claim-checks.ts';
import { REPEAT_PROOF_MS, REPEATED_FOR_MS, REPEATED_PROOFS } from './constants.ts';
import { FraudBook } from './fraud-book.ts';
import { describeFraud, type FraudRecord, type FraudState } from './fraud-record.ts';

/** What the desk works with. */
export interface FraudDeskInit {
  readonly network: RequestorNetwork;
  readonly sandbox: Pick<RequestorSandbox, 'openJob'>;
  readonly clock: Clock;
  readonly fraud: Collection<FraudRecord>;
  readonly reputation: Collection<ReputationRecord>;
  readonly agreements: Pick<Collection<RequestorAgreementRecord>, 'get'>;
}

/** A provider that a job excluded for a result which this device found right. */
export interface Acquittal {
  readonly job: Cid;
  readonly task: number;
  readonly peer: PeerId;
}

/**
 * Evidence of lies: makes proofs of what this requestor caught, hears those of others, believes what was checked here, and
 * tells who was convicted (design: verification, evidence).
 */
export class FraudDesk implements AsyncDisposable {
  /** Hears each provider that a proof convicts, and each that was about to be accused of the truth. */
  readonly events = new Emitter<{ convicted: FraudRecord; acquitted: Acquittal }>();
  readonly #init: FraudDeskInit;
  readonly #book: FraudBook;
  readonly #checks: ClaimChecks;
  readonly #scope = new Scope();
  readonly #view = new Cell<readonly FraudRecord[]>([]);
  /** One accusation after another: each may be the missing half of another. */
  #last: Promise<void> = Promise.resolve();

  constructor(init: FraudDeskInit) {
    this.#init = init;
    this.#book = new FraudBook(init.fraud, init.clock);
    const { sandbox, clock, network } = init;
    this.#checks = new ClaimChecks({ blobs: network.blobs, sandbox, clock }, this.#scope.signal);
  }

  /** All accusations known, newest first. */
  get view(): Observable<readonly FraudRecord[]> {
    return this.#view;
  }

  /** Takes up what was stored, and listens. */
  async start(): Promise<void> {
    const { network, clock, reputation } = this.#init;
    const met = (await reputation.entries()).flatMap(([key]) => key.split('/')[1] ?? []);
    await this.#book.load(met);
    this.#show();
    this.#scope.add(network.onFraudProof((sound) => this.#inTurn(() => this.#hear(sound))));
    const repeat = () => this.#repeat();
    this.#scope.add(every(clock, () => REPEAT_PROOF_MS, repeat));
    void repeat();
  }

  /** The proof that convicts this peer; undefined for everybody else. */
  conviction(peer: PeerId): FraudRecord | undefined {
    return this.#book.conviction(peer);
  }

  /** Why this peer gets no seat, by a proof; undefined for everybody else. What is only claimed of it is checked now. */
  refusal(peer: PeerId): { readonly reason: 'banned'; readonly detail: string } | undefined {
    this.meet(peer);
    const proof = this.conviction(peer);
    if (proof === undefined) return undefined;
    return { reason: 'banned', detail: `a fraud proof convicts this provider: ${describeFraud(proof)}` };
  }

  /** This peer is about to be dealt with: what is claimed of it is worth a check now. */
  meet(peer: PeerId): void {
    this.#book.meet(peer);
    for (const record of this.#book.claimsAgainst(peer)) void this.#checkClaim(record);
  }

  /** Makes a proof of each lie of which this job's providers are caught. */
  observerOf(job: Cid): TaskObserver {
    return {
      onTask: () => {},
      onCaught: (caught) => this.#inTurn(() => this.#accuse(job, caught)),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#scope[Symbol.asyncDispose]();
  }

  #inTurn(step: () => Promise<void>): void {
    this.#last = this.#last.then(step).catch((error: unknown) => {
      if (!this.#scope.isClosed) console.error('A fraud proof could not be dealt with.', error);
    });
  }

  async #accuse(job: Cid, caught: Caught): Promise<void> {
    const { agreements, network } = this.#init;
    if (caught.evidence === undefined) return;
    const agreed = await agreements.get(caught.evidence.agreement);
    if (agreed === undefined) return;
    const made = refutation(network.identity, job, caught, agreed.providerEnvelope);
    const sound = made === undefined ? undefined : await this.#sound(made);
    if (sound === undefined) return;
    const verdict = await this.#checks.own(sound);
    if (verdict === 'true') await this.#tell(sound);
    const { task, provider: peer } = sound.proof;
    if (verdict === 'false') this.events.emit('acquitted', { job, task, peer });
  }

  /** Stores an own proof, then tells everybody. */
  async #tell(sound: SoundProof): Promise<void> {
    await this.#keep(sound, 'proven', true);
    await this.#init.network.publishFraudProof(sound.envelope).catch(() => {});
  }

  async #hear(sound: SoundProof): Promise<void> {
    if (this.#scope.isClosed || this.#book.has(sound.digest)) return;
    if (isProvenAtOnce(sound)) return void (await this.#keep(sound, 'proven', false));
    if (this.#book.isLiar(sound.accuser)) return;
    const record = await this.#keep(sound, 'claimed', false);
    if (record === undefined || (await this.#combine(record, sound))) return;
    if (this.#book.isKnown(record.provider)) void this.#checkClaim(record);
  }

  /** Two claims of different digests for one task are an equivocation: proven without a run. */
  async #combine(fresh: FraudRecord, { proof }: SoundProof): Promise<boolean> {
    for (const other of this.#book.accusationsOf(fresh.provider)) {
      if (other.digest === fresh.digest || other.job !== fresh.job || other.task !== fresh.task) continue;
      const before = await this.#sound(other.envelope);
      if (before === undefined) continue;
      const made = equivocation(this.#init.network.identity, before.proof, proof);
      const sound = made === undefined ? undefined : await this.#sound(made);
      if (sound === undefined || !isProvenAtOnce(sound)) continue;
      await this.#tell(sound);
      return true;
    }
    return false;
  }

  async #checkClaim(record: FraudRecord): Promise<void> {
    if (this.#book.isLiar(record.accuser)) return;
    const sound = await this.#sound(record.envelope);
    if (sound === undefined) return;
    const verdict = await this.#checks.ofOther(sound);
    if (verdict === 'unknown' || this.#scope.isClosed) return;
    await this.#put({ ...record, state: verdict === 'true' ? 'proven' : 'false' });
  }

  async #keep(sound: SoundProof, state: FraudState, isOwn: boolean): Promise<FraudRecord | undefined> {
    const record = this.#book.record(sound, state, isOwn);
    if (!(await this.#book.makeRoomFor(record))) return undefined;
    await this.#put(record);
    return record;
  }

  /** Stored before it is acted on. */
  async #put(record: FraudRecord): Promise<void> {
    await this.#book.put(record);
    this.#show();
    if (record.state !== 'proven') return;
    if (!record.isOwn) await this.#noteWrong(record);
    this.events.emit('convicted', record);
  }

  /** What others proved counts like what was seen here; what was seen here was noted by its job. */
  async #noteWrong(record: FraudRecord): Promise<void> {
    const { reputation, clock } = this.#init;
    const key = `${record.jobKind}/${record.provider}`;
    const before = (await reputation.get(key)) ?? newRecord(clock.now());
    await reputation.put(key, note(before, 'wrong', clock.now())).catch(() => {});
  }

  /** Tells own proofs again: some who have to know were not there. */
  async #repeat(): Promise<void> {
    const sinceMs = this.#init.clock.now() - REPEATED_FOR_MS;
    const own = this.#book.all.filter(
      ({ isOwn, state, receivedAtMs }) => isOwn && state === 'proven' && receivedAtMs > sinceMs,
    );
    for (const { envelope } of own.slice(0, REPEATED_PROOFS))
      await this.#init.network.publishFraudProof(envelope).catch(() => {});
  }

  async #sound(envelope: Envelope): Promise<SoundProof | undefined> {
    return openFraudProof(encodeEnvelope(envelope)).catch(() => undefined);
  }

  #show(): void {
    this.#view.set(this.#book.all);
  }
}
