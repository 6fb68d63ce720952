import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { type JsonSchema, toJsonSchema } from '@valibot/to-json-schema';
import {
  expressionSchema,
  guestPathSchema,
  identifierSchema,
  inputSchema,
  sourceSchema,
  tensorNameSchema,
} from '../src/protocol/manifest-parts.ts';
import { manifestSchema } from '../src/protocol/manifest.ts';
import { ROOT } from './build.ts';

/** Parts that the manifest uses more than once, by the name that they have under `$defs`. */
const DEFINITIONS = {
  expression: expressionSchema,
  identifier: identifierSchema,
  guestPath: guestPathSchema,
  input: inputSchema,
  source: sourceSchema,
  tensorName: tensorNameSchema,
};

/** The schema of a manifest as it travels: JSON Schema 2020-12, made of the schema that every node checks with. */
export function makeManifestSchema(): JsonSchema {
  const schema = toJsonSchema(manifestSchema, {
    target: 'draft-2020-12',
    typeMode: 'input',
    definitions: DEFINITIONS,
    // JSON has no infinities to refuse.
    overrideAction: ({ valibotAction, jsonSchema }) =>
      valibotAction.type === 'finite' ? jsonSchema : undefined,
  });
  const { $defs = {}, ...rest } = schema;
  return {
    title: 'Kiln manifest',
    description:
      'A job as it travels: its program and inputs by CID, its split, limits, checks and deliverable.',
    ...(shareDefinitions(rest, $defs) as JsonSchema),
    $defs,
  };
}

/** Replaces each part that is a definition but for its description by a reference that keeps the description. */
function shareDefinitions(part: unknown, definitions: NonNullable<JsonSchema['$defs']>): unknown {
  if (Array.isArray(part)) return part.map((item) => shareDefinitions(item, definitions));
  if (part === null || typeof part !== 'object') return part;
  const { description } = part as JsonSchema;
  const same = Object.keys(definitions).find((name) =>
    isAlike(part as JsonSchema, definitions[name] as JsonSchema),
  );
  if (same !== undefined)
    return { $ref: `#/$defs/${same}`, ...(description === undefined ? {} : { description }) };
  return Object.fromEntries(
    Object.entries(part).map(([key, inner]) => [key, shareDefinitions(inner, definitions)]),
  );
}

function isAlike({ description: _a, ...a }: JsonSchema, { description: _b, ...b }: JsonSchema): boolean {
  return isDeepStrictEqual(a, b);
}

/**
 * The schema of a job file, as authors keep it: a manifest that may name its own schema, and files beside it in place
 * of CIDs (job/job-file.ts).
 */
export function makeJobFileSchema(): JsonSchema {
  const schema = makeManifestSchema();
  const input = schema.$defs!['input'] as JsonSchema;
  const file: JsonSchema = {
    type: 'object',
    properties: {
      file: {
        type: 'string',
        minLength: 1,
        description: 'Path of the file, from the folder of the job file.',
      },
    },
    required: ['file'],
    additionalProperties: false,
  };
  return {
    ...schema,
    title: 'Kiln job file',
    description: 'A manifest for people to write: files beside it stand in place of CIDs.',
    properties: {
      $schema: { type: 'string', description: 'Where this schema lies; left out of the manifest.' },
      ...schema.properties,
    },
    $defs: {
      ...schema.$defs,
      input: { description: 'A file, or a blob named by the digest of its bytes.', anyOf: [file, input] },
    },
  };
}

/** Every file that this script writes: in `docs/` for readers, in `public/` so that the app serves it to editors. */
export function schemaFiles(): { readonly path: string; readonly text: string }[] {
  const schemas = {
    'manifest.schema.json': makeManifestSchema(),
    'job-file.schema.json': makeJobFileSchema(),
  };
  return Object.entries(schemas).flatMap(([name, schema]) =>
    ['docs', 'public'].map((folder) => ({
      path: join(ROOT, folder, name),
      text: `${JSON.stringify(schema, undefined, 2)}\n`,
    })),
  );
}

if (import.meta.main) {
  for (const { path, text } of schemaFiles()) writeFileSync(path, text);
  console.log('Wrote manifest.schema.json and job-file.schema.json to docs/ and public/.');
}
