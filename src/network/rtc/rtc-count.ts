import { type DescribingPrototype, onEachConnection } from './on-each-connection.ts';

/** Chrome allows 500 RTCPeerConnections per page and counts closed ones until a major collection. */
const COLLECT_AT = 400;
/** About 50 MB of garbage makes a major collection likely (design: network). */
const GARBAGE_BLOCKS = 50;
const GARBAGE_BLOCK_DOUBLES = 131_072;

const COUNTED = Symbol.for('kiln/connection-count');

/** How many RTCPeerConnections exist that were not collected yet. */
export interface ConnectionCount {
  readonly alive: number;
  /** Collections provoked so far. */
  readonly collections: number;
}

/**
 * Counts RTCPeerConnections by way of their prototype (every one describes itself once) and provokes a garbage
 * collection when the page comes near its limit. Applied once per page; later calls return the same count.
 */
export function countConnections(
  prototype: DescribingPrototype & { [COUNTED]?: ConnectionCount },
  collectAt = COLLECT_AT,
): ConnectionCount {
  if (prototype[COUNTED]) return prototype[COUNTED];
  const count = { alive: 0, collections: 0 };
  const gone = new FinalizationRegistry<void>(() => void count.alive--);
  onEachConnection(prototype, (connection) => {
    gone.register(connection, undefined);
    count.alive++;
    if (count.alive < collectAt || (count.alive - collectAt) % 10 !== 0) return;
    count.collections++;
    queueMicrotask(makeGarbage);
  });
  prototype[COUNTED] = count;
  return count;
}

/** Allocates enough, and holds it long enough, for the engine to run a major collection. Blocks dropped at once do not do it. */
export function makeGarbage(): number {
  const held: number[][] = [];
  for (let i = 0; i < GARBAGE_BLOCKS; i++) held.push(new Array<number>(GARBAGE_BLOCK_DOUBLES).fill(i + 0.5));
  return held.reduce((sum, block) => sum + block[0]!, 0);
}
