import * as v from 'valibot';
import { KilnError } from '../base/errors.ts';
import { requirementsSchema } from './capabilities.ts';
import { amountSchema } from './codec.ts';
import {
  MAX_ANNOUNCEMENT_BYTES,
  MAX_ANNOUNCEMENT_LIFETIME_MS,
  MAX_CLOCK_SKEW_MS,
  MAX_GPU_NAME_CHARS,
  MAX_INPUT_BLOBS,
} from './constants.ts';
import { decodeEnvelope, type Domain, open, type Opened } from './envelope.ts';
import { groupProofSchema } from './group.ts';
import { recordRefSchema } from './receipt.ts';
import {
  cidSchema,
  countSchema,
  jobKindSchema,
  multiaddrsSchema,
  nameSchema,
  timeSchema,
  type JobKind,
} from './primitives.ts';
import { jobTerms, machineTerms } from './shared-terms.ts';

/** Gossip topic of the demands of one job kind. */
export function demandTopic(kind: JobKind): string {
  return `kiln/1/demand/${kind}`;
}

/** "I have work": signed by the requestor, repeated while it holds. */
export const demandSchema = v.strictObject({
  ...jobTerms,
  addresses: multiaddrsSchema,
  name: nameSchema,
  requirements: requirementsSchema,
  tasksLeft: countSchema,
  /**
   * Providers wanted and already found; none answers once they are equal. What is left may be for newcomers alone: then
   * nobody answers who was paid by this requestor before.
   */
  seats: v.strictObject({
    total: countSchema,
    filled: countSchema,
    forNewcomers: v.optional(v.boolean()),
  }),
  /** Highest price per unit of work, in the token's smallest unit. */
  priceCeiling: amountSchema,
  blobs: v.pipe(
    v.array(v.strictObject({ cid: cidSchema, bytes: countSchema })),
    v.maxLength(MAX_INPUT_BLOBS),
  ),
  /** Only members of this private group are wanted. */
  group: v.optional(groupProofSchema),
  /** What providers said of this requestor. */
  record: v.optional(recordRefSchema),
  issuedAt: timeSchema,
  expiresAt: timeSchema,
});
export type Demand = v.InferOutput<typeof demandSchema>;

/** "I have a machine": signed by the provider, kept on the boards of its relays. */
export const offerSchema = v.strictObject({
  ...machineTerms,
  chainId: countSchema,
  kinds: v.pipe(
    v.array(
      v.strictObject({
        kind: jobKindSchema,
        /** Measured speed: micro-units of work per second and slot. */
        microUnitsPerSecond: countSchema,
        /** Asked price per unit of work, in the token's smallest unit. */
        pricePerUnit: amountSchema,
      }),
    ),
    v.maxLength(4),
  ),
  slots: v.strictObject({ total: countSchema, free: countSchema }),
  gpu: v.optional(v.pipe(v.string(), v.maxLength(MAX_GPU_NAME_CHARS))),
  memoryBytes: countSchema,
  issuedAt: timeSchema,
  expiresAt: timeSchema,
});
export type Offer = v.InferOutput<typeof offerSchema>;

/** What decides whether an announcement may be forwarded; pure but for the signature check. */
async function openAnnouncement<Schema extends typeof demandSchema | typeof offerSchema>(
  bytes: Uint8Array,
  domain: Domain,
  schema: Schema,
  origin: (message: v.InferOutput<Schema>) => string,
  nowMs: number,
): Promise<Opened<v.InferOutput<Schema>>> {
  const opened = await open(
    decodeEnvelope(bytes, MAX_ANNOUNCEMENT_BYTES),
    domain,
    schema,
    MAX_ANNOUNCEMENT_BYTES,
  );
  const { message, signer } = opened;
  if (origin(message) !== signer) {
    throw new KilnError('announce/wrong-signer', 'An announcement must be signed by the peer it speaks for.');
  }
  if (message.expiresAt <= nowMs) {
    throw new KilnError('announce/expired', 'This announcement has expired.');
  }
  const isTooLong = message.expiresAt - message.issuedAt > MAX_ANNOUNCEMENT_LIFETIME_MS;
  if (isTooLong || message.issuedAt > nowMs + MAX_CLOCK_SKEW_MS) {
    throw new KilnError('announce/bad-lifetime', 'An announcement lives at most two minutes from now.', {
      hint: 'Check the clock of the sending machine.',
    });
  }
  return opened;
}

/** Opens a signed demand; throws a named error for each way it can be unfit to forward. */
export function openDemand(bytes: Uint8Array, nowMs: number): Promise<Opened<Demand>> {
  return openAnnouncement(bytes, 'kiln/demand/1', demandSchema, (demand) => demand.requestor, nowMs);
}

/** Opens a signed offer; throws a named error for each way it can be unfit to keep. */
export function openOffer(bytes: Uint8Array, nowMs: number): Promise<Opened<Offer>> {
  return openAnnouncement(bytes, 'kiln/offer/1', offerSchema, (offer) => offer.provider, nowMs);
}
