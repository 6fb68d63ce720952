import type { Browser } from 'playwright';
import type { WasmLimits } from '../../src/sandbox/wasm-guard/guard-wasm.ts';
import type { BenchCheck, BenchContext } from '../report.ts';
import { askWorker, bundleWorker } from './ask-worker.ts';
import { KERNELS, readKernel } from './kernels.ts';
import { enlargeModule } from './large-module.ts';
import { launchBrowser } from '../launch-browser.ts';
import { median } from '../statistics.ts';

const MIB = 1_048_576;
const LIMITS: WasmLimits = { moduleBytes: 64 * MIB, memoryBytes: 256 * MIB, tableElements: 65_536 };
/** Runs of each kind that let the browser optimise both modules; they do not count. */
const WARM_ROUNDS = 8;
const ROUNDS = 12;
/** All kernels are measured so often, each time in a fresh worker, since a machine is disturbed for seconds on end. */
const PASSES = 3;
const LARGE_MODULE_BYTES = 2_000_000;
const GUARD_TARGET_MS = 50;
const GUARD_WORKERS = 9;
const QUICK_GUARD_WORKERS = 3;

/** What fuel costs: each kernel guarded against bare, by turns, in one worker; then the guard's own speed. */
export async function run({ isQuick, signal, log }: BenchContext): Promise<readonly BenchCheck[]> {
  const script = await bundleWorker();
  await using browser = await launchBrowser(signal);
  const checks = await compareKernels(browser, script, { isQuick, signal, log });
  return [...checks, await timeGuard(browser, script, { isQuick, signal, log })];
}

async function compareKernels(
  browser: Browser,
  script: string,
  { isQuick, signal, log }: BenchContext,
): Promise<BenchCheck[]> {
  const page = await browser.newPage();
  const measured = KERNELS.map(() => ({
    bareMs: [] as number[],
    guardedMs: [] as number[],
    nanMs: [] as number[],
    fuel: 0,
  }));
  for (let pass = 0; pass < (isQuick ? 1 : PASSES); pass++) {
    for (const [i, kernel] of KERNELS.entries()) {
      signal.throwIfAborted();
      const ask = (canonicalNans: boolean, rounds: number) =>
        askWorker(page, script, {
          ask: 'compare',
          module: readKernel(kernel),
          limits: { ...LIMITS, canonicalNans },
          args: kernel.args,
          rounds: WARM_ROUNDS + rounds,
        });
      const { bareMs, guardedMs, fuel } = await ask(false, ROUNDS);
      const withNans = await ask(true, ROUNDS / 2);
      const sums = measured[i]!;
      sums.bareMs.push(...bareMs.slice(WARM_ROUNDS));
      sums.guardedMs.push(...guardedMs.slice(WARM_ROUNDS));
      sums.nanMs.push(...withNans.guardedMs.slice(WARM_ROUNDS));
      sums.fuel = fuel;
    }
  }
  await page.close();
  return KERNELS.map((kernel, i) => {
    const { bareMs, guardedMs, nanMs, fuel } = measured[i]!;
    const bare = fastest(bareMs);
    const guarded = fastest(guardedMs);
    // Each guarded run beside the bare one of the same moment: what disturbs the machine disturbs both.
    const ratio = median(guardedMs.map((ms, round) => ms / bareMs[round]!));
    log(
      `${kernel.name}: ${guarded.toFixed(1)} ms guarded, ${bare.toFixed(1)} ms bare, ratio ${ratio.toFixed(3)} ` +
        `(of the fastest runs ${(guarded / bare).toFixed(3)}); ${(fuel / guarded / 1e6).toFixed(1)} fuel per ns; ` +
        `with canonical NaNs ${(fastest(nanMs) / bare).toFixed(2)}`,
    );
    return {
      name: `fuel cost, ${kernel.name}`,
      value: Number(ratio.toFixed(4)),
      unit: 'ratio',
      target: kernel.target,
      better: 'lower',
      reference: {
        what: 'milliseconds of the same module, unguarded, fastest run',
        value: Number(bare.toFixed(3)),
      },
    };
  });
}

/** Each time in a fresh worker, as a module's first guard is: nothing is compiled yet. */
async function timeGuard(
  browser: Browser,
  script: string,
  { isQuick, signal, log }: BenchContext,
): Promise<BenchCheck> {
  const page = await browser.newPage();
  const small = Buffer.from(readKernel(KERNELS[0]!), 'base64');
  const large = enlargeModule(small, LARGE_MODULE_BYTES);
  const module = Buffer.from(large).toString('base64');
  const times: number[] = [];
  let guardedBytes = 0;
  for (let i = 0; i < (isQuick ? QUICK_GUARD_WORKERS : GUARD_WORKERS); i++) {
    signal.throwIfAborted();
    const { guardedMs, bytes } = await askWorker(page, script, { ask: 'guard', module, limits: LIMITS });
    times.push(guardedMs[0]!);
    guardedBytes = bytes;
  }
  const tookMs = fastest(times);
  log(
    `guarding ${large.byteLength} bytes: ${tookMs.toFixed(1)} ms (median ${median(times).toFixed(1)}), ` +
      `${guardedBytes} bytes come out`,
  );
  await page.close();
  return {
    name: 'guard a 2 MB module, ms',
    value: Number(tookMs.toFixed(2)),
    unit: 'ms',
    target: GUARD_TARGET_MS,
    better: 'lower',
    reference: { what: 'bytes of the module', value: large.byteLength },
  };
}

/** Other programs on the machine only ever slow a run down. */
function fastest(values: readonly number[]): number {
  return Math.min(...values);
}
