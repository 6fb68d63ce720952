import type { Bytes } from '../../src/base/bytes.ts';
import { type Cid, cutBlob } from '../../src/base/cid.ts';
import { openJobFile } from '../../src/job/job-file.ts';
import { jobCid } from '../../src/job/manifest.ts';
import type { Manifest } from '../../src/protocol/manifest.ts';
import type { TaskOutcome } from '../../src/protocol/task.ts';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';

const texts = import.meta.glob<string>(['./*/job.json', '../*/job.json'], {
  query: '?raw',
  import: 'default',
  eager: true,
});
const addresses = import.meta.glob<string>(['./*/*.{wasm,wgsl,txt}', '../*/*.wasm'], {
  query: '?url',
  import: 'default',
  eager: true,
});

/** Runs tasks of the job file in a folder of this one (`./c`), or of the gallery; `change` makes another job of it. */
export async function runGuest(
  sandbox: Sandbox,
  folder: string,
  tasks: readonly number[],
  change: (manifest: Manifest) => Manifest = (manifest) => manifest,
): Promise<TaskOutcome[]> {
  const opened = await openJobFile(texts[`${folder}/job.json`]!, async (path) => {
    const response = await fetch(addresses[`${folder}/${path}`]!);
    return new Uint8Array(await response.arrayBuffer());
  });
  return runTasks(sandbox, change(opened.manifest), opened.blobs, tasks);
}

/** Runs tasks of a job, one after the other. */
export async function runTasks(
  sandbox: Sandbox,
  manifest: Manifest,
  blobs: readonly Bytes[],
  tasks: readonly number[],
): Promise<TaskOutcome[]> {
  const byCid = new Map<Cid, Bytes>();
  for (const bytes of blobs) byCid.set((await cutBlob(bytes)).cid, bytes);
  const job = await sandbox.openJob(await jobCid(manifest), manifest, async ({ cid }, range) => {
    const whole = byCid.get(cid)!;
    return range === undefined ? whole.slice() : whole.slice(range.offset, range.offset + range.length);
  });
  const outcomes: TaskOutcome[] = [];
  try {
    for (const task of tasks) outcomes.push(await job.run(task, { signal: new AbortController().signal }));
  } finally {
    await job.close();
  }
  return outcomes;
}
