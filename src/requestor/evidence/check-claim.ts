import { type Clock, within } from '../../base/time.ts';
import { checkManifest } from '../../job/check/check-manifest.ts';
import { inputsOf } from '../../job/inputs.ts';
import { parseManifest } from '../../job/manifest.ts';
import { taskCount } from '../../job/split.ts';
import { MAX_MANIFEST_BYTES } from '../../protocol/constants.ts';
import { resultOf } from '../../protocol/task.ts';
import {
  isFinished,
  isSameEverywhere,
  isSameOutcome,
  type SoundProof,
} from '../../verification/fraud-proof.ts';
import type { RequestorNetwork, RequestorSandbox } from '../slices.ts';
import { CHECK_FETCH_MS, CHECK_TIMEOUT_MS, MAX_CHECK_INPUT_BYTES } from './constants.ts';

/** What a check needs of this device. */
export interface CheckClaimInit {
  readonly blobs: RequestorNetwork['blobs'];
  readonly sandbox: Pick<RequestorSandbox, 'openJob'>;
  readonly clock: Clock;
}

/**
 * Finds out whether an accusation is true, by fetching the job from whoever accuses or asked for it and running the task
 * in this device's sandbox. `unknown` where that cannot be said: the job is not to be had, is too large, could differ
 * between honest devices, or gives no result here. Never throws.
 */
export async function checkClaim(
  init: CheckClaimInit,
  sound: SoundProof,
  signal: AbortSignal,
): Promise<'true' | 'false' | 'unknown'> {
  try {
    return await check(init, sound, signal);
  } catch {
    return 'unknown';
  }
}

async function check(
  { blobs, sandbox, clock }: CheckClaimInit,
  { proof, accuser, requestor }: SoundProof,
  signal: AbortSignal,
): Promise<'true' | 'false' | 'unknown'> {
  const holders = [...new Set([accuser, requestor])].map((peer) => ({ peer, addresses: [] }));
  const bytes = await within(clock, CHECK_FETCH_MS, signal, (stop) =>
    blobs.get(proof.job, { holders, maxBytes: MAX_MANIFEST_BYTES, signal: stop }),
  );
  const manifest = parseManifest(bytes);
  checkManifest(manifest);
  if (!isSameEverywhere(manifest) || proof.task >= taskCount(manifest.split)) return 'unknown';
  if (proof.kind === 'equivocation') return 'true';
  const inputBytes = inputsOf(manifest).reduce((sum, input) => sum + input.bytes, 0);
  if (inputBytes > MAX_CHECK_INPUT_BYTES) return 'unknown';
  // Whoever drips its inputs in keeps this device waiting no longer than the check.
  const over = new AbortController();
  const opening = sandbox.openJob(proof.job, manifest, (input, range) =>
    blobs.get(input.cid, {
      holders,
      signal: AbortSignal.any([signal, over.signal]),
      maxBytes: input.bytes,
      ...(range === undefined ? {} : { range }),
    }),
  );
  try {
    const job = await within(clock, CHECK_FETCH_MS, signal, () => opening);
    const outcome = await within(clock, CHECK_TIMEOUT_MS, signal, (stop) =>
      job.run(proof.task, { signal: stop }),
    );
    // Only a run that came to its end here contradicts another: a fault may be this device's own.
    if (!isFinished(outcome)) return 'unknown';
    return isSameOutcome(await resultOf(outcome), proof.statements[0].result) ? 'false' : 'true';
  } finally {
    over.abort();
    opening.then((job) => job.close()).catch(() => {});
  }
}
