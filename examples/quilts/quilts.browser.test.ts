import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Bytes, fromUtf8, utf8 } from '../../src/base/bytes.ts';
import { assembleDeliverable } from '../../src/media/assemble-deliverable.ts';
import type { JobDraft } from '../../src/requestor/view.ts';
import { createSandbox, type Sandbox } from '../../src/sandbox/sandbox.ts';
import { forge, openDraft, type OpenDraft, type Outputs } from '../verify-draft.ts';
import { findRectangle } from './find-rectangle.ts';
import { meta } from './meta.ts';

const [SIDE, COLORS] = [8, 3];
let sandbox: Sandbox;
let draft: JobDraft;
let job: OpenDraft;
let quilts: Outputs[];

beforeAll(async () => {
  sandbox = createSandbox({ cpuSlots: 2, gpuSlots: 0, pageUrl: '/sandbox.html' });
  const files = await Promise.all(
    meta.inputs.map(async ({ name, url }): Promise<[string, Bytes]> => {
      return [name, new Uint8Array(await (await fetch(url)).arrayBuffer())];
    }),
  );
  draft = await meta.build(Object.fromEntries(files), { quilts: 3, size: `${SIDE}x${COLORS}` });
  job = await openDraft(sandbox, draft);
  const outcomes = await Promise.all([0, 1, 2].map((task) => job.run(task)));
  expect(outcomes.map(({ exit }) => exit.kind)).toEqual(['ok', 'ok', 'ok']);
  quilts = outcomes.map(({ outputs }) => outputs);
});
afterAll(async () => {
  await job[Symbol.asyncDispose]();
  await sandbox[Symbol.asyncDispose]();
});

const textOf = (outputs: Outputs) => fromUtf8(outputs.find(({ path }) => path === 'quilt.txt')!.bytes);
const rowsOf = (outputs: Outputs) => textOf(outputs).trimEnd().split('\n');
const withText = (outputs: Outputs, text: string): Outputs =>
  outputs.map((output) => (output.path === 'quilt.txt' ? { path: output.path, bytes: utf8(text) } : output));

test('each task finds a quilt of its own without a rectangle of one colour', () => {
  for (const rows of quilts.map(rowsOf)) {
    expect(rows.map((row) => row.length)).toEqual(Array.from({ length: SIDE }, () => SIDE));
    expect(findRectangle(rows)).toBeUndefined();
  }
  expect(new Set(quilts.map((quilt) => rowsOf(quilt)[0])).size).toBe(3);
});

test('what was found is right, and becomes a film', async () => {
  for (const [task, quilt] of quilts.entries())
    expect(await job.verify(task, quilt)).toMatchObject({ outcome: 'right', reason: '8 rows, no rectangle' });
  const outputs = async (task: number) => quilts[task];
  const { signal } = new AbortController();
  const [film] = await assembleDeliverable(draft.manifest, { outputs, signal });
  expect(film!.mediaType).toMatch(/^video\//);
});

describe('wrong is', () => {
  const wrong = async (outputs: Outputs, reason: RegExp, task = 0) =>
    expect(await job.verify(task, outputs)).toMatchObject({
      outcome: 'wrong',
      reason: expect.stringMatching(reason) as string,
    });

  test('the quilt of another task', () => wrong(quilts[1]!, /first row is not the one of this task/));

  test('a quilt with a rectangle', async () => {
    // A patch of the second row becomes as the one above it, until a rectangle is there.
    const [first, second, ...rest] = rowsOf(quilts[0]!);
    const forged = [first, first, ...rest].join('\n') + '\n';
    expect(second).not.toBe(first);
    await wrong(withText(quilts[0]!, forged), /rows 1 and 2, columns \d and \d have one colour/);
  });

  test.each([
    ['another colour than there is', (text: string) => text.replace(/\d\n$/, '3\n'), /no quilt of this size/],
    ['a missing row', (text: string) => text.slice(0, -9), /no quilt of this size/],
    ['a row too many', (text: string) => text + '01201201\n', /no quilt of this size/],
    ['nothing', () => '', /no quilt of this size/],
  ])('%s', async (_, change, reason) => {
    await wrong(withText(quilts[0]!, change(textOf(quilts[0]!))), reason);
  });

  test('a picture of another quilt, by one pixel', () =>
    wrong(
      forge(quilts[0]!, 'frame.rgba', (bytes) => (bytes[99_999]! ^= 1)),
      /picture is not of this quilt/,
    ));

  test('a result without its picture', () => wrong(quilts[0]!.slice(1), /picture is not of this quilt/));
});

test('another quilt for the same task is right, too', async () => {
  // The second and the fourth row change places, in the text and in the picture (bands as quilt.h draws them).
  const rows = rowsOf(quilts[0]!);
  const text = [rows[0], rows[3], rows[2], rows[1], ...rows.slice(4)].join('\n') + '\n';
  expect(rows[1]).not.toBe(rows[3]);
  const swapped = withText(quilts[0]!, text);
  expect(await job.verify(0, swapped)).toMatchObject({ reason: 'the picture is not of this quilt' });
  const size = Math.floor((360 - 20) / SIDE);
  const edge = (360 - size * SIDE) / 2;
  const drawn = forge(swapped, 'frame.rgba', (bytes) => {
    const band = (row: number) => (edge + row * size) * 360 * 4;
    const second = bytes.slice(band(1), band(2));
    bytes.copyWithin(band(1), band(3), band(4));
    bytes.set(second, band(3));
  });
  expect(await job.verify(0, drawn)).toMatchObject({ outcome: 'right' });
});
