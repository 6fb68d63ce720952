import { KilnError } from '../../src/base/errors.ts';
import type { Example } from '../example.ts';
import { buildCometJob, type CometSettings } from './job.ts';

/** At most a few hundredths of a second for each of 64 tasks on one core of 2024. */
const DEFAULTS: CometSettings = { from: 4, to: 64_004, numbersPerTask: 500 };

/** The gallery's entry: in how many ways even numbers are sums of two primes, as a table with its plot. */
export const meta: Example = {
  id: 'goldbach-comet',
  title: 'Goldbach’s comet',
  summary:
    'Is every even number a sum of two primes? Nobody can prove it since 1742. This counts in how many ways it is, and the counts draw a comet with a striped tail. A Rust program in WebAssembly.',
  kind: 'wasi',
  inputs: [
    {
      name: 'module',
      url: new URL('./goldbach.wasm', import.meta.url),
      description: 'The program: a sieve and a count in Rust, compiled to WASI preview 1.',
    },
  ],
  options: [
    {
      name: 'from',
      label: 'Even numbers from',
      help: '4 is the first that is a sum of two primes.',
      type: 'number',
      default: DEFAULTS.from,
      min: 4,
      max: 4_000_000,
      step: 2,
    },
    {
      name: 'to',
      label: 'To',
      help: 'Not included. Work grows faster than this number.',
      type: 'number',
      default: DEFAULTS.to,
      min: 6,
      max: 4_000_000,
      step: 2,
    },
    {
      name: 'numbersPerTask',
      label: 'Numbers a task',
      help: 'Fewer make more and shorter tasks.',
      type: 'number',
      default: DEFAULTS.numbersPerTask,
      min: 1,
      max: 20_000,
      step: 1,
      unit: 'numbers',
    },
  ],
  thumbnail: new URL('./thumbnail.svg', import.meta.url),
  async build(inputs, options) {
    const module = inputs['module'];
    if (module === undefined) {
      throw new KilnError('example/missing-input', 'The input "module" is missing.', {
        hint: 'Give the bytes of goldbach.wasm.',
      });
    }
    const chosen = (name: keyof CometSettings) => Number(options[name] ?? DEFAULTS[name]);
    return buildCometJob(module, {
      from: chosen('from'),
      to: chosen('to'),
      numbersPerTask: chosen('numbersPerTask'),
    });
  },
};
