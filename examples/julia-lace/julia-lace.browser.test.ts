import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Bytes, ownBytes } from '../../src/base/bytes.ts';
import { type Cid, cutBlob } from '../../src/base/cid.ts';
import { jobCid } from '../../src/job/manifest.ts';
import { assembleDeliverable } from '../../src/media/assemble-deliverable.ts';
import type { TaskOutcome } from '../../src/protocol/task.ts';
import { createSandbox, type Sandbox } from '../../src/sandbox/sandbox.ts';
import { drawByHand } from './draw-by-hand.ts';
import { buildLaceJob, type LaceSettings } from './job.ts';
import { meta } from './meta.ts';

const SETTINGS: LaceSettings = { frames: 12, width: 64, height: 36, samples: 2, iterations: 96 };
const { signal } = new AbortController();
let sandbox: Sandbox;
let shader: Bytes;

beforeAll(async () => {
  sandbox = createSandbox({ cpuSlots: 0, gpuSlots: 1, pageUrl: '/sandbox.html' });
  shader = new Uint8Array(await (await fetch(meta.inputs[0]!.url)).arrayBuffer());
});
afterAll(() => sandbox[Symbol.asyncDispose]());

async function draw(settings: LaceSettings, frames: readonly number[]) {
  const { manifest, blobs } = await buildLaceJob(shader, settings);
  const byCid = new Map<Cid, Bytes>();
  for (const blob of blobs) byCid.set((await cutBlob(blob)).cid, ownBytes(blob));
  const job = await sandbox.openJob(await jobCid(manifest), manifest, async ({ cid }, range) => {
    const whole = byCid.get(cid)!;
    return range === undefined ? whole.slice() : whole.slice(range.offset, range.offset + range.length);
  });
  const outcomes: TaskOutcome[] = [];
  try {
    for (const frame of frames) outcomes.push(await job.run(frame, { signal }));
  } finally {
    await job.close();
  }
  for (const { exit } of outcomes) expect(exit).toEqual({ kind: 'ok' });
  return { manifest, outcomes, path: new DataView(ownBytes(blobs[1]!).buffer) };
}

test('the sandbox draws what the same arithmetic gives in JavaScript, byte for byte', async () => {
  const frames = [0, 4, 5];
  const { outcomes, path } = await draw(SETTINGS, frames);
  for (const [i, frame] of frames.entries()) {
    const c = [path.getInt32(frame * 8, true), path.getInt32(frame * 8 + 4, true)] as const;
    const expected = drawByHand(SETTINGS, c);
    expect(outcomes[i]!.outputs[0]!.bytes).toEqual(expected);
    // A picture, not a plain ground.
    expect(new Set(expected).size).toBeGreaterThan(60);
  }
});

test('its frames become a film', async () => {
  const { manifest, outcomes } = await draw({ ...SETTINGS, frames: 3 }, [0, 1, 2]);
  const [film] = await assembleDeliverable(manifest, {
    outputs: async (task: number) => outcomes[task]?.outputs,
    signal,
  });
  expect(film!.mediaType).toMatch(/^video\//);
  expect(film!.bytes.byteLength).toBeGreaterThan(500);
});
