import { KilnError } from '../../src/base/errors.ts';
import type { Example } from '../example.ts';
import { buildMoireJob } from './job.ts';

const DEFAULTS = { frames: 24, side: '256', waves: '1024' };

/** The gallery's entry: products of matrices as a film, each checked by a verifier instead of a second provider. */
export const meta: Example = {
  id: 'matrix-moire',
  title: 'Matrix moiré',
  summary:
    'Each picture is the product of two matrices of waves. Nobody computes it twice: a small program multiplies it with random signs, which shows a wrong product at a small part of the work.',
  kind: 'wgsl',
  inputs: [
    {
      name: 'shader',
      url: new URL('./product.wgsl', import.meta.url),
      description: 'The shader: a product of matrices in 32-bit floats, and its colours.',
      accept: '.wgsl',
    },
    {
      name: 'verifier',
      url: new URL('./verify.wasm', import.meta.url),
      description:
        'The verifier: Freivalds’ check in C, compiled to WASI preview 1. It runs on this device only.',
    },
  ],
  options: [
    {
      name: 'frames',
      label: 'Pictures',
      help: 'One product each: a lens passes over the waves once.',
      type: 'number',
      default: DEFAULTS.frames,
      min: 1,
      max: 600,
      step: 1,
      unit: 'pictures',
    },
    {
      name: 'side',
      label: 'Picture size',
      help: 'Rows of both matrices. Work grows with the square, and each result is 8 bytes a pixel.',
      type: 'select',
      default: DEFAULTS.side,
      choices: ['128', '256', '512', '1024'].map((value) => ({ value, label: `${value} × ${value}` })),
    },
    {
      name: 'waves',
      label: 'Numbers in a row',
      help: 'Columns of both matrices. Work grows with them; the check gains on it.',
      type: 'select',
      default: DEFAULTS.waves,
      choices: ['256', '1024', '4096'].map((value) => ({ value, label: value })),
    },
  ],
  thumbnail: new URL('./thumbnail.png', import.meta.url),
  async build({ shader, verifier }, options) {
    if (shader === undefined || verifier === undefined) {
      throw new KilnError('example/missing-input', 'The shader or the verifier is missing.', {
        hint: 'Give the bytes of product.wgsl as "shader" and of verify.wasm as "verifier".',
      });
    }
    const chosen = (name: keyof typeof DEFAULTS) => Number(options[name] ?? DEFAULTS[name]);
    return buildMoireJob(
      { shader, verifier },
      { frames: chosen('frames'), side: chosen('side'), waves: chosen('waves') },
    );
  },
};
