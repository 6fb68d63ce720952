import { KilnError } from '../../src/base/errors.ts';
import type { Example } from '../example.ts';
import { buildQuiltJob } from './job.ts';

const DEFAULTS = { quilts: 24, size: '14x4' };
/** Patches a side, and colours. */
const SIZES = ['8x3', '10x3', '12x4', '14x4', '15x4'];

/** The gallery's entry: a search that takes long and is checked at a glance. */
export const meta: Example = {
  id: 'quilts',
  title: 'Quilts without rectangles',
  summary:
    'Colour a quilt so that no four patches of one colour are the corners of a rectangle. Hard to find, easy to check: a verifier looks at each quilt, and nobody searches twice.',
  kind: 'wasi',
  inputs: [
    {
      name: 'search',
      url: new URL('./quilt.wasm', import.meta.url),
      description: 'The search: simulated annealing in C, compiled to WASI preview 1.',
    },
    {
      name: 'verifier',
      url: new URL('./verify.wasm', import.meta.url),
      description: 'The verifier: looks for rectangles. It runs on this device only.',
    },
  ],
  options: [
    {
      name: 'quilts',
      label: 'Quilts',
      help: 'Each has a first row of its own, and becomes a picture of the film.',
      type: 'number',
      default: DEFAULTS.quilts,
      min: 1,
      max: 2_000,
      step: 1,
      unit: 'quilts',
    },
    {
      name: 'size',
      label: 'Size',
      help: 'Larger quilts, or fewer colours, are harder to find.',
      type: 'select',
      default: DEFAULTS.size,
      choices: SIZES.map((value) => {
        const [side, colors] = value.split('x');
        return { value, label: `${side} × ${side} patches, ${colors} colours` };
      }),
    },
  ],
  thumbnail: new URL('./thumbnail.svg', import.meta.url),
  async build({ search, verifier }, options) {
    if (search === undefined || verifier === undefined) {
      throw new KilnError('example/missing-input', 'The search or the verifier is missing.', {
        hint: 'Give the bytes of quilt.wasm as "search" and of verify.wasm as "verifier".',
      });
    }
    const [side = 0, colors = 0] = String(options['size'] ?? DEFAULTS.size)
      .split('x')
      .map(Number);
    const quilts = Number(options['quilts'] ?? DEFAULTS.quilts);
    return buildQuiltJob({ search, verifier }, { quilts, side, colors });
  },
};
