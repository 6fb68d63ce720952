import { join } from 'node:path';

const GUESTS = join(import.meta.dirname, '../../wasm');

/** A program that all ways of running it are compared with. */
export interface SpeedProgram {
  readonly name: string;
  /** The module as committed, and the C source of which it was built. */
  readonly wasm: string;
  readonly source: string;
  /** A command line with so many times the work of a run of about half a second. */
  readonly args: (work: number) => readonly string[];
}

function program(name: string, folder: string, file: string, args: SpeedProgram['args']): SpeedProgram {
  const path = join(GUESTS, folder);
  return { name, wasm: join(path, `${file}.wasm`), source: join(path, `${folder}.c`), args };
}

const whole = (value: number) => String(Math.round(value));

/** Four kernels, one of them with vectors as well, and one with two long phases. */
export const PROGRAMS: readonly SpeedProgram[] = [
  program('sha256', 'bench-sha256', 'bench-sha256', (work) => [whole(90_000 * work)]),
  program('nbody', 'bench-nbody', 'bench-nbody', (work) => [whole(9_000_000 * work)]),
  program('gemm', 'bench-gemm', 'bench-gemm', (work) => ['256', whole(60 * work)]),
  program('gemm simd', 'bench-gemm', 'bench-gemm-simd', (work) => ['256', whole(200 * work)]),
  program('spectral-norm', 'bench-spectral-norm', 'bench-spectral-norm', (work) => [
    whole(1_500 * Math.sqrt(work)),
  ]),
  program('two phases', 'bench-two-phases', 'bench-two-phases', (work) => [whole(20 * work)]),
];
