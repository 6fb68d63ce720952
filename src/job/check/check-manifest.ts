import { CHUNK_BYTES, MAX_CHUNKS } from '../../base/cid.ts';
import { KilnError } from '../../base/errors.ts';
import { MAX_INPUT_BLOBS, MAX_TASKS_PER_JOB } from '../../protocol/constants.ts';
import type { Manifest } from '../../protocol/manifest.ts';
import { checkDeliverable } from './check-deliverable.ts';
import { checkOnnx } from './check-onnx.ts';
import { checkPolicy } from './check-policy.ts';
import { checkVerifier } from './check-verifier.ts';
import { checkWasi } from './check-wasi.ts';
import { checkWgsl } from './check-wgsl.ts';
import { namedInputs } from '../inputs.ts';
import { taskCount, taskParameters } from '../split.ts';

/** What a blob holds at most. */
const MAX_INPUT_BYTES = CHUNK_BYTES * MAX_CHUNKS;
/** Parameters that every task has beside its own. */
const TAKEN_NAMES = ['index', 'turn', 'tile'];

/**
 * Checks what the schema cannot say: that the parts of a manifest fit each other, for its first and its last task.
 * Throws a KilnError `job/…` that names the part and says what to do.
 *
 * @example
 * checkManifest(manifest); // throws job/unknown-buffer: program.passes[1].bindings["2"]: there is no buffer "pixel".
 */
export function checkManifest(manifest: Manifest): void {
  checkSplit(manifest);
  checkInputs(manifest);
  checkPolicy(manifest);
  const { program, split, comparator } = manifest;
  const tasks = [taskParameters(split, 0), taskParameters(split, taskCount(split) - 1)];
  for (const parameters of tasks) {
    if (program.kind === 'wasi') checkWasi(program, parameters);
    else if (program.kind === 'wgsl') checkWgsl(program, parameters);
    else checkOnnx(program, parameters);
    if (comparator.class === 'verifier') checkVerifier(comparator, program, parameters);
    checkDeliverable(manifest, parameters);
  }
}

function checkSplit({ split }: Manifest): void {
  const tasks = taskCount(split);
  if (tasks === 0) {
    throw new KilnError(
      'job/no-tasks',
      `split: makes no task: "${split.name}" runs from ${split.from} to ${split.to}, the end excluded.`,
      {
        data: { path: 'split', from: split.from, to: split.to },
        hint: 'Let the range end after it begins.',
      },
    );
  }
  if (tasks > MAX_TASKS_PER_JOB) {
    throw new KilnError(
      'job/too-many-tasks',
      `split: makes ${tasks} tasks; ${MAX_TASKS_PER_JOB} are allowed.`,
      {
        data: { path: 'split', tasks, maxTasks: MAX_TASKS_PER_JOB },
        hint: 'Take a larger step, so that each task does more.',
      },
    );
  }
  if (TAKEN_NAMES.includes(split.name)) {
    throw new KilnError(
      'job/name-taken',
      `split.name: "${split.name}" is taken: every task has a parameter of that name.`,
      {
        data: { path: 'split.name', name: split.name },
        hint: 'Choose another name, such as "frame" or "first".',
      },
    );
  }
}

function checkInputs(manifest: Manifest): void {
  const sizes = new Map<string, number>();
  const { comparator } = manifest;
  const verifier = comparator.class === 'verifier' ? [comparator.module] : [];
  for (const { cid, bytes } of [...namedInputs(manifest), ...verifier]) {
    if ((sizes.get(cid) ?? bytes) !== bytes) {
      throw new KilnError(
        'job/input-sizes-differ',
        `program: one input has two sizes, ${sizes.get(cid)} and ${bytes} bytes.`,
        {
          data: { path: 'program', cid, bytes, otherBytes: sizes.get(cid)! },
          hint: "Use the blob's true size in both places.",
        },
      );
    }
    if (bytes > MAX_INPUT_BYTES) {
      throw new KilnError('job/input-too-large', `program: an input has ${bytes} bytes; 4 GiB are allowed.`, {
        data: { path: 'program', cid, bytes },
        hint: 'Split it into several files.',
      });
    }
    sizes.set(cid, bytes);
  }
  if (sizes.size > MAX_INPUT_BLOBS) {
    throw new KilnError(
      'job/too-many-inputs',
      `program: names ${sizes.size} inputs; ${MAX_INPUT_BLOBS} are allowed.`,
      {
        data: { path: 'program', inputs: sizes.size },
        hint: 'Pack small files into one.',
      },
    );
  }
}
