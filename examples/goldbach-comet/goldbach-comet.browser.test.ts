import { expect, test } from 'vitest';
import { type Bytes, fromUtf8 } from '../../src/base/bytes.ts';
import { jobCid } from '../../src/job/manifest.ts';
import { taskCount } from '../../src/job/split.ts';
import { assembleDeliverable } from '../../src/media/assemble-deliverable.ts';
import { createSandbox } from '../../src/sandbox/sandbox.ts';
import { meta } from './meta.ts';

const { signal } = new AbortController();

/** In how many ways n is p + q with primes p ≤ q, and the smallest p, counted by hand. */
function countByHand(n: number): string {
  const isPrime = (number: number) =>
    number > 1 &&
    !Array.from({ length: number - 2 }, (_, i) => i + 2).some((divisor) => number % divisor === 0);
  const smaller = Array.from({ length: n / 2 + 1 }, (_, p) => p).filter((p) => isPrime(p) && isPrime(n - p));
  return `${n},${smaller.length},${smaller[0]}`;
}

test('the sandbox gives the table that counting by hand gives, and its plot', async () => {
  const module: Bytes = new Uint8Array(await (await fetch(meta.inputs[0]!.url)).arrayBuffer());
  const { manifest } = await meta.build({ module }, { from: 4, to: 300, numbersPerTask: 60 });
  await using sandbox = createSandbox({ cpuSlots: 2, gpuSlots: 0, pageUrl: '/sandbox.html' });
  const job = await sandbox.openJob(await jobCid(manifest), manifest, async () => module);
  const tasks = Array.from({ length: taskCount(manifest.split) }, (_, task) => job.run(task, { signal }));
  const outcomes = await Promise.all(tasks);
  expect(outcomes.map(({ exit }) => exit.kind)).toEqual(['ok', 'ok', 'ok']);
  const outputs = async (task: number) => outcomes[task]?.outputs;
  const [csv, svg] = await assembleDeliverable(manifest, { outputs, signal });
  const evens = Array.from({ length: 148 }, (_, i) => 4 + 2 * i);
  expect(fromUtf8(csv!.bytes).trimEnd().split('\n')).toEqual([
    'n,ways,smallest prime',
    ...evens.map(countByHand),
  ]);
  expect(svg).toMatchObject({ name: 'goldbach-comet.svg', mediaType: 'image/svg+xml' });
  await job.close();
});
