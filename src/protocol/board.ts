import * as v from 'valibot';
import type { StreamProtocol } from './channel.ts';
import {
  BOARD_PAGE_ENTRIES,
  MAX_BOARD_FRAME_BYTES,
  MAX_REASON_CHARS,
  MAX_STREAMS_PER_PEER,
} from './constants.ts';
import { envelopeSchema } from './envelope.ts';
import { countSchema, jobKindSchema, peerIdSchema } from './primitives.ts';

const requestIdSchema = countSchema;
const wantSchema = v.picklist(['offers', 'demands']);

/** The relay's board of newest signed offers and demands; any peer dials the relay. */
export const BOARD = {
  id: '/kiln/board/1',
  maxFrameBytes: MAX_BOARD_FRAME_BYTES,
  framesPerSecond: 10,
  frameBurst: 40,
  maxStreamsPerPeer: MAX_STREAMS_PER_PEER,
  toListener: v.variant('type', [
    /** Replaces this peer's offer on the board. */
    v.strictObject({ type: v.literal('put-offer'), id: requestIdSchema, offer: envelopeSchema }),
    v.strictObject({ type: v.literal('remove-offer'), id: requestIdSchema }),
    v.strictObject({
      type: v.literal('query'),
      id: requestIdSchema,
      want: wantSchema,
      kind: v.optional(jobKindSchema),
      /** Continue after this many entries. */
      cursor: countSchema,
    }),
    /** Is anybody there? Answered with `done`. */
    v.strictObject({ type: v.literal('ping'), id: requestIdSchema }),
    /** Every change from now on arrives as `changed`. */
    v.strictObject({ type: v.literal('subscribe'), id: requestIdSchema, want: wantSchema }),
  ]),
  toDialer: v.variant('type', [
    v.strictObject({ type: v.literal('done'), id: requestIdSchema }),
    v.strictObject({
      type: v.literal('page'),
      id: requestIdSchema,
      entries: v.pipe(v.array(envelopeSchema), v.maxLength(BOARD_PAGE_ENTRIES)),
      total: countSchema,
      /** Ask again with this cursor; absent on the last page. */
      next: v.optional(countSchema),
    }),
    v.strictObject({
      type: v.literal('changed'),
      want: wantSchema,
      entries: v.pipe(v.array(envelopeSchema), v.maxLength(BOARD_PAGE_ENTRIES)),
      /** Peers whose entries were withdrawn. */
      removed: v.pipe(v.array(peerIdSchema), v.maxLength(BOARD_PAGE_ENTRIES)),
    }),
    v.strictObject({
      type: v.literal('refused'),
      id: requestIdSchema,
      code: v.pipe(v.string(), v.maxLength(60)),
      reason: v.pipe(v.string(), v.maxLength(MAX_REASON_CHARS)),
    }),
  ]),
} as const satisfies StreamProtocol<v.GenericSchema, v.GenericSchema>;

export type BoardRequest = v.InferOutput<typeof BOARD.toListener>;
export type BoardAnswer = v.InferOutput<typeof BOARD.toDialer>;
