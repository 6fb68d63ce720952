import { describe, expect, test } from 'vitest';
import { utf8 } from '../base/bytes.ts';
import { cutBlob } from '../base/cid.ts';
import { KilnError } from '../base/errors.ts';
import { openJobFile } from './job-file.ts';
import { SOME_CID, WASI_JOB } from './manifest.fixture.ts';

const files: Readonly<Record<string, string>> = { 'a.wasm': 'module', 'b.txt': 'text' };
const reads: string[] = [];
const read = async (path: string) => {
  reads.push(path);
  const text = files[path];
  if (text === undefined) throw new KilnError('test/no-such-file', path);
  return utf8(text);
};
const jobOf = (program: object, rest: object = {}) =>
  JSON.stringify({ ...WASI_JOB, program: { ...WASI_JOB.program, ...program }, ...rest });

test('files become blobs named by their digest, each once', async () => {
  const inputs = {
    module: { file: 'a.wasm' },
    stdin: { file: 'b.txt' },
    files: { 'in/b.txt': { file: 'b.txt' } },
  };
  const { manifest, blobs } = await openJobFile(jobOf(inputs, { $schema: 'job-file.schema.json' }), read);
  const module = { cid: (await cutBlob(utf8('module'))).cid, bytes: 6 };
  const text = { cid: (await cutBlob(utf8('text'))).cid, bytes: 4 };
  expect(manifest).toEqual({
    ...WASI_JOB,
    program: { ...WASI_JOB.program, module, stdin: text, files: { 'in/b.txt': text } },
  });
  expect(blobs).toEqual([utf8('module'), utf8('text')]);
  expect(reads).toEqual(['a.wasm', 'b.txt']);
});

test('a CID may stand where a file may', async () => {
  const { manifest, blobs } = await openJobFile(jobOf({}), read);
  expect(manifest).toEqual(WASI_JOB);
  expect(blobs).toEqual([]);
});

test('a "file" that stands where no blob may is what it always was', async () => {
  const { manifest } = await openJobFile(jobOf({ module: { file: 'a.wasm' }, env: { file: 'b.txt' } }), read);
  expect(manifest.program).toMatchObject({ env: { file: 'b.txt' } });
});

describe('refused with its reason is', () => {
  test.each([
    ['what is no JSON', '{ "version": 1, }', 'job/not-json', /^This job file is not JSON: .+/],
    ['what is no object', '[1]', 'protocol/invalid', /^the manifest: must be an object/],
    ['a file that is not there', jobOf({ module: { file: 'c.wasm' } }), 'test/no-such-file', /c\.wasm/],
    [
      'a file with a size',
      jobOf({ module: { file: 'a.wasm', bytes: 6 } }),
      'job/bad-file',
      /^program\.module: "file" must be/,
    ],
    [
      'a file name that is none',
      jobOf({ module: { file: 5 } }),
      'job/bad-file',
      /^program\.module: "file" must be/,
    ],
    [
      'a misspelt key',
      jobOf({ modul: { cid: SOME_CID, bytes: 1 } }),
      'protocol/invalid',
      /^program\.modul: unknown key/,
    ],
    [
      'a job without sense',
      jobOf({}, { split: { ...WASI_JOB.split, to: 0 } }),
      'job/no-tasks',
      /^split: makes no task/,
    ],
  ])('%s', async (_, text, code, message) => {
    const error = await openJobFile(text, read).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) as string });
  });
});
