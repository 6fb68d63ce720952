import * as v from 'valibot';
import { MAX_INPUT_BLOBS, MAX_OUTPUT_FILES } from './constants.ts';
import {
  deliverableSchema,
  expressionSchema,
  guestPathSchema,
  identifierSchema,
  inputSchema,
  limitsSchema,
  outputPatternSchema,
  said,
  sourceSchema,
  tensorNameSchema,
} from './manifest-parts.ts';
import { comparatorSchema, policySchema } from './policy.ts';
import { nameSchema, timeSchema } from './primitives.ts';

/*
 * A job as everybody sees it. It names its program and inputs by CID, says how it splits into tasks, and how
 * results are compared and put together. Its own CID (of its dag-cbor bytes) is the job's name.
 */

/**
 * How the job splits. `range`: integers from `from` to `to` (excluded) in steps of `step`; a task sees
 * `<name>` (its first), `<name>_end` (its end, excluded) and `index`.
 */
const splitSchema = v.strictObject({
  by: said(v.literal('range'), 'How tasks are cut: a range of whole numbers.'),
  name: said(identifierSchema, 'Name of the parameter; a task sees NAME, NAME_end and index.'),
  from: said(v.pipe(v.number(), v.safeInteger()), 'First number of the first task.'),
  to: said(v.pipe(v.number(), v.safeInteger()), 'End of the range, itself excluded.'),
  step: said(v.pipe(v.number(), v.safeInteger(), v.minValue(1)), 'Numbers that one task takes.'),
});
export type Split = v.InferOutput<typeof splitSchema>;
export type Limits = v.InferOutput<typeof limitsSchema>;

/** A text in which `{name}` is replaced by the task's parameter. */
const filledTextSchema = v.pipe(v.string(), v.maxLength(1_000));

/** A WASI preview-1 command, or, with `steps`, a reactor. */
const wasiProgramSchema = v.strictObject({
  kind: v.literal('wasi'),
  module: said(inputSchema, 'The WebAssembly module: WASI preview 1, exporting its memory.'),
  args: said(
    v.pipe(v.array(filledTextSchema), v.maxLength(64)),
    'Command line, the program\'s own name first; "{name}" stands for a parameter of the task.',
  ),
  env: said(
    v.pipe(v.record(identifierSchema, filledTextSchema), v.maxEntries(64)),
    'Environment; "{name}" in a value stands for a parameter of the task.',
  ),
  stdin: v.optional(said(inputSchema, 'What the program reads from standard input. Absent: nothing.')),
  files: said(
    v.pipe(v.record(guestPathSchema, inputSchema), v.maxEntries(MAX_INPUT_BLOBS)),
    'Read-only input files by path.',
  ),
  outputs: said(
    v.pipe(v.array(outputPatternSchema), v.minLength(1), v.maxLength(MAX_OUTPUT_FILES)),
    'Files read back after the run; "stdout" is what the program printed, and "*" stands for part of a name, as in "frames/*.png".',
  ),
  steps: v.optional(
    said(
      expressionSchema,
      'Makes the program a reactor: it exports init() and step(i: i32), and step is called this many times. Absent: a command with _start.',
    ),
  ),
  epochMs: v.optional(
    said(
      timeSchema,
      "Where the program's clock begins, in milliseconds since 1970. Absent: 2026-01-01 (1767225600000).",
    ),
  ),
  canonicalNans: v.optional(
    said(
      v.boolean(),
      'Gives every NaN one bit pattern, so that programs which look at its bits agree on every device. Absent: false.',
    ),
  ),
});
export type WasiProgram = v.InferOutput<typeof wasiProgramSchema>;

const elementTypeSchema = v.picklist(['u8', 'u32', 'i32', 'f16', 'f32']);
export type ElementType = v.InferOutput<typeof elementTypeSchema>;

/** A named GPU buffer. `source` fills it from a blob, or a slice of one that depends on the task. */
const bufferSchema = v.strictObject({
  usage: said(
    v.picklist(['storage', 'read-only-storage', 'uniform']),
    'What shaders may do: read and write, read, or read small constants.',
  ),
  bytes: said(expressionSchema, 'Size in bytes: a number or an expression.'),
  source: v.optional(said(sourceSchema, 'What fills it. Absent: zeros.')),
});

/** One compute pass. Names in `bindings` are buffers, keyed by `@binding` number in `@group(0)`. */
const passSchema = v.strictObject({
  shader: said(identifierSchema, 'Name of the shader, a key of "shaders".'),
  entry: said(identifierSchema, 'Its @compute function.'),
  workgroups: said(
    v.strictTuple([expressionSchema, expressionSchema, expressionSchema]),
    'Workgroups along x, y and z: numbers or expressions.',
  ),
  bindings: said(
    v.pipe(
      v.record(
        v.pipe(v.string(), v.regex(/^\d{1,2}$/, 'must be a @binding number from "0" to "99"')),
        identifierSchema,
      ),
      v.maxEntries(16),
    ),
    'Which buffer stands at which @binding of @group(0).',
  ),
  repeat: v.optional(
    said(expressionSchema, 'Runs the pass this many times; its turn is the parameter "turn". Absent: once.'),
  ),
  tileAxis: v.optional(
    said(
      v.picklist(['x', 'y', 'z']),
      'Axis along which the runner may cut the dispatch; the shader adds the uniform "tile" to its workgroup id. Absent: never cut.',
    ),
  ),
});
export type Pass = v.InferOutput<typeof passSchema>;

const uniformSchema = v.strictObject({
  type: said(v.picklist(['u32', 'i32', 'f32']), 'Type of the 4-byte scalar.'),
  value: said(expressionSchema, 'Its value; beside the task\'s parameters it may use "turn" and "tile".'),
});

/**
 * A pipeline of compute passes over named buffers. `uniforms` is the layout of the buffer named by
 * `uniformBuffer`: 4-byte scalars in order; the value is an expression over the task's parameters, `turn` and `tile`.
 */
const wgslProgramSchema = v.strictObject({
  kind: v.literal('wgsl'),
  shaders: said(
    v.pipe(v.record(identifierSchema, inputSchema), v.minEntries(1), v.maxEntries(8)),
    'WGSL texts by name.',
  ),
  buffers: said(
    v.pipe(v.record(identifierSchema, bufferSchema), v.minEntries(1), v.maxEntries(32)),
    'GPU buffers by name.',
  ),
  uniformBuffer: v.optional(said(identifierSchema, 'The buffer that holds "uniforms".')),
  uniforms: said(
    v.pipe(v.array(uniformSchema), v.maxLength(64)),
    'Layout of the uniform buffer: 4-byte scalars in order.',
  ),
  passes: said(
    v.pipe(v.array(passSchema), v.minLength(1), v.maxLength(32)),
    'Compute passes in the order in which they run.',
  ),
  outputs: said(
    v.pipe(
      v.record(
        guestPathSchema,
        v.strictObject({
          buffer: said(identifierSchema, 'The buffer read back, of usage "storage".'),
          element: said(elementTypeSchema, 'Type of its numbers, for comparing results.'),
        }),
      ),
      v.minEntries(1),
      v.maxEntries(MAX_OUTPUT_FILES),
    ),
    'Buffers read back after the last pass, by file name.',
  ),
});
export type WgslProgram = v.InferOutput<typeof wgslProgramSchema>;

/** Element types that ONNX tensors may have here; `i64` crosses as 8-byte little-endian integers. */
const tensorTypeSchema = v.picklist(['f32', 'u8', 'i32', 'i64']);
export type TensorType = v.InferOutput<typeof tensorTypeSchema>;
/** Bytes of one element, in blobs and in outputs. */
export const TENSOR_ELEMENT_BYTES: Readonly<Record<TensorType, number>> = { u8: 1, i32: 4, f32: 4, i64: 8 };

const scaleSchema = v.pipe(v.number(), v.finite());

/** One tensor that a task gives to the model: bytes of a blob, or a slice of one that depends on the task. */
const tensorInputSchema = v.strictObject({
  type: said(tensorTypeSchema, 'Type of its elements, little-endian.'),
  shape: said(v.pipe(v.array(expressionSchema), v.maxLength(8)), 'Its dimensions: numbers or expressions.'),
  source: said(sourceSchema, 'The bytes that fill it.'),
  fromBytes: v.optional(
    said(
      v.strictObject({
        scale: said(scaleSchema, 'What each byte is multiplied by.'),
        offset: said(scaleSchema, 'What is added to each product.'),
      }),
      'The blob holds bytes; each becomes byte × scale + offset as f32. Only for f32 inputs.',
    ),
  ),
});
export type TensorInput = v.InferOutput<typeof tensorInputSchema>;

/** An ONNX model with its input tensors. */
const onnxProgramSchema = v.strictObject({
  kind: v.literal('onnx'),
  model: said(inputSchema, 'The ONNX model.'),
  backend: v.optional(
    said(
      v.picklist(['wasm', 'webgpu']),
      'Where it runs: "wasm" is exact on every device, "webgpu" needs a tolerance. Absent: "wasm".',
    ),
  ),
  inputs: said(
    v.pipe(v.record(tensorNameSchema, tensorInputSchema), v.minEntries(1), v.maxEntries(16)),
    "The model's inputs by name.",
  ),
  batchRows: v.optional(
    said(
      v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
      'Rows of the first axis that one run of the model takes; longer inputs are cut. Absent: all.',
    ),
  ),
  outputs: said(
    v.pipe(
      v.record(
        guestPathSchema,
        v.strictObject({
          tensor: said(tensorNameSchema, "Name of the model's output."),
          type: said(tensorTypeSchema, 'Type of its elements.'),
        }),
      ),
      v.minEntries(1),
      v.maxEntries(MAX_OUTPUT_FILES),
    ),
    "The model's outputs, by file name.",
  ),
});
export type OnnxProgram = v.InferOutput<typeof onnxProgramSchema>;
export type Deliverable = v.InferOutput<typeof deliverableSchema>;

export const manifestSchema = v.strictObject({
  version: said(v.literal(1), 'Version of this format.'),
  name: said(nameSchema, 'Name of the job, shown to people.'),
  description: v.optional(said(v.pipe(v.string(), v.maxLength(1_000)), 'What the job does, for people.')),
  program: said(
    v.variant('kind', [
      said(wasiProgramSchema, 'A WASI preview-1 program.'),
      said(wgslProgramSchema, 'A pipeline of WGSL compute passes.'),
      said(onnxProgramSchema, 'An ONNX model.'),
    ]),
    'What runs: kind "wasi", "wgsl" or "onnx".',
  ),
  split: said(splitSchema, 'How the job is cut into tasks.'),
  limits: said(limitsSchema, 'What one task may use; {} for the defaults.'),
  comparator: said(comparatorSchema, 'When results count: class "exact", "tolerance" or "verifier".'),
  policy: said(policySchema, 'How results are checked: kind "quorum", "adaptive" or "trust".'),
  deliverable: said(
    deliverableSchema,
    'What the results become: kind "video", "table", "contact-sheet" or "files".',
  ),
});
export type Manifest = v.InferOutput<typeof manifestSchema>;
export type Program = Manifest['program'];
