import * as v from 'valibot';
import { GUEST_PATH, MAX_GUEST_PATH_CHARS, OWN_NAMES } from './guest-path.ts';
import { cidSchema, countSchema } from './primitives.ts';

/*
 * What the manifest's schema is made of. Its descriptions are for authors: they stand in the published JSON Schema and
 * in the hints of refusals.
 */

/** The same schema with a sentence for authors, which ends up in the JSON Schema and in hints. */
export function said<const Schema extends v.GenericSchema>(schema: Schema, text: string) {
  return v.pipe(schema, v.description(text));
}

const ownNameCheck = v.notValues<string, string[], string>(OWN_NAMES, 'is a name that every object has');

/** A number or an arithmetic expression over the task's parameters, e.g. `"frame * 4096"` (job/expression). */
export const expressionSchema = said(
  v.union([v.pipe(v.number(), v.finite()), v.pipe(v.string(), v.minLength(1), v.maxLength(200))]),
  'A number, or arithmetic over the parameters of the task such as "frame * 4096": + - * / % ( ), floor, ceil, min, max.',
);
export type Expression = v.InferOutput<typeof expressionSchema>;

/** A name that a manifest gives to a thing of its own. */
export const identifierSchema = v.pipe(
  v.string(),
  v.regex(
    /^[A-Za-z_][A-Za-z0-9_]{0,39}$/,
    'must be a name: a letter or _, then up to 39 letters, digits or _',
  ),
  ownNameCheck,
);

/** A relative path inside the guest's file system: no `..`, no leading slash, not `__proto__` and the like. */
export const guestPathSchema = v.pipe(
  v.string(),
  v.regex(
    GUEST_PATH,
    'must be a plain relative path of letters, digits, ".", "_" and "-", at most 8 deep and 120 long',
  ),
  v.maxLength(MAX_GUEST_PATH_CHARS),
  ownNameCheck,
);

/** A path in which `*` may stand for a part of a name (job/output-pattern). */
export const outputPatternSchema = v.pipe(
  v.string(),
  v.regex(
    /^[A-Za-z0-9_*-][A-Za-z0-9._*-]*(\/[A-Za-z0-9_*-][A-Za-z0-9._*-]*){0,7}$/,
    'must be a relative path of letters, digits, ".", "_", "-" and "*", at most 8 deep and 120 long',
  ),
  v.maxLength(MAX_GUEST_PATH_CHARS),
  ownNameCheck,
);

/** A tensor name of an ONNX graph. */
export const tensorNameSchema = v.pipe(v.string(), v.minLength(1), v.maxLength(200), ownNameCheck);

/** A blob that tasks read. */
export const inputSchema = said(
  v.strictObject({
    cid: said(cidSchema, 'The name of its bytes: CIDv1, SHA-256, raw or chunk list, in base32.'),
    bytes: said(countSchema, 'Its size in bytes.'),
  }),
  'A blob, named by the digest of its bytes.',
);

/** A slice of a blob that may depend on the task. */
export const sourceSchema = v.strictObject({
  input: inputSchema,
  offset: v.optional(said(expressionSchema, 'Where the slice begins, in bytes. Absent: at the beginning.')),
  length: v.optional(said(expressionSchema, 'Bytes of the slice. Absent: to the end of the blob.')),
});

/** Hard limits of one task, the sandbox's defaults when absent (docs/limits.md). */
export const limitsSchema = v.strictObject({
  memoryBytes: v.optional(
    said(
      countSchema,
      'Memory of a WASM program, whose growth fails beyond it on every device alike, or of an ONNX run.',
    ),
  ),
  wallMs: v.optional(said(countSchema, 'Time of one task; longer ends "timeout".')),
  outputBytes: v.optional(said(countSchema, 'All outputs of one task together; more ends "output-limit".')),
  gpuMemoryBytes: v.optional(said(countSchema, 'All GPU buffers of a job together; more is refused.')),
  moduleBytes: v.optional(
    said(countSchema, 'Size of a WASM module or an ONNX model; a larger one is refused.'),
  ),
  tableElements: v.optional(said(countSchema, "Elements of a WASM program's tables together.")),
  fuel: v.optional(
    said(countSchema, 'Units that a WASM program may burn, about one per instruction; more ends "fuel".'),
  ),
  shaderBytes: v.optional(said(countSchema, "Size of one shader's text; a larger one is refused.")),
  inlinedTokens: v.optional(
    said(countSchema, 'Tokens of one shader after all its calls were inlined; more is refused.'),
  ),
  loopTurns: v.optional(
    said(countSchema, 'Turns that all loops of one shader invocation may take together; more ends "fuel".'),
  ),
  compileMs: v.optional(said(countSchema, 'Time to compile all pipelines of a job; longer is refused.')),
});

/** Raw RGBA8 frames (one file per task, width × height × 4 bytes) to a video. */
const videoSchema = v.strictObject({
  kind: v.literal('video'),
  path: said(guestPathSchema, 'The output that holds one frame: RGBA, 8 bits each.'),
  width: said(v.pipe(v.number(), v.integer(), v.minValue(2), v.maxValue(4096)), 'Pixels across, 2 to 4096.'),
  height: said(v.pipe(v.number(), v.integer(), v.minValue(2), v.maxValue(4096)), 'Pixels down, 2 to 4096.'),
  framesPerSecond: said(v.pipe(v.number(), v.minValue(1), v.maxValue(120)), 'Speed of the film, 1 to 120.'),
});

/** CSV rows without a header (one file per task) to one table, with a plot of two columns. */
const tableSchema = v.strictObject({
  kind: v.literal('table'),
  path: said(guestPathSchema, 'The output that holds CSV rows without a header.'),
  columns: said(
    v.pipe(v.array(v.pipe(v.string(), v.minLength(1), v.maxLength(80))), v.minLength(1), v.maxLength(64)),
    'Names of the columns in order.',
  ),
  plot: v.optional(
    said(
      v.strictObject({
        x: said(v.string(), 'The column across.'),
        y: said(v.string(), 'The column upwards.'),
        style: said(v.picklist(['line', 'points']), 'How rows become marks.'),
      }),
      'A plot of two columns beside the table.',
    ),
  ),
});

const picturePixelsSchema = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(512));

/** Scores of pictures (f32, one per label, row after row over all tasks) to a picture of all, labelled, and a table. */
const contactSheetSchema = v.strictObject({
  kind: v.literal('contact-sheet'),
  path: said(
    guestPathSchema,
    'The output that holds the scores: f32 from 0 to 1, one for each label, row after row.',
  ),
  images: said(inputSchema, 'The pictures in the order of the tasks: one byte of grey for each pixel.'),
  width: said(picturePixelsSchema, 'Pixels across one picture, 1 to 512.'),
  height: said(picturePixelsSchema, 'Pixels down one picture, 1 to 512.'),
  labels: said(
    v.pipe(v.array(v.pipe(v.string(), v.minLength(1), v.maxLength(40))), v.minLength(2), v.maxLength(1_000)),
    'What the scores stand for, in order.',
  ),
  columns: v.optional(
    said(
      v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(100)),
      'Pictures side by side, 1 to 100. Absent: about as wide as high.',
    ),
  ),
});

/** What the results become. */
export const deliverableSchema = v.variant('kind', [
  said(videoSchema, 'One frame per task becomes a film.'),
  said(tableSchema, 'The rows of all tasks become one table.'),
  said(contactSheetSchema, 'Classified pictures become one sheet, each with its label, and a table.'),
  said(v.strictObject({ kind: v.literal('files') }), "Every task's files as they are, in a ZIP."),
]);
