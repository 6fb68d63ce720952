import * as v from 'valibot';
import { type Bytes, concat, utf8 } from '../base/bytes.ts';
import { type Cid, cutBlob, sha256 } from '../base/cid.ts';
import { encode } from './codec.ts';
import { MAX_OUTPUT_FILES, MAX_REASON_CHARS } from './constants.ts';
import type { PeerId } from './identity.ts';
import { guestPathSchema } from './manifest-parts.ts';
import { cidSchema, countSchema, digestSchema } from './primitives.ts';

/**
 * How a task's run ended. `ok` and `exit-code` are results, `trap` and `fuel` are what the program itself does on every
 * device; the rest say why this device has no result.
 */
export const exitSchema = v.variant('kind', [
  v.strictObject({ kind: v.literal('ok') }),
  v.strictObject({ kind: v.literal('exit-code'), code: v.pipe(v.number(), v.integer()) }),
  v.strictObject({
    kind: v.picklist([
      'trap',
      'fuel',
      'out-of-memory',
      'stack',
      'timeout',
      'output-limit',
      'refused',
      'device-lost',
    ]),
    message: v.pipe(v.string(), v.maxLength(MAX_REASON_CHARS)),
  }),
]);
export type Exit = v.InferOutput<typeof exitSchema>;

/** Lower-case hex of a SHA-256 over what a probe shader computes: GPUs of one class agree bit for bit. */
export const numericClassSchema = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'is not a numeric class'));

/** The chunks of a reactor's run: how many steps, and the digest at the end of their chain (sandbox/guest). */
export const chunksSchema = v.strictObject({ count: countSchema, digest: digestSchema });
export type Chunks = v.InferOutput<typeof chunksSchema>;

/** What the sandbox hands back: outputs in the order of their paths. */
export interface TaskOutcome {
  readonly exit: Exit;
  readonly outputs: readonly { readonly path: string; readonly bytes: Bytes }[];
  /** Wall time of the run itself, in milliseconds. Never part of the digest. */
  readonly wallMs: number;
  /** Units of fuel that a WASI program burnt: the same on every device. */
  readonly fuelUsed?: number;
  /** Which GPUs agree with this one bit for bit; only of GPU runs. Never part of the digest. */
  readonly numericClass?: string;
  /** Of reactors only. */
  readonly chunks?: Chunks;
  /** SHA-256 of a WASI program's memory when it trapped or ran out of fuel: shows that the run was made. */
  readonly witness?: Bytes;
  /** The beginning of what a WASI program wrote to standard error: for its author, never part of a result. */
  readonly stderr?: Bytes;
}

/** The canonical statement of a result: what is hashed, committed to and compared. */
export const resultSchema = v.strictObject({
  exit: exitSchema,
  outputs: v.pipe(
    v.array(v.strictObject({ path: guestPathSchema, cid: cidSchema, bytes: countSchema })),
    v.maxLength(MAX_OUTPUT_FILES),
  ),
  fuelUsed: v.optional(countSchema),
  numericClass: v.optional(numericClassSchema),
  chunks: v.optional(chunksSchema),
  witness: v.optional(digestSchema),
});
export type Result = v.InferOutput<typeof resultSchema>;

/** The result of an outcome. Outputs are sorted by path; their bytes become CIDs. */
export async function resultOf(outcome: TaskOutcome): Promise<Result> {
  const outputs = await Promise.all(
    outcome.outputs.map(async ({ path, bytes }) => ({
      path,
      cid: await blobCid(bytes),
      bytes: bytes.byteLength,
    })),
  );
  outputs.sort((a, b) => (a.path < b.path ? -1 : 1));
  const { fuelUsed, numericClass, chunks, witness } = outcome;
  return {
    exit: outcome.exit,
    outputs,
    ...(fuelUsed === undefined ? {} : { fuelUsed }),
    ...(numericClass === undefined ? {} : { numericClass }),
    ...(chunks === undefined ? {} : { chunks }),
    ...(witness === undefined ? {} : { witness }),
  };
}

async function blobCid(bytes: Bytes): Promise<Cid> {
  return (await cutBlob(bytes)).cid;
}

/**
 * SHA-256 of the canonical dag-cbor of a result, without what may differ between two honest devices: the words of a
 * fault, and the numeric class of the GPU.
 */
export async function resultDigest({ numericClass: _, ...result }: Result): Promise<Bytes> {
  const { exit } = result;
  return sha256(encode({ ...result, exit: 'message' in exit ? { kind: exit.kind } : exit }));
}

/**
 * Commitment to a result digest: H("kiln/commit/1" ‖ job ‖ task ‖ provider ‖ nonce ‖ digest), each text with its
 * length before it. The provider's id inside keeps it from being copied (design: verification, formulas).
 */
export async function commitment(
  job: Cid,
  task: number,
  provider: PeerId,
  nonce: Uint8Array,
  digest: Uint8Array,
): Promise<Bytes> {
  return sha256(encode(['kiln/commit/1', job, task, provider, nonce, digest]));
}

/** The 32-byte seed of a task's clock and randomness: H(job ‖ index). */
export async function taskSeed(job: Cid, task: number): Promise<Bytes> {
  return sha256(concat([utf8('kiln/seed/1'), utf8(job), utf8(`/${task}`)]));
}
