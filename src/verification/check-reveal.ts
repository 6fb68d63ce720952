import { equalBytes } from '../base/bytes.ts';
import { type Cid, cutBlob } from '../base/cid.ts';
import { KilnError } from '../base/errors.ts';
import type { PeerId } from '../protocol/identity.ts';
import { commitment, type Result, resultDigest } from '../protocol/task.ts';

/** A revealed result beside the commitment its provider signed before. */
export interface Reveal {
  readonly job: Cid;
  readonly task: number;
  readonly provider: PeerId;
  readonly nonce: Uint8Array;
  readonly result: Result;
  readonly commitment: Uint8Array;
}

/**
 * The digest of a revealed result. Throws `verification/commitment-broken` when it is not what was committed to.
 */
export async function checkReveal(reveal: Reveal): Promise<Uint8Array> {
  const digest = await resultDigest(reveal.result);
  const expected = await commitment(reveal.job, reveal.task, reveal.provider, reveal.nonce, digest);
  if (equalBytes(expected, reveal.commitment)) return digest;
  throw new KilnError('verification/commitment-broken', 'The result is not the one that was committed to.', {
    data: { task: reveal.task, provider: reveal.provider },
    hint: 'Reject the result; the signed commit is evidence.',
  });
}

/**
 * Checks output bytes that came beside a result. Returns the outputs that are still to be fetched by CID; throws
 * `verification/wrong-output` when bytes do not fit their CID or belong to no output.
 */
export async function checkInlineOutputs(
  result: Result,
  inline: Readonly<Record<string, Uint8Array>>,
): Promise<Result['outputs']> {
  const listed = new Map(result.outputs.map((output) => [output.path, output]));
  for (const [path, bytes] of Object.entries(inline)) {
    const output = listed.get(path);
    const fits = output?.bytes === bytes.byteLength && (await cutBlob(bytes)).cid === output.cid;
    if (fits) continue;
    throw new KilnError(
      'verification/wrong-output',
      'The bytes sent along are not an output of this result.',
      {
        data: { path },
        hint: 'Reject the result.',
      },
    );
  }
  return result.outputs.filter(({ path }) => !Object.hasOwn(inline, path));
}
