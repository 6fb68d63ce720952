import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../src/base/random.ts';
import { checkManifest } from '../../src/job/check/check-manifest.ts';
import { inputsOf } from '../../src/job/inputs.ts';
import { jobCid, manifestBytes, parseManifest } from '../../src/job/manifest.ts';
import { taskCount } from '../../src/job/split.ts';
import { checkModel } from '../../src/sandbox/onnx/check-model.ts';
import { readModel } from '../../src/sandbox/onnx/read-model.ts';
import { DIGIT_PIXELS } from './draw-digit.ts';
import { drawSet } from './draw-set.ts';
import { meta } from './meta.ts';
import { exportOnnx } from './network/export-onnx.ts';
import { CLASSES, Network } from './network/network.ts';
import { readLocally } from './read-locally.node.ts';
import { loadWeights } from './load-weights.node.ts';

const model = new Uint8Array(readFileSync(meta.inputs[0]!.url));
/** What the README states, of drawings that the training has not seen. */
const STATED_ACCURACY = 0.99;

function rightOnes(scores: ArrayLike<number>, digits: Uint8Array): number {
  return digits.reduce((right, digit, i) => {
    const row = Array.from({ length: CLASSES }, (_, k) => scores[i * CLASSES + k]!);
    return right + (row.indexOf(Math.max(...row)) === digit ? 1 : 0);
  }, 0);
}

describe('the committed model', () => {
  test('reads drawings of another seed as well as the README says', async () => {
    const { images, digits } = drawSet(2_000, 77);
    expect(rightOnes(await readLocally(images), digits) / digits.length).toBeGreaterThanOrEqual(
      STATED_ACCURACY,
    );
  });

  test('computes in onnxruntime what our own network computes', async () => {
    const network = new Network(seededRandom(1));
    loadWeights(network, model);
    const { images } = drawSet(60, 78);
    const theirs = await readLocally(images);
    let worst = 0;
    for (let i = 0; i < 60; i++) {
      const ours = network.classify(images.subarray(i * DIGIT_PIXELS, (i + 1) * DIGIT_PIXELS));
      for (const [k, value] of ours.entries())
        worst = Math.max(worst, Math.abs(value - theirs[i * CLASSES + k]!));
    }
    expect(worst).toBeLessThan(1e-4);
    expect(exportOnnx(network)).toEqual(model);
  });

  test('fits its own manifest, and is small', async () => {
    const { manifest } = await meta.build({ model }, {});
    if (manifest.program.kind !== 'onnx') throw new TypeError('It is an ONNX job.');
    checkModel(readModel(model), manifest.program);
    expect(model.byteLength).toBeLessThan(200_000);
  });
});

describe('a network', () => {
  test('learns: its gradients are those of its loss', () => {
    const network = new Network(seededRandom(3));
    const { images, digits } = drawSet(1, 4);
    network.learn(images, digits[0]!);
    for (const { values, gradients } of network.weights) {
      const at = gradients.reduce((best, g, i) => (Math.abs(g) > Math.abs(gradients[best]!) ? i : best), 0);
      const told = gradients[at]!;
      const loss = (change: number) => {
        const before = values[at]!;
        values[at] = before + change;
        const probability = network.classify(images)[digits[0]!]!;
        values[at] = before;
        return -Math.log(probability);
      };
      const measured = (loss(1e-3) - loss(-1e-3)) / 2e-3;
      expect(Math.abs(measured - told)).toBeLessThan(0.03 * Math.abs(told) + 1e-3);
    }
  });
});

describe('the job', () => {
  test('is sound: 15 tasks over the committed model and its drawings', async () => {
    const draft = await meta.build({ model }, {});
    checkManifest(draft.manifest);
    expect(taskCount(draft.manifest.split)).toBe(15);
    expect(parseManifest(manifestBytes(draft.manifest))).toEqual(draft.manifest);
    expect(inputsOf(draft.manifest).map(({ bytes }) => bytes)).toEqual([
      model.byteLength,
      360 * DIGIT_PIXELS,
    ]);
  });

  test('is the same for the same choices, another for another seed', async () => {
    const cid = async (seed: number) => jobCid((await meta.build({ model }, { seed })).manifest);
    expect(await cid(5)).toBe(await cid(5));
    expect(await cid(5)).not.toBe(await cid(6));
  });

  test.each([{ drawings: 0 }, { drawings: 5_000 }, { drawingsPerTask: 1.5 }, { seed: Number.NaN }])(
    'of %j is refused',
    async (options) => {
      await expect(meta.build({ model }, options)).rejects.toThrow(
        expect.objectContaining({ code: 'example/bad-settings' }),
      );
    },
  );

  test('needs its model', async () => {
    await expect(meta.build({}, {})).rejects.toThrow(
      expect.objectContaining({ code: 'example/missing-input' }),
    );
  });
});
