import { readFileSync } from 'node:fs';
import { Ajv2020, type AnySchemaObject } from 'ajv2020/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { ONNX_JOB, WASI_JOB, WGSL_JOB } from '../src/job/manifest.fixture.ts';
import { validateManifest } from '../src/job/check/validate-manifest.ts';
import { makeJobFileSchema, makeManifestSchema, schemaFiles } from './manifest-schema.ts';

const ajv = new Ajv2020({ strict: true, strictTypes: false });
const isManifest = ajv.compile(makeManifestSchema() as AnySchemaObject);
const isJobFile = ajv.compile(makeJobFileSchema() as AnySchemaObject);

test('the committed schemas say what the code says (else: node scripts/manifest-schema.ts)', () => {
  for (const { path, text } of schemaFiles()) expect(readFileSync(path, 'utf8')).toBe(text);
});

function isValid(raw: unknown): boolean {
  try {
    validateManifest(raw);
    return true;
  } catch {
    return false;
  }
}

/** Values of every sort, so that each place is once too small, too large, of a wrong type, a bad name … */
const VALUES = [
  null,
  true,
  0,
  -1,
  0.5,
  1e16,
  '',
  'x',
  '1',
  'constructor',
  '../x',
  'x'.repeat(201),
  'x'.repeat(1_001),
  [],
  [1],
  {},
  { x: 1 },
];

/** Every place of a value, as the path of keys to it. */
function placesOf(value: unknown, path: readonly string[] = []): string[][] {
  if (value === null || typeof value !== 'object') return [[...path]];
  return [[...path], ...Object.entries(value).flatMap(([key, inner]) => placesOf(inner, [...path, key]))];
}

/** A copy with one place replaced, or removed when `value` is undefined. */
function changed(original: unknown, path: readonly string[], value: unknown): unknown {
  if (path.length === 0) return value;
  const copy = structuredClone(original) as Record<string, unknown>;
  let part = copy;
  for (const key of path.slice(0, -1)) part = part[key] as Record<string, unknown>;
  if (value === undefined) delete part[path.at(-1)!];
  else part[path.at(-1)!] = value;
  return copy;
}

describe.each([
  ['wasi', WASI_JOB],
  ['wgsl', WGSL_JOB],
  ['onnx', ONNX_JOB],
])('a %s manifest', (_, manifest) => {
  test('is sound by both schemas', () => {
    expect(isManifest(manifest), JSON.stringify(isManifest.errors)).toBe(true);
    expect(isValid(manifest)).toBe(true);
    expect(isJobFile({ $schema: 'https://example.org/job-file.schema.json', ...manifest })).toBe(true);
    expect(isManifest({ $schema: 'x', ...manifest })).toBe(false);
  });

  test('is refused by both schemas or by neither, wherever a part is changed, added or removed', () => {
    const differing: unknown[] = [];
    let refused = 0;
    for (const path of placesOf(manifest).filter(({ length }) => length > 0)) {
      const parent = path
        .slice(0, -1)
        .reduce<unknown>((part, key) => (part as Record<string, unknown>)[key], manifest);
      const changes = VALUES.map((value) => changed(manifest, path, value));
      if (!Array.isArray(parent)) {
        changes.push(
          changed(manifest, path, undefined),
          changed(manifest, [...path.slice(0, -1), 'extra'], 1),
        );
      }
      for (const candidate of changes) {
        const isSound = isValid(candidate);
        if (!isSound) refused++;
        if (isManifest(candidate) !== isSound) differing.push([path.join('.'), isSound, candidate]);
      }
    }
    expect(differing).toEqual([]);
    expect(refused).toBeGreaterThan(400);
  });
});

test('a job file may name files in place of CIDs, a manifest may not', () => {
  const job = changed(WASI_JOB, ['program', 'module'], { file: 'program.wasm' });
  expect(isJobFile(job)).toBe(true);
  expect(isManifest(job)).toBe(false);
  expect(isJobFile(changed(job, ['program', 'module', 'bytes'], 1))).toBe(false);
});

test('every key of a manifest explains itself', () => {
  const silent: string[] = [];
  const walk = (part: unknown, path: string): void => {
    if (part === null || typeof part !== 'object') return;
    for (const [key, inner] of Object.entries(part)) {
      if (key === 'properties') {
        for (const [name, property] of Object.entries(inner as Record<string, Record<string, unknown>>))
          if (
            property['description'] === undefined &&
            property['$ref'] === undefined &&
            !('const' in property)
          )
            silent.push(`${path}.${name}`);
      }
      walk(inner, `${path}.${key}`);
    }
  };
  walk(makeManifestSchema(), '');
  expect(silent).toEqual([]);
});
