import { toKilnError } from '../../base/errors.ts';
import type { Manifest } from '../../protocol/manifest.ts';
import { compareResults, type OutputElement } from '../../verification/compare.ts';
import type { Verdict } from '../../verification/task/decide.ts';
import { OWN_RESULT, type TaskCheck, type TaskEvent } from '../../verification/task/task-check.ts';
import type { ResultDesk } from './result-desk.ts';
import type { Judgement } from './own/own-verifier.ts';
import type { Kept, Outputs } from './result-keeper.ts';

/** A verifier's word; without a seed when it could not be run. */
export type VerifierWord = Pick<Judgement, 'outcome' | 'reason'> & { readonly seed?: string };

/** Why a replica is broken whose provider showed a digest, and not the bytes that belong to it. */
export const NO_BYTES = 'did not send the bytes of its result';

type Broken = Extract<TaskEvent, { type: 'broken' }>;

/** Fetches the bytes of two revealed results and compares them; whoever cannot produce its bytes has no result. */
export async function compareReplicas(
  results: ResultDesk,
  manifest: Manifest,
  task: number,
  [a, b]: readonly [string, string],
): Promise<Extract<TaskEvent, { type: 'compared' }> | Broken> {
  const outputs = (lease: string) => mine(lease, () => results.outputs({ lease, task }));
  const left = await outputs(a);
  if (left === undefined) return broken(a);
  const right = await outputs(b);
  if (right === undefined) return broken(b);
  const of = (lease: string) => results.resultOf({ lease, task })!.exit;
  const compared = compareResults(
    manifest.comparator,
    { exit: of(a), outputs: left },
    { exit: of(b), outputs: right },
    (path) => elementOf(manifest, path),
  );
  return { type: 'compared', a, b, ...compared };
}

/**
 * The bytes of the agreed result, from whoever has it: nobody is paid for a digest whose bytes nobody can show. The
 * first one that cannot produce them is named, and the task has to be decided again without it.
 */
export async function gatherAgreed(
  results: ResultDesk,
  task: number,
  check: TaskCheck,
  verdict: Verdict,
): Promise<Kept | Broken> {
  const lease = sourceOf(results, task, check, verdict);
  return (await mine(lease, () => results.gather({ lease, task }))) ?? broken(lease);
}

/** Fetches the bytes of a revealed result and has them judged; this device's own failure blames nobody. */
export async function judgeReplica(
  results: ResultDesk,
  task: number,
  id: string,
  verify: (outputs: Outputs) => Promise<VerifierWord>,
): Promise<(Extract<TaskEvent, { type: 'judged' }> & { readonly seed?: string }) | Broken> {
  const outputs = await mine(id, () => results.outputs({ lease: id, task }));
  if (outputs === undefined) return broken(id);
  const exit = results.resultOf({ lease: id, task })!.exit.kind;
  if (exit !== 'ok')
    return { type: 'judged', id, outcome: 'inconclusive', reason: `ended with ${exit}: nothing to verify` };
  const judged = await verify(outputs).catch((error: unknown): VerifierWord => {
    if (toKilnError(error).code === 'base/aborted') throw error;
    return { outcome: 'inconclusive', reason: `the verifier failed: ${toKilnError(error).message}` };
  });
  const { outcome, reason, seed } = judged;
  return {
    type: 'judged',
    id,
    outcome,
    ...(reason === undefined ? {} : { reason }),
    ...(seed === undefined ? {} : { seed }),
  };
}

/** Hex digest of a revealed result, or of this device's own. */
export function digestOf(check: TaskCheck, id: string): string | undefined {
  if (id === OWN_RESULT) return check.audit.state === 'done' ? check.audit.digest : undefined;
  return check.replicas.find((replica) => replica.id === id)?.digest;
}

/** Who has the agreed bytes: this device, else one that sent them along, else the one that has to. */
function sourceOf(results: ResultDesk, task: number, check: TaskCheck, verdict: Verdict): string {
  const agreed = digestOf(check, verdict.canonical);
  if (digestOf(check, OWN_RESULT) === agreed) return OWN_RESULT;
  const sources = [verdict.canonical, ...verdict.accepted.filter((id) => digestOf(check, id) === agreed)];
  return sources.find((lease) => results.hasBytes({ lease, task })) ?? verdict.canonical;
}

/** Undefined when a provider does not deliver; what is this device's own fault is thrown. */
async function mine<T>(lease: string, get: () => Promise<T>): Promise<T | undefined> {
  try {
    return await get();
  } catch (error) {
    const { code } = toKilnError(error);
    if (lease === OWN_RESULT || code === 'base/aborted' || code.startsWith('storage/')) throw error;
    return undefined;
  }
}

function broken(id: string): Broken {
  return { type: 'broken', id, reason: NO_BYTES };
}

/** Element type of an output: what the manifest says for GPU buffers and tensors, bytes otherwise. */
function elementOf({ program }: Manifest, path: string): OutputElement {
  if (program.kind === 'wgsl') return program.outputs[path]?.element ?? 'u8';
  return program.kind === 'onnx' ? (program.outputs[path]?.type ?? 'u8') : 'u8';
}
