import { describe, expect, test } from 'vitest';
import { KilnError } from '../../base/errors.ts';
import { checkManifest } from './check-manifest.ts';
import { pathText } from './expectation.ts';
import { JOBS, type Kind, MISTAKES } from './mistakes.fixture.ts';
import { validateManifest } from './validate-manifest.ts';

/*
 * Each way to get a manifest wrong ends in an error that names the place, says what must stand there, and what to do.
 */

type Path = readonly (string | number)[];

function placesOf(value: unknown, path: Path = []): Path[] {
  if (value === null || typeof value !== 'object') return [path];
  const keys = Array.isArray(value) ? value.map((_, i) => i) : Object.keys(value);
  return [path, ...keys.flatMap((key) => placesOf((value as Record<string, unknown>)[key], [...path, key]))];
}

function changed(manifest: unknown, path: Path, value: unknown): unknown {
  const copy = structuredClone(manifest) as Record<string | number, unknown>;
  let part = copy;
  for (const key of path.slice(0, -1)) part = part[key] as Record<string, unknown>;
  if (value === undefined) delete part[path.at(-1)!];
  else part[path.at(-1)!] = value;
  return copy;
}

/** `program.passes[0].entry` as keys. */
function pathOf(text: string): Path {
  return [...text.matchAll(/\["([^"]*)"\]|\[(\d+)\]|([^.[\]]+)/g)].map(([, quoted, index, name]) =>
    index === undefined ? (quoted ?? name!) : Number(index),
  );
}

function refusalOf(raw: unknown): KilnError {
  try {
    checkManifest(validateManifest(raw));
  } catch (error) {
    if (error instanceof KilnError) return error;
    throw error;
  }
  throw new Error(`accepted: ${JSON.stringify(raw)}`);
}

/** Every refusal is for an author to act on. */
function expectHelpful(error: KilnError, place: string): void {
  expect(error.message.slice(0, place.length + 2)).toBe(`${place}: `);
  expect(error.message).toMatch(/[.?]$/);
  expect(error.data['path']).toBe(place);
  expect(error.hint).toMatch(/^[A-Z].*[.)]$/s);
}

test('the whole jobs of this table are sound', () => {
  for (const job of Object.values(JOBS)) checkManifest(validateManifest(job));
});

/** Keys that may be left out; what may not is missing when it is. */
const OPTIONAL = new RegExp(
  `^(${[
    String.raw`description`,
    String.raw`limits\.\w+`,
    String.raw`comparator\.(maxMeanError|args)`,
    String.raw`deliverable\.plot`,
    String.raw`program\.(stdin|steps|epochMs|canonicalNans|uniformBuffer|backend|batchRows)`,
    String.raw`program\..*source(\.(offset|length))?`,
    String.raw`program\.passes\[0\]\.(repeat|tileAxis)`,
    String.raw`program\.inputs\.pictures\.fromBytes`,
    // Entries of records: each may go, though not every one of them.
    String.raw`program\.(env|files|buffers|shaders|outputs|inputs)(\.\w+|\["[^"]+"\])`,
    String.raw`program\.passes\[0\]\.bindings\["\d"\]`,
  ].join('|')})$`,
);

describe.each(Object.keys(JOBS) as Kind[])('in a %s job', (kind) => {
  const job = JOBS[kind];
  const places = placesOf(job).filter((path) => path.length > 0);

  test('each missing key is named, with what it must be', () => {
    let seen = 0;
    for (const path of places) {
      const text = pathText(path);
      if (typeof path.at(-1) === 'number' || OPTIONAL.test(text)) continue;
      const error = refusalOf(changed(job, path, undefined));
      expectHelpful(error, text);
      expect(error.message).toMatch(/: is missing; it must be .+\.$/);
      expect(error.hint).toContain(`Add "${path.at(-1)}".`);
      seen++;
    }
    expect(seen).toBeGreaterThan(20);
  });

  test.each([
    ['true', true],
    ['null', null],
    ['a list', [[]]],
    ['an object', { x: {} }],
  ])('%s in place of each value is refused there, with what was got', (_, value) => {
    for (const path of places) {
      if (value === true && path.at(-1) === 'canonicalNans') continue;
      const error = refusalOf(changed(job, path, value));
      expect(error.code).toBe('protocol/invalid');
      const told = error.data['path'] as string;
      // An object or a list may be right there, and its content wrong.
      expect(told === pathText(path) || told.startsWith(pathText(path))).toBe(true);
      expectHelpful(error, told);
      if (typeof value !== 'object' || value === null) expect(error.message).toContain(`; got ${value}`);
    }
  });

  test('an unknown key is named wherever it stands, a misspelt one with the right name', () => {
    const isRecord = /^program\.(env|files|buffers|shaders|outputs|inputs|passes\[0\]\.bindings)$/;
    for (const path of places) {
      const part = path.reduce<unknown>((inner, key) => (inner as Record<string, unknown>)[key], job);
      if (part === null || typeof part !== 'object' || Array.isArray(part) || isRecord.test(pathText(path)))
        continue;
      const unknown = refusalOf(changed(job, [...path, 'zzzzzz'], 1));
      expectHelpful(unknown, pathText([...path, 'zzzzzz']));
      expect(unknown.message).toContain('unknown key');
      for (const [key, value] of Object.entries(part)) {
        // The key that tells variants apart decides which keys are known at all.
        if (key.length < 4 || key === 'kind' || key === 'class') continue;
        const misspelt = [...path, `${key}x`];
        const error = refusalOf(changed(changed(job, [...path, key], undefined), misspelt, value));
        expectHelpful(error, pathText(misspelt));
        expect(error.message).toContain(`unknown key; did you mean "${key}"?`);
        expect(error.hint).toContain(`Rename it to "${key}"`);
      }
    }
  });
});

const TOLD_ELSEWHERE = new Map(MISTAKES.filter((one) => one.length === 5).map((one) => [one, one[4]!]));

test.each(
  MISTAKES.map(
    (mistake) => [mistake[0], mistake[1], JSON.stringify(mistake[2]).slice(0, 40), mistake] as const,
  ),
)('a %s job whose %s is %s says so', (kind, place, _, mistake) => {
  const error = refusalOf(changed(JOBS[kind], pathOf(place), mistake[2]));
  expectHelpful(error, TOLD_ELSEWHERE.get(mistake) ?? place);
  expect(error.message).toContain(mistake[3]);
});

test.each([
  ['wasi', 'program.args[1]', '{frist}', 'Did you mean "first"?'],
  ['wasi', 'deliverable.path', 'stdot', 'Did you mean "stdout"?'],
  ['wgsl', 'program.passes[0].shader', 'mian', 'Did you mean "main"?'],
  ['wgsl', 'program.passes[0].bindings["2"]', 'pixel', 'Did you mean "pixels"?'],
] as const)('a misspelt name in a %s job, %s = %s: %s', (kind, place, value, hint) => {
  expect(refusalOf(changed(JOBS[kind], pathOf(place), value)).hint).toContain(hint);
});

test('what is no object at all is no manifest', () => {
  for (const raw of [null, 3, 'x', [], new Uint8Array(3)]) {
    const error = refusalOf(raw);
    expect(error.message).toMatch(
      /^(the manifest: must be an object with "version".*; got|version: is missing)/,
    );
  }
});
