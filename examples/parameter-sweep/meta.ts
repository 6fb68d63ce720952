import { KilnError } from '../../src/base/errors.ts';
import type { Example } from '../example.ts';
import { buildSweepJob, type SweepSettings } from './job.ts';

/** About 80 ms for each task of 8 values on one core of 2024, so that a lease carries some ten of them. */
const DEFAULTS: SweepSettings = { from: 28, to: 325, values: 1_024, valuesPerTask: 8, time: 240, maxima: 48 };

/** The gallery's entry: a bifurcation diagram of the Lorenz system, as a table with its plot. */
export const meta: Example = {
  id: 'parameter-sweep',
  title: 'Order and chaos',
  summary:
    'Sweeps a parameter of the Lorenz system and draws where its weather settles: cascades into chaos and windows of order. A C program in WebAssembly; each task is an interval.',
  kind: 'wasi',
  inputs: [
    {
      name: 'module',
      url: new URL('../../wasm/lorenz-sweep/lorenz-sweep.wasm', import.meta.url),
      description: 'The program: fourth-order Runge–Kutta in C, compiled to WASI preview 1.',
    },
  ],
  options: [
    {
      name: 'values',
      label: 'Values of ρ',
      help: 'How finely the interval is sampled.',
      type: 'number',
      default: DEFAULTS.values,
      min: 2,
      max: 100_000,
      step: 1,
      unit: 'values',
    },
    {
      name: 'valuesPerTask',
      label: 'Values a task',
      help: 'Fewer make more and shorter tasks.',
      type: 'number',
      default: DEFAULTS.valuesPerTask,
      min: 1,
      max: 64,
      step: 1,
      unit: 'values',
    },
    {
      name: 'from',
      label: 'ρ from',
      help: 'Chaos begins near 24.7; 28 is Lorenz’s own choice.',
      type: 'number',
      default: DEFAULTS.from,
      min: 0,
      max: 1_000,
      step: 0.5,
    },
    {
      name: 'to',
      label: 'ρ to',
      help: 'Above 313 a single loop remains.',
      type: 'number',
      default: DEFAULTS.to,
      min: 0.5,
      max: 1_000,
      step: 0.5,
    },
    {
      name: 'time',
      label: 'Time measured',
      help: 'Longer makes the Lyapunov exponent sharper; work grows in proportion.',
      type: 'number',
      default: DEFAULTS.time,
      min: 1,
      max: 10_000,
      step: 1,
      unit: 'time units',
    },
    {
      name: 'maxima',
      label: 'Points a value',
      help: 'How many maxima of z are kept for each value of ρ.',
      type: 'number',
      default: DEFAULTS.maxima,
      min: 1,
      max: 200,
      step: 1,
      unit: 'points',
    },
  ],
  thumbnail: new URL('./thumbnail.svg', import.meta.url),
  async build(inputs, options) {
    const module = inputs['module'];
    if (module === undefined) {
      throw new KilnError('example/missing-input', 'The input "module" is missing.', {
        hint: 'Give the bytes of lorenz-sweep.wasm.',
      });
    }
    const chosen = Object.entries(DEFAULTS).map(([name, value]) => [name, Number(options[name] ?? value)]);
    return buildSweepJob(module, Object.fromEntries(chosen) as SweepSettings);
  },
};
