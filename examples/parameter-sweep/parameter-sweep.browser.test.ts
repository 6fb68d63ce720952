import { expect, test } from 'vitest';
import { type Bytes, fromUtf8 } from '../../src/base/bytes.ts';
import { jobCid } from '../../src/job/manifest.ts';
import { taskCount } from '../../src/job/split.ts';
import { assembleDeliverable } from '../../src/media/assemble-deliverable.ts';
import { createSandbox } from '../../src/sandbox/sandbox.ts';
import expected from './expected.csv?raw';
import { EXPECTED_SETTINGS } from './expected-settings.ts';
import { meta } from './meta.ts';

const { signal } = new AbortController();

test('the sandbox gives the committed table, byte for byte, and its plot', async () => {
  const module: Bytes = new Uint8Array(await (await fetch(meta.inputs[0]!.url)).arrayBuffer());
  const { manifest } = await meta.build({ module }, { ...EXPECTED_SETTINGS });
  await using sandbox = createSandbox({ cpuSlots: 2, gpuSlots: 0, pageUrl: '/sandbox.html' });
  const job = await sandbox.openJob(await jobCid(manifest), manifest, async () => module);
  const tasks = Array.from({ length: taskCount(manifest.split) }, (_, task) => job.run(task, { signal }));
  const outcomes = await Promise.all(tasks);
  expect(outcomes.map(({ exit }) => exit.kind)).toEqual(['ok', 'ok', 'ok']);
  const outputs = async (task: number) => outcomes[task]?.outputs;
  const [csv, svg] = await assembleDeliverable(manifest, { outputs, signal });
  expect(fromUtf8(csv!.bytes)).toBe(expected);
  expect(svg).toMatchObject({ name: 'lorenz-sweep.svg', mediaType: 'image/svg+xml' });
  await job.close();
});
