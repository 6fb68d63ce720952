import * as v from 'valibot';
import { KilnError } from '../../base/errors.ts';
import { type Manifest, manifestSchema } from '../../protocol/manifest.ts';
import { expectationOf, keySchemaAt, namesAt, type PathKey, pathText, schemaAt } from './expectation.ts';
import { suggestName } from './suggest.ts';

/** Longest piece of a wrong value that is shown back. */
const MAX_SHOWN_CHARS = 60;

/**
 * A value to a manifest of sound form; for its sense see `checkManifest`. Throws `protocol/invalid` with a message for
 * the job's author: the place, what must stand there, what does, and in the hint what to do.
 *
 * @example
 * validateManifest({ version: 1, nmae: 'x' }); // nmae: unknown key; did you mean "name"?
 */
export function validateManifest(raw: unknown): Manifest {
  const parsed = v.safeParse(manifestSchema, raw);
  if (!parsed.success) throw refusalOf(raw, parsed.issues);
  const lost = lostPath(raw, parsed.output, []);
  if (lost === undefined) return parsed.output;
  const isKey = keySchemaAt(manifestSchema, lost.slice(0, -1), raw) !== undefined;
  throw refusal(raw, lost, valueAt(raw, lost), isKey ? 'key' : 'wrong');
}

const KEY_HINT = 'Rename it. Names that every object has, such as "constructor", cannot be used either.';

type Wrong = 'missing' | 'unknown' | 'key' | 'wrong';

function refusalOf(raw: unknown, issues: readonly [v.GenericIssue, ...v.GenericIssue[]]): KilnError {
  const all = issues.map((issue) => {
    const items = issue.path ?? [];
    const path = items.map(({ key }) => (typeof key === 'number' ? key : String(key)));
    const wrong = wrongOf(raw, path, items.at(-1));
    // A list that is too short is wrong itself; its absent item has no place of its own.
    if (wrong === 'missing' && typeof path.at(-1) === 'number')
      return { path: path.slice(0, -1), wrong: 'wrong' as const, input: valueAt(raw, path.slice(0, -1)) };
    return { path, wrong, input: issue.input };
  });
  // A misspelt key is missing under its right name: what was written is the better place to point at.
  const misspelt = all.find(({ path, wrong }) => wrong === 'unknown' && likelyKey(raw, path) !== undefined);
  const first = misspelt ?? all[0]!;
  // A list passes for an object without keys; then each of them would be missing.
  const list = first.path.findIndex((_, i) => isListForObject(raw, first.path.slice(0, i)));
  if (list < 0) return refusal(raw, first.path, first.input, first.wrong);
  const path = first.path.slice(0, list);
  return refusal(raw, path, valueAt(raw, path), 'wrong');
}

function isListForObject(raw: unknown, path: readonly PathKey[]): boolean {
  const schema = schemaAt(manifestSchema, path, raw);
  return (
    Array.isArray(valueAt(raw, path)) && schema !== undefined && expectationOf(schema).startsWith('an object')
  );
}

function wrongOf(raw: unknown, path: readonly PathKey[], last: v.IssuePathItem | undefined): Wrong {
  if (last?.origin === 'key' && valueAt(raw, path) !== undefined)
    return schemaAt(manifestSchema, path, raw) === undefined ? 'unknown' : 'key';
  return valueAt(raw, path) === undefined && path.length > 0 ? 'missing' : 'wrong';
}

function refusal(raw: unknown, path: readonly PathKey[], input: unknown, wrong: Wrong): KilnError {
  const place = pathText(path);
  const schema = schemaAt(manifestSchema, path, raw);
  const expected = schema === undefined ? '' : expectationOf(schema);
  const said = schema === undefined ? undefined : descriptionOf(schema);
  const [message, hint] = ((): [string, string] => {
    if (wrong === 'unknown') {
      const likely = likelyKey(raw, path);
      const known = knownKeys(raw, path).join(', ');
      return likely === undefined
        ? ['unknown key.', `Remove it; the keys here are: ${known}.`]
        : [
            `unknown key; did you mean "${likely}"?`,
            `Rename it to "${likely}"; the keys here are: ${known}.`,
          ];
    }
    if (wrong === 'missing')
      return [`is missing; it must be ${expected}.`, `Add "${String(path.at(-1))}". ${said ?? ''}`.trim()];
    if (wrong === 'key') {
      const keys = keySchemaAt(manifestSchema, path.slice(0, -1), raw);
      return [`this key must be ${keys && expectationOf(keys)}.`, KEY_HINT];
    }
    const likely = typeof input === 'string' ? suggestName(input, namesAt(schema, input)) : undefined;
    const meant = likely === undefined ? '' : `; did you mean "${likely}"?`;
    return [
      `must be ${expected}; got ${show(input)}${meant || '.'}`,
      `Make it ${expected}. ${said ?? ''}`.trim(),
    ];
  })();
  return new KilnError('protocol/invalid', `${place}: ${message}`, {
    data: { path: place, ...(expected === '' ? {} : { expected: expected.slice(0, 300) }) },
    hint,
  });
}

function descriptionOf(schema: v.GenericSchema): string | undefined {
  const inner = (schema as { readonly wrapped?: v.GenericSchema }).wrapped;
  return v.getDescription(schema) ?? (inner === undefined ? undefined : descriptionOf(inner));
}

function knownKeys(raw: unknown, path: readonly PathKey[]): string[] {
  const parent = path.slice(0, -1);
  return namesAt(schemaAt(manifestSchema, parent, raw), valueAt(raw, parent));
}

/** The key that a misspelt one stands for: one that is not there already. */
function likelyKey(raw: unknown, path: readonly PathKey[]): string | undefined {
  const there = valueAt(raw, path.slice(0, -1)) as object;
  const open = knownKeys(raw, path).filter((key) => !Object.hasOwn(there, key));
  return suggestName(String(path.at(-1)), open);
}

function valueAt(raw: unknown, path: readonly PathKey[]): unknown {
  let value = raw;
  for (const key of path) {
    if (value === null || typeof value !== 'object' || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<PathKey, unknown>)[key];
  }
  return value;
}

/** The first place that the schema took for something else or dropped: a list for an object, a key such as `__proto__`. */
function lostPath(raw: unknown, output: unknown, path: readonly PathKey[]): readonly PathKey[] | undefined {
  if (raw === null || typeof raw !== 'object') return Object.is(raw, output) ? undefined : path;
  if (output === null || typeof output !== 'object' || Array.isArray(raw) !== Array.isArray(output))
    return path;
  for (const [key, value] of Object.entries(raw)) {
    const inner = [...path, Array.isArray(raw) ? Number(key) : key];
    if (value === undefined) continue;
    if (!Object.hasOwn(output, key)) return inner;
    const lost = lostPath(value, (output as Record<string, unknown>)[key], inner);
    if (lost !== undefined) return lost;
  }
  return undefined;
}

function show(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`;
  if (value instanceof Uint8Array) return 'bytes';
  if (value !== null && typeof value === 'object') {
    const keys = Object.keys(value);
    return keys.length === 0 ? 'an empty object' : `an object with ${keys.length} entries`;
  }
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > MAX_SHOWN_CHARS
    ? `${text.slice(0, MAX_SHOWN_CHARS)}… (${text.length} characters)`
    : text;
}
