import type { Bytes } from '../../base/bytes.ts';
import type { EffectiveLimits } from '../../job/limits.ts';
import { sourcesOf } from '../../job/task-sources.ts';
import type { Manifest } from '../../protocol/manifest.ts';
import type { Comparator } from '../../protocol/policy.ts';
import type { Guards } from '../guards/guards.ts';
import type { TaskInput, WasiLoad } from '../messages.ts';
import { type InputReader, refusal } from './inputs.ts';
import { fillIn } from './prepare-wasi.ts';
import { dependsOnTask, readSource } from './task-source.ts';

/** A comparator that is a program. */
export type VerifierComparator = Extract<Comparator, { class: 'verifier' }>;

/** The name that a verifier without arguments goes by. */
const DEFAULT_ARGS: readonly string[] = ['verify'];

/** The comparator of a job that has a verifier; throws `sandbox/refused` for any other. */
export function verifierOf({ comparator }: Manifest): VerifierComparator {
  if (comparator.class === 'verifier') return comparator;
  throw refusal('This job has no verifier.', 'Give it a comparator of class "verifier".');
}

/**
 * Reads and guards a job's verifier, with the inputs that are the same for every task. It is a WASI command under limits
 * of its own. Throws a guard's error or `sandbox/refused`.
 */
export async function prepareVerifier(
  manifest: Manifest,
  limits: EffectiveLimits,
  inputs: InputReader,
  guards: Guards,
): Promise<WasiLoad> {
  const { module } = verifierOf(manifest);
  const guarded = await guards.wasm(await inputs.program(module), {
    ...limits,
    canonicalNans: false,
  });
  const files = sourcesOf(manifest.program)
    .filter(({ source }) => !dependsOnTask(source))
    .map(async ({ name, source }) => ({ path: `in/${name}`, bytes: await readSource(source, inputs, {}) }));
  return {
    kind: 'wasi',
    module: guarded.module,
    files: await Promise.all(files),
    outputs: [],
    directories: ['in', 'out'],
    needsSeed: true,
    limits,
  };
}

/** What one run of a verifier is given: the task's parameters and inputs, the result's outputs, and its randomness. */
export async function verifierTask(
  manifest: Manifest,
  parameters: TaskInput['parameters'],
  outputs: readonly { readonly path: string; readonly bytes: Bytes }[],
  seed: Bytes,
  inputs: InputReader,
): Promise<TaskInput> {
  const args = verifierOf(manifest).args ?? DEFAULT_ARGS;
  const contents: Record<string, Bytes> = {};
  for (const { name, source } of sourcesOf(manifest.program))
    if (dependsOnTask(source)) contents[`in/${name}`] = await readSource(source, inputs, parameters);
  for (const { path, bytes } of outputs) contents[`out/${path}`] = bytes;
  return { parameters, seed, args: args.map((text) => fillIn(text, parameters)), env: [], contents };
}
