import { expect, test } from 'vitest';
import { type Bytes, fromUtf8, ownBytes } from '../../src/base/bytes.ts';
import { jobCid } from '../../src/job/manifest.ts';
import { taskCount } from '../../src/job/split.ts';
import { assembleDeliverable } from '../../src/media/assemble-deliverable.ts';
import type { Manifest } from '../../src/protocol/manifest.ts';
import { createSandbox } from '../../src/sandbox/sandbox.ts';
import { compareResults } from '../../src/verification/compare.ts';
import { drawSet } from './draw-set.ts';
import { meta } from './meta.ts';

const { signal } = new AbortController();
const SETTINGS = { drawings: 40, drawingsPerTask: 20, seed: 909 };
/** The GPU adds in another order, and some round differently. */
const TOLERANCE = { class: 'tolerance', rtol: 1e-3, atol: 1e-4, maxOutliers: 0 } as const;

test('the sandbox reads drawings on cores and on the GPU, and makes a sheet of them', async () => {
  const model: Bytes = new Uint8Array(await (await fetch(meta.inputs[0]!.url)).arrayBuffer());
  const { manifest, blobs } = await meta.build({ model }, SETTINGS);
  const images = ownBytes(blobs[1]!);
  const readInput = async ({ bytes }: { bytes: number }, range?: { offset: number; length: number }) => {
    const blob = bytes === model.byteLength ? model : images;
    return range === undefined ? blob : blob.slice(range.offset, range.offset + range.length);
  };
  await using sandbox = createSandbox({ cpuSlots: 2, gpuSlots: 1, pageUrl: '/sandbox.html' });
  const runAll = async (given: Manifest) => {
    const job = await sandbox.openJob(await jobCid(given), given, readInput);
    const tasks = Array.from({ length: taskCount(given.split) }, (_, task) => job.run(task, { signal }));
    const outcomes = await Promise.all(tasks);
    await job.close();
    return outcomes;
  };
  const onCores = await runAll(manifest);
  expect(onCores.map(({ exit }) => exit.kind)).toEqual(['ok', 'ok']);

  const outputs = async (task: number) => onCores[task]?.outputs;
  const [png, csv] = await assembleDeliverable(manifest, { outputs, input: async () => images, signal });
  expect(png).toMatchObject({ name: 'handwritten-digits.png', mediaType: 'image/png' });
  const labels = fromUtf8(csv!.bytes)
    .split('\n')
    .slice(1, -1)
    .map((row) => Number(row.split(',')[1]));
  const { digits } = drawSet(SETTINGS.drawings, SETTINGS.seed);
  expect(labels.filter((label, i) => label === digits[i]).length).toBeGreaterThanOrEqual(38);

  const onGpu = await runAll({
    ...manifest,
    comparator: TOLERANCE,
    program: { ...manifest.program, backend: 'webgpu' } as Manifest['program'],
  });
  for (const [task, { exit, outputs: theirs }] of onGpu.entries()) {
    const mine = { exit: onCores[task]!.exit, outputs: onCores[task]!.outputs };
    expect(compareResults(TOLERANCE, mine, { exit, outputs: theirs }, () => 'f32')).toEqual({ agrees: true });
  }
});
