import { type Message, TopicValidatorResult } from '@libp2p/gossipsub';
import type { PeerId as Libp2pPeerId } from '@libp2p/interface';
import type { Clock } from '../src/base/time.ts';
import { DemandGate } from '../src/network/gossip/demand-gate.ts';
import { demandTopic } from '../src/protocol/announce.ts';
import { JOB_KINDS, type JobKind } from '../src/protocol/primitives.ts';
import type { Board } from './board.ts';
import type { RelayNode } from './relay.ts';

/** Forwards valid demands and indexes them on the board; everything else costs its sender score. */
export function relayDemands(node: RelayNode, board: Board, clock: Clock): void {
  const gate = new DemandGate(clock);
  const { pubsub } = node.services;

  const validate = async (
    kind: JobKind,
    peer: Libp2pPeerId,
    message: Message,
  ): Promise<TopicValidatorResult> => {
    if (message.type !== 'signed') return TopicValidatorResult.Reject;
    let demand;
    try {
      const from = { origin: message.from.toString(), neighbour: peer.toString(), isTrusted: false };
      demand = await gate.open(kind, message.data, from);
    } catch {
      return TopicValidatorResult.Reject;
    }
    try {
      board.putDemand(demand);
    } catch {
      // A full board, or a repetition by another path: the demand is valid and travels on all the same.
    }
    return TopicValidatorResult.Accept;
  };

  for (const kind of JOB_KINDS) {
    const topic = demandTopic(kind);
    pubsub.topicValidators.set(topic, (peer, message) => validate(kind, peer, message));
    pubsub.subscribe(topic);
  }
}
