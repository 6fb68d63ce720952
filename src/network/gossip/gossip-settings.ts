import type { GossipsubOpts } from '@libp2p/gossipsub';
import { demandTopic } from '../../protocol/announce.ts';
import { FRAUD_TOPIC } from '../../protocol/fraud.ts';
import { JOB_KINDS } from '../../protocol/primitives.ts';

/** The only topics that are heard or forwarded: those whose messages can be validated. */
export const TOPICS: readonly string[] = [...JOB_KINDS.map(demandTopic), FRAUD_TOPIC];

/** A fraud proof of 48 KiB, its gossip signature, and control messages that travel along. */
const MAX_RPC_BYTES = 64 * 1024;
/** Entries of any one list in a gossip frame. */
const MAX_LIST_ENTRIES = 100;
/** Bytes waiting for one slow peer before its frames are dropped. */
const MAX_OUTBOUND_BYTES = 1_048_576;

type ScoreParams = GossipsubOpts['scoreParams'];
type TopicScoreParams = NonNullable<ScoreParams['topics']>[string];

/** Three invalid messages within some seconds silence a peer (graylist threshold −80); nothing else is scored. */
const TOPIC_SCORE = {
  topicWeight: 1,
  timeInMeshWeight: 0,
  firstMessageDeliveriesWeight: 0,
  meshMessageDeliveriesWeight: 0,
  meshFailurePenaltyWeight: 0,
  invalidMessageDeliveriesWeight: -10,
  invalidMessageDeliveriesDecay: 0.9,
} satisfies Partial<TopicScoreParams>;

/** Gossip settings shared by tabs and relays (design: network). `bonus` lifts peers that must never be silenced. */
export function gossipSettings(bonus: (peer: string) => number): Partial<GossipsubOpts> {
  const scoreParams: ScoreParams = {
    // Default-on, this silences everybody behind one address from the 15th peer on.
    IPColocationFactorWeight: 0,
    // A throttled tab misses a few promises; that is no misbehaviour.
    behaviourPenaltyThreshold: 6,
    appSpecificScore: bonus,
    appSpecificWeight: 1,
    topics: Object.fromEntries(TOPICS.map((topic) => [topic, TOPIC_SCORE as TopicScoreParams])),
  };
  return {
    allowedTopics: [...TOPICS],
    allowPublishToZeroTopicPeers: true,
    emitSelf: false,
    fallbackToFloodsub: false,
    scoreParams,
    maxInboundDataLength: MAX_RPC_BYTES,
    maxOutboundBufferSize: MAX_OUTBOUND_BYTES,
    decodeRpcLimits: {
      maxSubscriptions: MAX_LIST_ENTRIES,
      maxMessages: MAX_LIST_ENTRIES,
      maxIhaveMessageIDs: MAX_LIST_ENTRIES,
      maxIwantMessageIDs: MAX_LIST_ENTRIES,
      maxIdontwantMessageIDs: MAX_LIST_ENTRIES,
      maxControlMessages: MAX_LIST_ENTRIES,
      maxPeerInfos: 0,
    },
  };
}
