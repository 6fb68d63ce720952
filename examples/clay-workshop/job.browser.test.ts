import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Bytes, ownBytes } from '../../src/base/bytes.ts';
import { type Cid, cutBlob } from '../../src/base/cid.ts';
import type { ReadInput } from '../../src/provider/slices.ts';
import { createSandbox, type Sandbox } from '../../src/sandbox/sandbox.ts';
import { compareResults } from '../../src/verification/compare.ts';
import { meta } from './meta.ts';

/** Small enough that a frame takes less than a second of one core. */
const SIZE = '64x36';

let sandbox: Sandbox;
const inputs: Record<string, Uint8Array> = {};

beforeAll(async () => {
  sandbox = createSandbox({ cpuSlots: 0, gpuSlots: 1, pageUrl: '/sandbox.html' });
  for (const { name, url } of meta.inputs)
    inputs[name] = new Uint8Array(await (await fetch(url)).arrayBuffer());
});
afterAll(() => sandbox[Symbol.asyncDispose]());

interface Frame {
  readonly exit: { readonly kind: 'ok' };
  readonly outputs: readonly { readonly path: string; readonly bytes: Bytes }[];
}

/** Renders frames of the example in the sandbox, as a provider does. */
async function render(options: Record<string, number | string>, frames: readonly number[]): Promise<Frame[]> {
  const { manifest, blobs } = await meta.build(inputs, { size: SIZE, ...options });
  const byCid = new Map<Cid, Bytes>();
  for (const blob of blobs) byCid.set((await cutBlob(blob)).cid, ownBytes(blob));
  const read: ReadInput = ({ cid }, range) => {
    const whole = byCid.get(cid)!;
    return Promise.resolve(range ? whole.slice(range.offset, range.offset + range.length) : whole);
  };
  const job = await sandbox.openJob('render', manifest, read);
  try {
    const results: Frame[] = [];
    for (const frame of frames) {
      const { exit, outputs } = await job.run(frame, { signal: new AbortController().signal });
      expect(exit).toEqual({ kind: 'ok' });
      results.push({ exit: { kind: 'ok' }, outputs });
    }
    return results;
  } finally {
    await job.close();
  }
}

function meanOf(frame: Frame): number {
  const rgba = frame.outputs[0]!.bytes;
  const colors = rgba.filter((_, i) => i % 4 !== 3);
  return colors.reduce((sum, value) => sum + value, 0) / colors.length;
}

describe('the path tracer', () => {
  test('gives the same picture bit for bit, another one for another frame, and light in it', async () => {
    const [first, again, other] = await render({}, [4, 4, 20]);
    const [picture] = first!.outputs;
    expect(picture).toMatchObject({ path: 'frame.rgba' });
    expect(picture!.bytes.byteLength).toBe(64 * 36 * 4);
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
    expect(picture!.bytes.filter((_, i) => i % 4 === 3).every((alpha) => alpha === 255)).toBe(true);
    for (const frame of [first!, other!]) {
      expect(meanOf(frame)).toBeGreaterThan(30);
      expect(meanOf(frame)).toBeLessThan(80);
    }
  });

  test('cannot be shortened unseen: three of four paths do not agree with all four', async () => {
    const { comparator } = (await meta.build(inputs, { size: SIZE })).manifest;
    const [honest] = await render({}, [4]);
    const [lazy] = await render({ samplesPerPixel: 3 }, [4]);
    expect(compareResults(comparator, honest!, honest!, () => 'u8').agrees).toBe(true);
    expect(compareResults(comparator, honest!, lazy!, () => 'u8').agrees).toBe(false);
  });
});
