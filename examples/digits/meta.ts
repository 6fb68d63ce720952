import { KilnError } from '../../src/base/errors.ts';
import type { Example } from '../example.ts';
import { buildDigitsJob, type DigitsSettings } from './job.ts';

/** About 20 ms for each task of 24 drawings on one core of 2024. */
const DEFAULTS: DigitsSettings = { drawings: 360, drawingsPerTask: 24, seed: 2_026 };

/** The gallery's entry: drawings of digits, read by a small neural network. */
export const meta: Example = {
  id: 'digits',
  title: 'Handwritten digits',
  summary:
    'Draws digits with a trembling hand and lets a small neural network read them, one batch a task. An ONNX model that was trained by this example; the result is a contact sheet with every answer.',
  kind: 'onnx',
  inputs: [
    {
      name: 'model',
      url: new URL('./model.onnx', import.meta.url),
      description: 'The trained network: two convolutions and a dense layer, 59 kB of ONNX.',
    },
  ],
  options: [
    {
      name: 'drawings',
      label: 'Drawings',
      help: 'All of them appear on the contact sheet.',
      type: 'number',
      default: DEFAULTS.drawings,
      min: 1,
      max: 4_096,
      step: 1,
      unit: 'drawings',
    },
    {
      name: 'drawingsPerTask',
      label: 'Drawings a task',
      help: 'Fewer make more and shorter tasks.',
      type: 'number',
      default: DEFAULTS.drawingsPerTask,
      min: 1,
      max: 512,
      step: 1,
      unit: 'drawings',
    },
    {
      name: 'seed',
      label: 'Seed',
      help: 'Every seed draws other digits. The network learnt from seeds 1000 to 1009.',
      type: 'number',
      default: DEFAULTS.seed,
      min: 1,
      max: 1_000_000,
      step: 1,
    },
  ],
  thumbnail: new URL('./thumbnail.png', import.meta.url),
  async build(inputs, options, report = () => {}) {
    const model = inputs['model'];
    if (model === undefined) {
      throw new KilnError('example/missing-input', 'The input "model" is missing.', {
        hint: 'Give the bytes of model.onnx.',
      });
    }
    report('Drawing digits');
    const chosen = Object.entries(DEFAULTS).map(([name, value]) => [name, Number(options[name] ?? value)]);
    return buildDigitsJob(model, Object.fromEntries(chosen) as DigitsSettings);
  },
};
