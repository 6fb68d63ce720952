import { expect, test } from 'vitest';
import { fromUtf8, utf8 } from '../base/bytes.ts';
import { WASI_JOB, WGSL_JOB } from '../job/manifest.fixture.ts';
import type { Manifest } from '../protocol/manifest.ts';
import { assembleDeliverable, type VerifiedOutput } from './assemble-deliverable.ts';
import { inspectVideo } from './inspect-video.ts';

const { signal } = new AbortController();
const rows = async (task: number): Promise<VerifiedOutput[]> => [
  { path: 'stdout', bytes: utf8(`${task},${task * task}\n`) },
];

test('frames become a video named after the job', async () => {
  const [width, height] = [320, 180];
  const manifest: Manifest = {
    ...WGSL_JOB,
    name: 'Töpfer-Werkstatt №1',
    split: { ...WGSL_JOB.split, to: 5 },
    deliverable: { kind: 'video', path: 'frame.rgba', width, height, framesPerSecond: 5 },
  };
  const progress: number[] = [];
  const files = await assembleDeliverable(manifest, {
    outputs: async (task) => [
      { path: 'other', bytes: new Uint8Array(1) },
      { path: 'frame.rgba', bytes: new Uint8Array(width * height * 4).fill(task * 50) },
    ],
    signal,
    onProgress: (done) => progress.push(done),
  });
  expect(files.map(({ name, mediaType }) => [name, mediaType])).toEqual([
    ['topfer-werkstatt-no1.mp4', 'video/mp4'],
  ]);
  expect(await inspectVideo(files[0]!.bytes)).toMatchObject({ width, height, frames: 5 });
  expect(progress).toEqual([0.2, 0.4, 0.6, 0.8, 1]);
});

test('rows become a table and a plot that is well-formed', async () => {
  const files = await assembleDeliverable(
    { ...WASI_JOB, name: '<Squares> & "more"' },
    { outputs: rows, signal },
  );
  expect(files.map(({ name, mediaType }) => [name, mediaType])).toEqual([
    ['squares-more.csv', 'text/csv'],
    ['squares-more.svg', 'image/svg+xml'],
  ]);
  expect(fromUtf8(files[0]!.bytes)).toBe('x,y\n0,0\n1,1\n2,4\n');
  const svg = new DOMParser().parseFromString(fromUtf8(files[1]!.bytes), 'image/svg+xml');
  expect(svg.querySelector('parsererror')).toBeNull();
  expect(svg.querySelector('text')!.textContent).toBe('<Squares> & "more"');
});

test('files become a ZIP, the same one each time', async () => {
  const manifest: Manifest = { ...WASI_JOB, deliverable: { kind: 'files' } };
  const outputs = async (task: number) => [...(await rows(task)), { path: 'logs/a.txt', bytes: utf8('log') }];
  const [zip] = await assembleDeliverable(manifest, { outputs, signal });
  expect([zip!.name, zip!.mediaType]).toEqual(['squares.zip', 'application/zip']);
  expect(storedFiles(zip!.bytes)).toEqual({
    'squares/task-000000/stdout': '0,0\n',
    'squares/task-000000/logs/a.txt': 'log',
    'squares/task-000001/stdout': '1,1\n',
    'squares/task-000001/logs/a.txt': 'log',
    'squares/task-000002/stdout': '2,4\n',
    'squares/task-000002/logs/a.txt': 'log',
  });
  expect((await assembleDeliverable(manifest, { outputs, signal }))[0]!.bytes).toEqual(zip!.bytes);
});

/** Reads an uncompressed ZIP by its central directory (PKWARE APPNOTE 4.3.12, 4.3.16). */
function storedFiles(zip: Uint8Array): Record<string, string> {
  const view = new DataView(zip.buffer, zip.byteOffset, zip.byteLength);
  const end = zip.byteLength - 22;
  expect(view.getUint32(end, true)).toBe(0x06054b50);
  const files: Record<string, string> = {};
  for (let i = 0, at = view.getUint32(end + 16, true); i < view.getUint16(end + 10, true); i++) {
    const [size, nameBytes, start] = [
      view.getUint32(at + 24, true),
      view.getUint16(at + 28, true),
      view.getUint32(at + 42, true),
    ];
    const data = start + 30 + view.getUint16(start + 26, true) + view.getUint16(start + 28, true);
    files[fromUtf8(zip.subarray(at + 46, at + 46 + nameBytes))] = fromUtf8(zip.subarray(data, data + size));
    at += 46 + nameBytes + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return files;
}

test('a task without a verified output is named', async () => {
  const missing = (task: number) =>
    expect.objectContaining({ code: 'media/output-missing', data: expect.objectContaining({ task }) });
  const withGap = async (task: number) => (task === 1 ? undefined : rows(task));
  await expect(assembleDeliverable(WASI_JOB, { outputs: withGap, signal })).rejects.toThrow(missing(1));
  const without = async () => [{ path: 'stderr', bytes: utf8('') }];
  await expect(assembleDeliverable(WASI_JOB, { outputs: without, signal })).rejects.toThrow(missing(0));
});

test('stops between two tasks', async () => {
  const stopping = new AbortController();
  const seen: number[] = [];
  const outputs = async (task: number) => {
    seen.push(task);
    stopping.abort();
    return rows(task);
  };
  await expect(assembleDeliverable(WASI_JOB, { outputs, signal: stopping.signal })).rejects.toThrow(
    expect.objectContaining({ code: 'base/aborted' }),
  );
  expect(seen).toEqual([0]);
});
