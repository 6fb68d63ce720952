import { type Browser, chromium } from 'playwright';
import { chromiumArgs, chromiumPath } from '../../scripts/chromium.ts';
import type { WasmLimits } from '../../src/sandbox/wasm-guard/guard-wasm.ts';
import type { BenchCheck, BenchContext } from '../report.ts';
import { askWorker, bundleWorker } from './ask-worker.ts';
import { KERNELS, readKernel } from './kernels.ts';
import { enlargeModule } from './large-module.ts';

const MIB = 1_048_576;
const LIMITS: WasmLimits = { moduleBytes: 64 * MIB, memoryBytes: 256 * MIB, tableElements: 65_536 };
/** Runs of each kind that let the browser optimise both modules; they do not count. */
const WARM_ROUNDS = 8;
const ROUNDS = 30;
const QUICK_ROUNDS = 12;
const LARGE_MODULE_BYTES = 2_000_000;
const GUARD_TARGET_MS = 50;
const GUARD_WORKERS = 9;
const QUICK_GUARD_WORKERS = 3;

/** What fuel costs: each kernel guarded against bare, by turns, in one worker; then the guard's own speed. */
export async function run({ isQuick, signal, log }: BenchContext): Promise<readonly BenchCheck[]> {
  const script = await bundleWorker();
  const browser = await chromium.launch({ executablePath: chromiumPath(), args: [...chromiumArgs] });
  try {
    const checks = await compareKernels(browser, script, { isQuick, signal, log });
    return [...checks, await timeGuard(browser, script, { isQuick, signal, log })];
  } finally {
    await browser.close();
  }
}

async function compareKernels(
  browser: Browser,
  script: string,
  { isQuick, signal, log }: BenchContext,
): Promise<BenchCheck[]> {
  const page = await browser.newPage();
  const checks: BenchCheck[] = [];
  for (const kernel of KERNELS) {
    signal.throwIfAborted();
    const module = readKernel(kernel);
    const rounds = WARM_ROUNDS + (isQuick ? QUICK_ROUNDS : ROUNDS);
    const ask = (canonicalNans: boolean) =>
      askWorker(page, script, {
        ask: 'compare',
        module,
        limits: { ...LIMITS, canonicalNans },
        args: kernel.args,
        rounds,
      });
    const { bareMs, guardedMs, fuel } = await ask(false);
    const bare = median(bareMs.slice(WARM_ROUNDS));
    const guarded = median(guardedMs.slice(WARM_ROUNDS));
    const withNans = await ask(true);
    const nanCost =
      median(withNans.guardedMs.slice(WARM_ROUNDS)) / median(withNans.bareMs.slice(WARM_ROUNDS));
    log(
      `${kernel.name}: ${guarded.toFixed(2)} ms guarded, ${bare.toFixed(2)} ms bare, ratio ${(guarded / bare).toFixed(3)}; ` +
        `${(fuel / guarded / 1e6).toFixed(1)} fuel per ns; with canonical NaNs ${nanCost.toFixed(2)}`,
    );
    checks.push({
      name: `fuel cost, ${kernel.name}`,
      value: Number((guarded / bare).toFixed(4)),
      unit: 'ratio',
      target: kernel.target,
      better: 'lower',
      reference: { what: 'milliseconds of the same module, unguarded', value: Number(bare.toFixed(3)) },
    });
  }
  await page.close();
  return checks;
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
  const tookMs = median(times);
  log(`guarding ${large.byteLength} bytes: ${tookMs.toFixed(1)} ms, ${guardedBytes} bytes come out`);
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

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
