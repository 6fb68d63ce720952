import * as v from 'valibot';
import type { StreamProtocol } from './channel.ts';
import { MAX_STREAMS_PER_PEER } from './constants.ts';
import { cidSchema, countSchema } from './primitives.ts';

/** A chunk travels in pieces of this size; the receiver acknowledges about one at a time. */
export const BLOB_PIECE_BYTES = 65_536;
/** Unacknowledged bytes a holder may have under way at first. More stalls a cold connection for seconds. */
export const BLOB_WINDOW_START_BYTES = 262_144;
/** The window grows by acknowledged bytes divided by this … */
export const BLOB_WINDOW_GROWTH_DIVISOR = 16;
/** … up to this. */
export const BLOB_WINDOW_MAX_BYTES = 4_194_304;
/** Chunks that one peer may have asked for and not yet received. */
export const MAX_BLOB_REQUESTS = 64;

const requestIdSchema = countSchema;

/** Chunks by CID from whoever holds them: one long-lived stream per holder, many requests in flight. */
export const BLOB = {
  id: '/kiln/blob/1',
  maxFrameBytes: BLOB_PIECE_BYTES + 1_024,
  /** Far above what a connection carries: the credit window is the real brake. */
  framesPerSecond: 4_000,
  frameBurst: 8_000,
  maxStreamsPerPeer: MAX_STREAMS_PER_PEER,
  toListener: v.variant('type', [
    /** One piece of storage: a chunk or a chunk list, from `offset` on. */
    v.strictObject({ type: v.literal('get'), id: requestIdSchema, cid: cidSchema, offset: countSchema }),
    /** All data bytes of this stream that have been taken in, from its beginning. */
    v.strictObject({ type: v.literal('ack'), bytes: countSchema }),
    v.strictObject({ type: v.literal('cancel'), id: requestIdSchema }),
  ]),
  toDialer: v.variant('type', [
    v.strictObject({
      type: v.literal('data'),
      id: requestIdSchema,
      bytes: v.pipe(v.instance(Uint8Array), v.minLength(1), v.maxLength(BLOB_PIECE_BYTES)),
      isLast: v.boolean(),
    }),
    v.strictObject({
      type: v.literal('refused'),
      id: requestIdSchema,
      reason: v.picklist(['not-held', 'busy', 'rate-limited']),
    }),
  ]),
} as const satisfies StreamProtocol<v.GenericSchema, v.GenericSchema>;

export type BlobRequestMessage = v.InferOutput<typeof BLOB.toListener>;
export type BlobAnswerMessage = v.InferOutput<typeof BLOB.toDialer>;
