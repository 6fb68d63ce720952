import { readFileSync } from 'node:fs';
import * as ort from 'onnxruntime-web/wasm';
import { DIGIT_PIXELS, DIGIT_SIZE } from './draw-digit.ts';

const model = new Uint8Array(readFileSync(new URL('./model.onnx', import.meta.url)));
const runtime = readFileSync(new URL(import.meta.resolve('onnxruntime-web/ort-wasm-simd-threaded.wasm')));

/** What onnxruntime-web makes of drawings in Node: ten probabilities for each, row after row. */
export async function readLocally(images: Uint8Array): Promise<Float32Array> {
  Object.assign(ort.env.wasm, { wasmBinary: runtime, numThreads: 1, proxy: false });
  const session = await ort.InferenceSession.create(model, { executionProviders: ['wasm'] });
  const values = Float32Array.from(images, (value) => Math.fround(value * Math.fround(1 / 255)));
  const image = new ort.Tensor('float32', values, [images.length / DIGIT_PIXELS, 1, DIGIT_SIZE, DIGIT_SIZE]);
  const { probabilities } = await session.run({ image });
  return probabilities!.data as Float32Array;
}
