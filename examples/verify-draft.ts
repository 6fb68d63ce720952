import { type Bytes, ownBytes } from '../src/base/bytes.ts';
import { type Cid, cutBlob } from '../src/base/cid.ts';
import { jobCid } from '../src/job/manifest.ts';
import type { TaskOutcome } from '../src/protocol/task.ts';
import { type Judgement, OwnVerifier } from '../src/requestor/results/own/own-verifier.ts';
import type { JobDraft } from '../src/requestor/view.ts';
import type { Sandbox } from '../src/sandbox/sandbox.ts';

/** Outputs of a task, honest or forged. */
export type Outputs = readonly { readonly path: string; readonly bytes: Bytes }[];

/** An example's job in this page's sandbox, with its verifier: for tests. */
export interface OpenDraft extends AsyncDisposable {
  run(task: number): Promise<TaskOutcome>;
  /** What the verifier says of these outputs. */
  verify(task: number, outputs: Outputs): Promise<Judgement>;
}

/** Opens a draft as its requestor would. */
export async function openDraft(sandbox: Sandbox, { manifest, blobs }: JobDraft): Promise<OpenDraft> {
  const byCid = new Map<Cid, Bytes>();
  for (const blob of blobs) byCid.set((await cutBlob(blob)).cid, ownBytes(blob));
  const read = async (cid: Cid, range?: { readonly offset: number; readonly length: number }) => {
    const whole = byCid.get(cid)!;
    return range === undefined ? whole.slice() : whole.slice(range.offset, range.offset + range.length);
  };
  const job = await sandbox.openJob(await jobCid(manifest), manifest, ({ cid }, range) => read(cid, range));
  const verifier = new OwnVerifier(manifest, sandbox, {
    get: (cid, { range }) => read(cid, range),
    put: () => Promise.reject(new Error('Nothing is stored.')),
  });
  const { signal } = new AbortController();
  return {
    run: (task) => job.run(task, { signal }),
    verify: (task, outputs) => verifier.verify(task, outputs, signal),
    async [Symbol.asyncDispose]() {
      await job.close();
      await verifier[Symbol.asyncDispose]();
    },
  };
}

/** The same outputs with one of them changed. */
export function forge(outputs: Outputs, path: string, change: (bytes: Bytes) => void): Outputs {
  return outputs.map((output) => {
    if (output.path !== path) return output;
    const bytes = output.bytes.slice();
    change(bytes);
    return { path, bytes };
  });
}
