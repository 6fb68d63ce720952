import { type Bytes, ownBytes, toHex } from '../../src/base/bytes.ts';
import { taskCount } from '../../src/job/split.ts';
import { jobCid } from '../../src/job/manifest.ts';
import { resultDigest, resultOf } from '../../src/protocol/task.ts';
import { createSandbox } from '../../src/sandbox/sandbox.ts';
import { meta } from './meta.ts';

/** The digest of each task's result in this page's engine: every engine must agree on them. */
export async function pageDigests(options: Readonly<Record<string, number>>): Promise<string[]> {
  const model: Bytes = new Uint8Array(await (await fetch(meta.inputs[0]!.url)).arrayBuffer());
  const { manifest, blobs } = await meta.build({ model }, options);
  await using sandbox = createSandbox({ cpuSlots: 1, gpuSlots: 0, pageUrl: '/sandbox.html' });
  const job = await sandbox.openJob(await jobCid(manifest), manifest, async ({ bytes }, range) => {
    const blob = ownBytes(blobs.find(({ byteLength }) => byteLength === bytes)!);
    return range === undefined ? blob : blob.slice(range.offset, range.offset + range.length);
  });
  const digests: string[] = [];
  for (let task = 0; task < taskCount(manifest.split); task++) {
    const outcome = await job.run(task, { signal: new AbortController().signal });
    const end = 'message' in outcome.exit ? outcome.exit.message : outcome.exit.kind;
    digests.push(`${end}, ${toHex(await resultDigest(await resultOf(outcome)))}`);
  }
  await job.close();
  return digests;
}
