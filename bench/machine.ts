import { availableParallelism, loadavg } from 'node:os';
import type { BenchReport } from './report.ts';

/** The machine that a bench ran on. Browsers of benches render WebGPU in software (scripts/chromium.ts). */
export function readMachine(): BenchReport['machine'] {
  return { cores: availableParallelism(), load: Math.round(loadavg()[0]! * 100) / 100, gpu: 'SwiftShader' };
}
