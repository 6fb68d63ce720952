import * as v from 'valibot';
import { MAX_INPUT_BLOBS, MAX_OUTPUT_FILES } from './constants.ts';
import { comparatorSchema, policySchema } from './policy.ts';
import { cidSchema, countSchema, nameSchema, timeSchema } from './primitives.ts';

/*
 * A job as everybody sees it. It names its program and inputs by CID, says how it splits into tasks, and how
 * results are compared and put together. Its own CID (of its dag-cbor bytes) is the job's name.
 */

/** A number or an arithmetic expression over the task's parameters, e.g. `"frame * 4096"` (job/expression). */
export const expressionSchema = v.union([
  v.pipe(v.number(), v.finite()),
  v.pipe(v.string(), v.minLength(1), v.maxLength(200)),
]);
export type Expression = v.InferOutput<typeof expressionSchema>;

/** Names are keys of plain objects: those that every object has would find something where nothing was put. */
const ownNameCheck = v.check<string, string>(
  (name) => !(name in Object.prototype) && name !== 'prototype',
  'is a name that every object has',
);

const identifierSchema = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z_][A-Za-z0-9_]{0,39}$/, 'is not an identifier'),
  ownNameCheck,
);

/** A relative path inside the guest's file system: no `..`, no leading slash, not `__proto__` and the like. */
export const guestPathSchema = v.pipe(
  v.string(),
  v.regex(
    /^[A-Za-z0-9_-][A-Za-z0-9._-]*(\/[A-Za-z0-9_-][A-Za-z0-9._-]*){0,7}$/,
    'is not a plain relative path',
  ),
  v.maxLength(120),
  ownNameCheck,
);

/** A blob that tasks read. */
export const inputSchema = v.strictObject({ cid: cidSchema, bytes: countSchema });

/**
 * How the job splits. `range`: integers from `from` to `to` (excluded) in steps of `step`; a task sees
 * `<name>` (its first), `<name>_end` (its end, excluded) and `index`.
 */
export const splitSchema = v.strictObject({
  by: v.literal('range'),
  name: identifierSchema,
  from: v.pipe(v.number(), v.safeInteger()),
  to: v.pipe(v.number(), v.safeInteger()),
  step: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
});
export type Split = v.InferOutput<typeof splitSchema>;

/** Hard limits of one task, the sandbox's defaults when absent (design: sandbox, limits). */
export const limitsSchema = v.strictObject({
  memoryBytes: v.optional(countSchema),
  wallMs: v.optional(countSchema),
  outputBytes: v.optional(countSchema),
  gpuMemoryBytes: v.optional(countSchema),
  /** Size of a WASM module or an ONNX model. */
  moduleBytes: v.optional(countSchema),
  /** Elements of a WASM program's tables together. */
  tableElements: v.optional(countSchema),
  /** Units that a WASM program may burn, about one per instruction. */
  fuel: v.optional(countSchema),
  /** Size of one shader's text. */
  shaderBytes: v.optional(countSchema),
  /** Tokens of one shader after all its calls were inlined. */
  inlinedTokens: v.optional(countSchema),
  /** Turns that all loops of one shader invocation may take. */
  loopTurns: v.optional(countSchema),
  /** Time to compile all pipelines. */
  compileMs: v.optional(countSchema),
});
export type Limits = v.InferOutput<typeof limitsSchema>;

/**
 * A WASI preview-1 command, or, with `steps`, a reactor. `{name}` in args and env is replaced by the task's parameter.
 */
export const wasiProgramSchema = v.strictObject({
  kind: v.literal('wasi'),
  module: inputSchema,
  args: v.pipe(v.array(v.pipe(v.string(), v.maxLength(1_000))), v.maxLength(64)),
  env: v.pipe(v.record(identifierSchema, v.pipe(v.string(), v.maxLength(1_000))), v.maxEntries(64)),
  stdin: v.optional(inputSchema),
  files: v.pipe(v.record(guestPathSchema, inputSchema), v.maxEntries(MAX_INPUT_BLOBS)),
  /** Files read back after the run; `stdout` is always there under that name when listed. */
  outputs: v.pipe(v.array(guestPathSchema), v.minLength(1), v.maxLength(MAX_OUTPUT_FILES)),
  /**
   * Makes it a reactor: the module exports `init()` and `step(i: i32)`, and the runner calls `step` this many times.
   * Absent: a command with `_start`.
   */
  steps: v.optional(expressionSchema),
  /** Where the program's clock begins, in milliseconds since 1970. @default 1,767,225,600,000 (2026-01-01) */
  epochMs: v.optional(timeSchema),
  /** Gives every NaN one bit pattern, so that programs which look at them agree on every device. @default false */
  canonicalNans: v.optional(v.boolean()),
});
export type WasiProgram = v.InferOutput<typeof wasiProgramSchema>;

export const elementTypeSchema = v.picklist(['u8', 'u32', 'i32', 'f32']);
export type ElementType = v.InferOutput<typeof elementTypeSchema>;

/** A named GPU buffer. `source` fills it from a blob, or a slice of one that depends on the task. */
export const bufferSchema = v.strictObject({
  usage: v.picklist(['storage', 'read-only-storage', 'uniform']),
  bytes: expressionSchema,
  source: v.optional(
    v.strictObject({
      input: inputSchema,
      offset: v.optional(expressionSchema),
      length: v.optional(expressionSchema),
    }),
  ),
});

/** One compute pass. Names in `bindings` are buffers, keyed by `@binding` number in `@group(0)`. */
export const passSchema = v.strictObject({
  shader: identifierSchema,
  entry: identifierSchema,
  workgroups: v.tuple([expressionSchema, expressionSchema, expressionSchema]),
  bindings: v.pipe(v.record(v.pipe(v.string(), v.regex(/^\d{1,2}$/)), identifierSchema), v.maxEntries(16)),
  /** The pass runs this many times; its turn is the parameter `turn`. Default 1. */
  repeat: v.optional(expressionSchema),
  /**
   * The grid axis along which the runner may cut the dispatch. The shader adds the uniform parameter `tile` (the
   * first workgroup of the cut along that axis) to its workgroup id. Absent: never cut.
   */
  tileAxis: v.optional(v.picklist(['x', 'y', 'z'])),
});
export type Pass = v.InferOutput<typeof passSchema>;

/**
 * A pipeline of compute passes over named buffers. `uniforms` is the layout of the buffer named by
 * `uniformBuffer`: 4-byte scalars in order; the value is an expression over the task's parameters, `turn` and `tile`.
 */
export const wgslProgramSchema = v.strictObject({
  kind: v.literal('wgsl'),
  shaders: v.pipe(v.record(identifierSchema, inputSchema), v.minEntries(1), v.maxEntries(8)),
  buffers: v.pipe(v.record(identifierSchema, bufferSchema), v.minEntries(1), v.maxEntries(32)),
  uniformBuffer: v.optional(identifierSchema),
  uniforms: v.pipe(
    v.array(v.strictObject({ type: v.picklist(['u32', 'i32', 'f32']), value: expressionSchema })),
    v.maxLength(64),
  ),
  passes: v.pipe(v.array(passSchema), v.minLength(1), v.maxLength(32)),
  outputs: v.pipe(
    v.record(guestPathSchema, v.strictObject({ buffer: identifierSchema, element: elementTypeSchema })),
    v.minEntries(1),
    v.maxEntries(MAX_OUTPUT_FILES),
  ),
});
export type WgslProgram = v.InferOutput<typeof wgslProgramSchema>;

/** Element types that ONNX tensors may have here; `i64` crosses as 8-byte little-endian integers. */
export const tensorTypeSchema = v.picklist(['f32', 'u8', 'i32', 'i64']);
export type TensorType = v.InferOutput<typeof tensorTypeSchema>;

/** A dimension list; each is a number or an expression over the task's parameters. */
const shapeSchema = v.pipe(v.array(expressionSchema), v.maxLength(8));

/** One tensor that a task gives to the model: bytes of a blob, or a slice of one that depends on the task. */
export const tensorInputSchema = v.strictObject({
  type: tensorTypeSchema,
  shape: shapeSchema,
  source: v.strictObject({
    input: inputSchema,
    offset: v.optional(expressionSchema),
    length: v.optional(expressionSchema),
  }),
  /** The blob holds bytes; each becomes `byte × scale + offset` as f32. Only for `f32` inputs. */
  fromBytes: v.optional(
    v.strictObject({ scale: v.pipe(v.number(), v.finite()), offset: v.pipe(v.number(), v.finite()) }),
  ),
});
export type TensorInput = v.InferOutput<typeof tensorInputSchema>;

/** A tensor name of an ONNX graph. */
const tensorNameSchema = v.pipe(
  v.string(),
  v.minLength(1),
  v.maxLength(200),
  v.check((name) => !(name in Object.prototype), 'is a name that every object has'),
);

/** An ONNX model with its input tensors. The `wasm` backend is exact on every device, `webgpu` needs a tolerance. */
export const onnxProgramSchema = v.strictObject({
  kind: v.literal('onnx'),
  model: inputSchema,
  /** @default wasm */
  backend: v.optional(v.picklist(['wasm', 'webgpu'])),
  inputs: v.pipe(v.record(tensorNameSchema, tensorInputSchema), v.minEntries(1), v.maxEntries(16)),
  /** Rows of the first axis that one run of the model takes; a longer input is cut into several runs. Absent: all. */
  batchRows: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(1))),
  outputs: v.pipe(
    v.record(guestPathSchema, v.strictObject({ tensor: tensorNameSchema, type: tensorTypeSchema })),
    v.minEntries(1),
    v.maxEntries(MAX_OUTPUT_FILES),
  ),
});
export type OnnxProgram = v.InferOutput<typeof onnxProgramSchema>;

/** What the results become. */
export const deliverableSchema = v.variant('kind', [
  /** Raw RGBA8 frames (one file per task, width × height × 4 bytes) to a video. */
  v.strictObject({
    kind: v.literal('video'),
    path: guestPathSchema,
    width: v.pipe(v.number(), v.integer(), v.minValue(2), v.maxValue(4096)),
    height: v.pipe(v.number(), v.integer(), v.minValue(2), v.maxValue(4096)),
    framesPerSecond: v.pipe(v.number(), v.minValue(1), v.maxValue(120)),
  }),
  /** CSV rows without a header (one file per task) to one table, with a plot of two columns. */
  v.strictObject({
    kind: v.literal('table'),
    path: guestPathSchema,
    columns: v.pipe(
      v.array(v.pipe(v.string(), v.minLength(1), v.maxLength(80))),
      v.minLength(1),
      v.maxLength(64),
    ),
    plot: v.optional(v.strictObject({ x: v.string(), y: v.string(), style: v.picklist(['line', 'points']) })),
  }),
  /** Every task's files as they are. */
  v.strictObject({ kind: v.literal('files') }),
]);
export type Deliverable = v.InferOutput<typeof deliverableSchema>;

export const manifestSchema = v.strictObject({
  version: v.literal(1),
  name: nameSchema,
  description: v.optional(v.pipe(v.string(), v.maxLength(1_000))),
  program: v.variant('kind', [wasiProgramSchema, wgslProgramSchema, onnxProgramSchema]),
  split: splitSchema,
  limits: limitsSchema,
  comparator: comparatorSchema,
  policy: policySchema,
  deliverable: deliverableSchema,
});
export type Manifest = v.InferOutput<typeof manifestSchema>;
export type Program = Manifest['program'];
