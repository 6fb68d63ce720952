import type { Bytes } from '../../base/bytes.ts';
import { seededRandom } from '../../base/random.ts';
import { effectiveLimits } from '../../job/limits.ts';
import type { OnnxLoad } from '../messages.ts';
import { readModel } from '../onnx/read-model.ts';
import { runtimeBytes } from '../onnx/run/runtime-bytes.ts';
import { type ModelNode, writeModel } from '../onnx/write-model.ts';

/** Channels and pixels along one side of the feature maps. */
const CHANNELS = 16;
const SIZE = 64;
/** Convolutions one after another, 9.4 million multiplications each. */
const LAYERS = 8;
const SHAPE = [1, CHANNELS, SIZE, SIZE];
const SEED = 1;

/** The reference load of kind `onnx`: a chain of 3 × 3 convolutions with Relu, its weights drawn from a fixed seed. */
export async function onnxSpeedLoad(): Promise<OnnxLoad> {
  const model = speedModel();
  const image = draw(CHANNELS * SIZE * SIZE, 1);
  const empty = { cid: '', bytes: 0 };
  return {
    kind: 'onnx',
    program: {
      kind: 'onnx',
      model: empty,
      inputs: { image: { type: 'f32', shape: SHAPE, source: { input: empty } } },
      outputs: { maps: { tensor: 'maps', type: 'f32' } },
    },
    model,
    runtime: await runtimeBytes('wasm'),
    declared: readModel(model).inputs,
    contents: { image: new Uint8Array(image.buffer) },
    limits: effectiveLimits({}),
  };
}

function speedModel(): Bytes {
  const nodes = Array.from({ length: LAYERS }, (_, i): ModelNode[] => [
    {
      op: 'Conv',
      inputs: [i === 0 ? 'image' : `maps${i}`, 'weight'],
      outputs: [`sums${i}`],
      attributes: { kernel_shape: [3, 3], pads: [1, 1, 1, 1] },
    },
    { op: 'Relu', inputs: [`sums${i}`], outputs: [i === LAYERS - 1 ? 'maps' : `maps${i + 1}`] },
  ]).flat();
  // Small enough weights that the values neither vanish nor grow over the layers.
  const weight = draw(CHANNELS * CHANNELS * 9, Math.sqrt(6 / (CHANNELS * 9)));
  return writeModel(
    {
      name: 'speed',
      inputs: [{ name: 'image', type: 'f32', shape: SHAPE }],
      outputs: [{ name: 'maps', type: 'f32', shape: SHAPE }],
      weights: [{ name: 'weight', shape: [CHANNELS, CHANNELS, 3, 3], data: weight }],
      nodes,
    },
    13,
  );
}

/** Numbers between ±spread. */
function draw(count: number, spread: number): Float32Array<ArrayBuffer> {
  const random = seededRandom(SEED);
  return Float32Array.from({ length: count }, () => spread * (2 * random() - 1));
}
