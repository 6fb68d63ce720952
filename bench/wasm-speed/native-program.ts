import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SpeedProgram } from './programs.ts';

const COMPILERS = ['clang-16', 'clang'];

/** One run: how long it took, and what it printed. */
export interface TimedRun {
  readonly ms: number;
  readonly printed: string;
}

/** The same sources as native programs, built with `clang -O2` where there is one. */
export class NativePrograms implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'kiln-native-'));
  readonly #compiler = COMPILERS.find(canRun);

  /** Runs one; undefined where there is no clang. The first run of a program builds it. */
  run({ name, source }: SpeedProgram, args: readonly string[]): TimedRun | undefined {
    if (this.#compiler === undefined) return undefined;
    const binary = join(this.#folder, name.replaceAll(' ', '-'));
    // Without contraction the sums are rounded as in WASM, on every processor.
    execFileSync(this.#compiler, ['-O2', '-ffp-contract=off', '-o', binary, source, '-lm']);
    const startedMs = performance.now();
    const printed = execFileSync(binary, args, { encoding: 'utf8' });
    return { ms: performance.now() - startedMs, printed };
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true });
  }
}

function canRun(compiler: string): boolean {
  try {
    execFileSync(compiler, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
