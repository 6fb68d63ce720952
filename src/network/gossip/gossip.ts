import { type Message, TopicValidatorResult } from '@libp2p/gossipsub';
import type { PeerId as Libp2pPeerId } from '@libp2p/interface';
import { Scope } from '../../base/scope.ts';
import type { Clock } from '../../base/time.ts';
import { type Demand, demandTopic, openDemand } from '../../protocol/announce.ts';
import { ANNOUNCEMENT_BURST, ANNOUNCEMENTS_PER_SECOND } from '../../protocol/constants.ts';
import { encodeEnvelope, type Envelope, type Opened } from '../../protocol/envelope.ts';
import type { PeerId } from '../../protocol/identity.ts';
import { JOB_KINDS, type JobKind } from '../../protocol/primitives.ts';
import { DemandGate } from './demand-gate.ts';
import type { TabNode } from '../libp2p-node.ts';
import { TokenBucket } from '../token-bucket.ts';

/** How soon demands that had to wait are tried again. */
const RETRY_MS = 1_000;

/** Demands over gossip, in both directions. */
export class Gossip implements AsyncDisposable {
  readonly #node: TabNode;
  readonly #clock: Clock;
  readonly #gate: DemandGate;
  readonly #relays: ReadonlySet<PeerId>;
  readonly #onDemand: (demand: Opened<Demand>) => void;
  readonly #listeners = new Map<JobKind, number>();
  /** Own demands that still hold, by job: a relay that comes back hears them again. */
  readonly #own = new Map<string, { kind: JobKind; bytes: Uint8Array; expiresAt: number }>();
  readonly #pace: TokenBucket;
  readonly #waiting = new Set<string>();
  #stopWaiting: (() => void) | undefined;
  readonly #scope = new Scope();

  constructor(
    node: TabNode,
    relays: ReadonlySet<PeerId>,
    clock: Clock,
    onDemand: (demand: Opened<Demand>) => void,
  ) {
    this.#node = node;
    this.#clock = clock;
    this.#gate = new DemandGate(clock);
    this.#pace = new TokenBucket(clock, ANNOUNCEMENTS_PER_SECOND / 2, ANNOUNCEMENT_BURST / 2);
    this.#scope.add(() => this.#stopWaiting?.());
    this.#relays = relays;
    this.#onDemand = onDemand;
    const { pubsub } = node.services;
    for (const kind of JOB_KINDS) {
      pubsub.topicValidators.set(demandTopic(kind), (peer, message) => this.#validate(kind, peer, message));
    }
    const onSubscription = ({ detail }: CustomEvent<{ peerId: Libp2pPeerId }>) => {
      if (this.#relays.has(detail.peerId.toString())) void this.#republish();
    };
    pubsub.addEventListener('subscription-change', onSubscription);
    this.#scope.add(() => pubsub.removeEventListener('subscription-change', onSubscription));
  }

  /** Hears demands of this kind as long as somebody here wants them; the result gives up one want. */
  listen(kind: JobKind): () => void {
    const count = this.#listeners.get(kind) ?? 0;
    this.#listeners.set(kind, count + 1);
    if (count === 0) this.#node.services.pubsub.subscribe(demandTopic(kind));
    let isStopped = false;
    return () => {
      if (isStopped) return;
      isStopped = true;
      const left = (this.#listeners.get(kind) ?? 1) - 1;
      this.#listeners.set(kind, left);
      if (left === 0 && !this.#scope.isClosed) this.#node.services.pubsub.unsubscribe(demandTopic(kind));
    };
  }

  /** Announces a demand; its own validity is checked first, so that mistakes show here and not in silence. */
  async publish(kind: JobKind, envelope: Envelope): Promise<void> {
    const bytes = encodeEnvelope(envelope);
    const { message } = await openDemand(bytes, this.#clock.now());
    this.#own.set(message.job, { kind, bytes, expiresAt: message.expiresAt });
    await this.#send(message.job);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#scope[Symbol.asyncDispose]();
  }

  async #republish(): Promise<void> {
    for (const job of [...this.#own.keys()]) await this.#send(job).catch(() => {});
  }

  /** Relays silence whoever announces too often; beyond half of what they allow, the newest of each job waits. */
  async #send(job: string): Promise<void> {
    const own = this.#own.get(job);
    if (own === undefined) return;
    if (own.expiresAt <= this.#clock.now()) return void this.#own.delete(job);
    if (this.#pace.take()) {
      this.#waiting.delete(job);
      await this.#node.services.pubsub.publish(demandTopic(own.kind), own.bytes);
      return;
    }
    this.#waiting.add(job);
    this.#stopWaiting ??= this.#clock.after(RETRY_MS, () => {
      this.#stopWaiting = undefined;
      for (const next of [...this.#waiting]) void this.#send(next).catch(() => {});
    });
  }

  async #validate(kind: JobKind, peer: Libp2pPeerId, message: Message): Promise<TopicValidatorResult> {
    if (message.type !== 'signed') return TopicValidatorResult.Reject;
    const neighbour = peer.toString();
    const isTrusted = this.#relays.has(neighbour);
    try {
      const from = { origin: message.from.toString(), neighbour, isTrusted };
      this.#onDemand(await this.#gate.open(kind, message.data, from));
      return TopicValidatorResult.Accept;
    } catch {
      // A relay has checked it already: what fails here has expired on the way.
      return isTrusted ? TopicValidatorResult.Ignore : TopicValidatorResult.Reject;
    }
  }
}
