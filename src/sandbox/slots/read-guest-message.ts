import * as v from 'valibot';
import { matchesOutput } from '../../job/output-pattern.ts';
import { MAX_OUTPUT_FILES } from '../../protocol/constants.ts';
import { countSchema, digestHexSchema } from '../../protocol/primitives.ts';
import { exitSchema, numericClassSchema } from '../../protocol/task.ts';
import { MAX_STDOUT_BYTES } from '../limits.ts';
import type { FromGuest, Load, TaskInput } from '../messages.ts';
import { MAX_STDERR_BYTES } from '../wasi/limits.ts';

/** Digests, or lines of a trace, that come in one message: a turn's worth of very short steps is far fewer. */
const MAX_ITEMS = 1_000_000;
/** Bytes of a SHA-256. */
const DIGEST_BYTES = 32;
/** Longest line of a trace; its texts are cut long before. */
const MAX_LINE_CHARS = 8_192;

const bytesSchema = v.instance(Uint8Array<ArrayBuffer>);
const digestBytesSchema = v.pipe(bytesSchema, v.length(DIGEST_BYTES));

const outcomeSchema = v.object({
  exit: exitSchema,
  outputs: v.pipe(
    v.array(v.object({ path: v.string(), bytes: bytesSchema })),
    v.maxLength(MAX_OUTPUT_FILES),
    v.check((outputs) => outputs.every(({ path }, i) => i === 0 || outputs[i - 1]!.path < path)),
  ),
  wallMs: v.pipe(v.number(), v.finite(), v.minValue(0)),
  fuelUsed: v.exactOptional(countSchema),
  numericClass: v.exactOptional(numericClassSchema),
  chunks: v.exactOptional(v.object({ count: countSchema, digest: digestBytesSchema })),
  witness: v.exactOptional(digestBytesSchema),
  stderr: v.exactOptional(v.pipe(bytesSchema, v.maxLength(MAX_STDERR_BYTES))),
});
type Outcome = v.InferOutput<typeof outcomeSchema>;

const messageSchema = v.variant('type', [
  v.object({ type: v.literal('ready') }),
  v.object({
    type: v.literal('progress'),
    id: countSchema,
    done: v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
  }),
  v.object({
    type: v.literal('chunks'),
    id: countSchema,
    first: countSchema,
    digests: v.pipe(v.array(digestHexSchema), v.maxLength(MAX_ITEMS)),
  }),
  v.object({
    type: v.literal('calls'),
    id: countSchema,
    lines: v.pipe(v.array(v.pipe(v.string(), v.maxLength(MAX_LINE_CHARS))), v.maxLength(MAX_ITEMS)),
  }),
  v.object({ type: v.literal('done'), id: countSchema, outcome: outcomeSchema }),
  v.object({ type: v.literal('stopped'), id: countSchema }),
]);

/**
 * A message of a guest worker, once it is known to be what the worker's own code sends for this task: its outputs are
 * those the manifest names and within the limits, its numbers in their ranges. Undefined for anything else. A guest
 * has no way to the port; a guest that broke out of the engine's walls would have one, and its words go no further
 * than this.
 */
export function readGuestMessage(data: unknown, load: Load, task: TaskInput): FromGuest | undefined {
  const { success, output } = v.safeParse(messageSchema, data, { abortEarly: true });
  if (!success) return undefined;
  return output.type !== 'done' || isPossible(output.outcome, load, task) ? output : undefined;
}

function isPossible({ outputs, fuelUsed, chunks }: Outcome, load: Load, task: TaskInput): boolean {
  const bytes = outputs.reduce((sum, one) => sum + one.bytes.byteLength, 0);
  return (
    bytes <= load.limits.outputBytes + MAX_STDOUT_BYTES &&
    outputs.every(({ path }) => isNamed(path, load)) &&
    (fuelUsed ?? 0) <= load.limits.fuel &&
    (chunks?.count ?? 0) <= (task.steps ?? 0)
  );
}

function isNamed(path: string, load: Load): boolean {
  if (load.kind !== 'wasi') return Object.hasOwn(load.program.outputs, path);
  return load.outputs.some((pattern) => matchesOutput(pattern, path));
}
