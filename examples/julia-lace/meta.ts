import { KilnError } from '../../src/base/errors.ts';
import type { Example } from '../example.ts';
import { buildLaceJob } from './job.ts';

/** Less than half a second for each frame on four cores without a GPU. */
const DEFAULTS = { frames: 72, samples: 2, iterations: 96 };
const DEFAULT_SIZE = '640x360';
const SIZES = ['320x180', '640x360', '1280x720', '1920x1080'];

/** The gallery's entry: a looping film of Julia sets that every GPU draws alike to the last bit. */
export const meta: Example = {
  id: 'julia-lace',
  title: 'Julia lace',
  summary:
    'A film of Julia sets that unfold and close again, spun from threads and rings of light. The shader counts in whole numbers, so that every GPU must give the same bytes.',
  kind: 'wgsl',
  inputs: [
    {
      name: 'shader',
      url: new URL('./lace.wgsl', import.meta.url),
      description: 'The shader: z² + c in fixed-point numbers.',
      accept: '.wgsl',
    },
  ],
  options: [
    {
      name: 'frames',
      label: 'Frames',
      help: 'Around the circle once: more frames, slower and smoother.',
      type: 'number',
      default: DEFAULTS.frames,
      min: 1,
      max: 2_400,
      step: 1,
      unit: 'frames',
    },
    {
      name: 'size',
      label: 'Picture size',
      help: 'Width and height in pixels.',
      type: 'select',
      default: DEFAULT_SIZE,
      choices: SIZES.map((value) => ({ value, label: value.replace('x', ' × ') })),
    },
    {
      name: 'samples',
      label: 'Samples a side',
      help: 'Each pixel is the mean of this many squared; work grows with the square.',
      type: 'number',
      default: DEFAULTS.samples,
      min: 1,
      max: 8,
      step: 1,
      unit: 'samples',
    },
    {
      name: 'iterations',
      label: 'Turns',
      help: 'How often z² + c is computed at most: more show finer lace.',
      type: 'number',
      default: DEFAULTS.iterations,
      min: 1,
      max: 4_096,
      step: 1,
      unit: 'turns',
    },
  ],
  thumbnail: new URL('./thumbnail.png', import.meta.url),
  async build(inputs, options) {
    const shader = inputs['shader'];
    if (shader === undefined) {
      throw new KilnError('example/missing-input', 'The input "shader" is missing.', {
        hint: 'Give the bytes of lace.wgsl.',
      });
    }
    const [width = 0, height = 0] = String(options['size'] ?? DEFAULT_SIZE)
      .split('x')
      .map(Number);
    const chosen = (name: keyof typeof DEFAULTS) => Number(options[name] ?? DEFAULTS[name]);
    return buildLaceJob(shader, {
      frames: chosen('frames'),
      width,
      height,
      samples: chosen('samples'),
      iterations: chosen('iterations'),
    });
  },
};
