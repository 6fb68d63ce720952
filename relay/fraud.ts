import { type Message, TopicValidatorResult } from '@libp2p/gossipsub';
import type { PeerId as Libp2pPeerId } from '@libp2p/interface';
import type { Clock } from '../src/base/time.ts';
import { FraudGate } from '../src/network/gossip/fraud-gate.ts';
import { FRAUD_TOPIC } from '../src/protocol/fraud.ts';
import type { RelayNode } from './relay.ts';

/**
 * Forwards fraud proofs whose signatures are in order, and keeps none. Whether one is true is for its readers to find
 * out; everything else costs its sender score.
 */
export function relayFraudProofs(node: RelayNode, clock: Clock): void {
  const gate = new FraudGate(clock);
  const { pubsub } = node.services;
  const validate = async (peer: Libp2pPeerId, message: Message): Promise<TopicValidatorResult> => {
    if (message.type !== 'signed') return TopicValidatorResult.Reject;
    try {
      const from = { origin: message.from.toString(), neighbour: peer.toString(), isTrusted: false };
      const proof = await gate.open(message.data, from);
      return proof === undefined ? TopicValidatorResult.Ignore : TopicValidatorResult.Accept;
    } catch {
      return TopicValidatorResult.Reject;
    }
  };
  pubsub.topicValidators.set(FRAUD_TOPIC, validate);
  pubsub.subscribe(FRAUD_TOPIC);
}
