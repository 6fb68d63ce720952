import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A program whose cost of fuel is measured. */
export interface Kernel {
  readonly name: string;
  /** Its file below wasm/, and a command line that runs for some ten milliseconds. */
  readonly file: string;
  readonly args: readonly string[];
  /** Largest ratio of guarded to bare time. */
  readonly target: number;
}

export const KERNELS: readonly Kernel[] = [
  { name: 'nbody', file: 'bench-nbody/bench-nbody.wasm', args: ['150000'], target: 1.15 },
  {
    name: 'spectral-norm',
    file: 'bench-spectral-norm/bench-spectral-norm.wasm',
    args: ['350'],
    target: 1.15,
  },
  { name: 'gemm', file: 'bench-gemm/bench-gemm.wasm', args: ['160', '6'], target: 1.15 },
  { name: 'sha256', file: 'bench-sha256/bench-sha256.wasm', args: ['2048'], target: 1.15 },
  { name: 'gemm simd', file: 'bench-gemm/bench-gemm-simd.wasm', args: ['160', '24'], target: 1.35 },
];

/** A kernel's module as committed, base64. */
export function readKernel({ file }: Kernel): string {
  return readFileSync(join(import.meta.dirname, '../../wasm', file)).toString('base64');
}
