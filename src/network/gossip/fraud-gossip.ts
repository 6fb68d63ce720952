import { type Message, TopicValidatorResult } from '@libp2p/gossipsub';
import type { PeerId as Libp2pPeerId } from '@libp2p/interface';
import { Scope } from '../../base/scope.ts';
import type { Clock } from '../../base/time.ts';
import { FRAUD_PROOF_BURST, FRAUD_PROOFS_PER_SECOND } from '../../protocol/constants.ts';
import { encodeEnvelope, type Envelope } from '../../protocol/envelope.ts';
import { FRAUD_TOPIC } from '../../protocol/fraud.ts';
import type { PeerId } from '../../protocol/identity.ts';
import { openFraudProof, type SoundProof } from '../../verification/fraud-proof.ts';
import { FraudGate } from './fraud-gate.ts';
import type { TabNode } from '../libp2p-node.ts';
import { TokenBucket } from '../token-bucket.ts';

/** Proofs of this tab that wait for a relay, or for their turn; the newest ones stay. */
const MAX_WAITING = 16;
/** How soon proofs that had to wait are tried again. */
const RETRY_MS = 10_000;

/** Fraud proofs over gossip, in both directions. */
export class FraudGossip implements AsyncDisposable {
  readonly #node: TabNode;
  readonly #clock: Clock;
  readonly #relays: ReadonlySet<PeerId>;
  readonly #gate: FraudGate;
  readonly #pace: TokenBucket;
  readonly #handlers = new Set<(proof: SoundProof) => void>();
  #waiting: Uint8Array[] = [];
  #stopWaiting: (() => void) | undefined;
  readonly #scope = new Scope();

  constructor(node: TabNode, relays: ReadonlySet<PeerId>, clock: Clock) {
    this.#node = node;
    this.#clock = clock;
    this.#relays = relays;
    this.#gate = new FraudGate(clock);
    this.#pace = new TokenBucket(clock, FRAUD_PROOFS_PER_SECOND / 2, FRAUD_PROOF_BURST / 2);
    const { pubsub } = node.services;
    pubsub.topicValidators.set(FRAUD_TOPIC, (peer, message) => this.#validate(peer, message));
    const onSubscription = () => void this.#flush();
    pubsub.addEventListener('subscription-change', onSubscription);
    this.#scope.add(() => pubsub.removeEventListener('subscription-change', onSubscription));
    this.#scope.add(() => this.#stopWaiting?.());
  }

  /** Hears proofs of others; the result stops it. */
  listen(handler: (proof: SoundProof) => void): () => void {
    if (this.#handlers.size === 0) this.#node.services.pubsub.subscribe(FRAUD_TOPIC);
    this.#handlers.add(handler);
    return () => {
      if (!this.#handlers.delete(handler) || this.#handlers.size > 0 || this.#scope.isClosed) return;
      this.#node.services.pubsub.unsubscribe(FRAUD_TOPIC);
    };
  }

  /**
   * Tells everybody, as soon as a relay listens. Throws what {@link openFraudProof} throws: mistakes show here, not in
   * silence.
   */
  async publish(proof: Envelope): Promise<void> {
    const bytes = encodeEnvelope(proof);
    await openFraudProof(bytes);
    this.#waiting = [...this.#waiting, bytes].slice(-MAX_WAITING);
    await this.#flush();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#scope[Symbol.asyncDispose]();
  }

  /** Relays silence whoever accuses too often: half of what they allow is used, the rest waits. */
  async #flush(): Promise<void> {
    const { pubsub } = this.#node.services;
    while (this.#waiting.length > 0 && !this.#scope.isClosed) {
      const isHeard = pubsub.getSubscribers(FRAUD_TOPIC).some((peer) => this.#relays.has(peer.toString()));
      if (!isHeard) return;
      if (!this.#pace.take()) return this.#retry();
      const bytes = this.#waiting.shift()!;
      await pubsub.publish(FRAUD_TOPIC, bytes).catch(() => {
        this.#waiting.unshift(bytes);
        this.#retry();
      });
      if (this.#stopWaiting !== undefined) return;
    }
  }

  #retry(): void {
    this.#stopWaiting ??= this.#clock.after(RETRY_MS, () => {
      this.#stopWaiting = undefined;
      void this.#flush();
    });
  }

  async #validate(peer: Libp2pPeerId, message: Message): Promise<TopicValidatorResult> {
    if (message.type !== 'signed') return TopicValidatorResult.Reject;
    const neighbour = peer.toString();
    const isTrusted = this.#relays.has(neighbour);
    try {
      const origin = message.from.toString();
      const proof = await this.#gate.open(message.data, { origin, neighbour, isTrusted });
      if (proof === undefined) return TopicValidatorResult.Ignore;
      this.#deliver(proof);
      return TopicValidatorResult.Accept;
    } catch {
      // A relay has checked it already: what fails here is one too many.
      return isTrusted ? TopicValidatorResult.Ignore : TopicValidatorResult.Reject;
    }
  }

  #deliver(proof: SoundProof): void {
    for (const handler of [...this.#handlers]) {
      try {
        handler(proof);
      } catch (error) {
        console.error('A handler of fraud proofs failed.', error);
      }
    }
  }
}
