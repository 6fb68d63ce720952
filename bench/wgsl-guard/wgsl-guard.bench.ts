import type { Page } from 'playwright';
import { startHostServer } from '../../src/sandbox/fixtures/host-page.node.ts';
import type { BenchCheck, BenchContext } from '../report.ts';
import { launchBrowser } from '../launch-browser.ts';
import { median } from '../statistics.ts';

const KERNELS = ['path tracer', 'matrix product', 'reduction', 'n bodies'];
const ROUNDS = 31;
const QUICK_ROUNDS = 9;
/** The default limit of a shader's source. */
const SHADER_BYTES = 65_536;
/** Once per job, in a worker: what nobody notices. */
const GUARD_TARGET_MS = 100;
/** The design sets no figure; fuel of WASM guests may cost 1.15, and SwiftShader has the branch on one more lane mask. */
const COST_TARGET = 1.25;

/** What loop counters cost shaders, and how fast the guard rewrites them. */
export async function run({ isQuick, signal, log }: BenchContext): Promise<readonly BenchCheck[]> {
  await using server = await startHostServer();
  await using browser = await launchBrowser(signal);
  const page = await browser.newPage();
  await page.goto(`${server.origin}/host.html`);
  const rounds = isQuick ? QUICK_ROUNDS : ROUNDS;
  const checks: BenchCheck[] = [];
  for (const kernel of KERNELS) checks.push(await compareKernel(page, kernel, rounds, log));
  checks.push(worstOf(checks), await timeGuard(page, rounds, log));
  return checks;
}

/** Calls a function of `measure-shaders.page.ts`; as text, because Node's types know nothing of the page's modules. */
function measure(page: Page, name: string, ...args: readonly unknown[]): Promise<unknown> {
  return page.evaluate(
    `import('/bench/wgsl-guard/measure-shaders.page.ts').then((m) => m[${JSON.stringify(name)}](...${JSON.stringify(args)}))`,
  );
}

async function compareKernel(
  page: Page,
  kernel: string,
  rounds: number,
  log: BenchContext['log'],
): Promise<BenchCheck> {
  const { bareMs, guardedMs } = (await measure(page, 'compareShader', kernel, rounds)) as {
    readonly bareMs: readonly number[];
    readonly guardedMs: readonly number[];
  };
  const bare = median(bareMs);
  // Pair by pair: both of a pair ran within the same moment, whatever else the machine did then.
  const ratio = median(guardedMs.map((ms, i) => ms / bareMs[i]!));
  log(
    `${kernel}: ${median(guardedMs).toFixed(2)} ms guarded, ${bare.toFixed(2)} ms bare, ratio ${ratio.toFixed(3)}`,
  );
  return {
    name: `loop counters, ${kernel}`,
    value: Number(ratio.toFixed(4)),
    unit: 'ratio',
    target: COST_TARGET,
    better: 'lower',
    reference: {
      what: 'milliseconds of a dispatch of the same shader, unguarded',
      value: Number(bare.toFixed(3)),
    },
  };
}

function worstOf(checks: readonly BenchCheck[]): BenchCheck {
  const worst = checks.toSorted((a, b) => b.value - a.value)[0]!;
  return { ...worst, name: 'loop counters, worst' };
}

async function timeGuard(page: Page, rounds: number, log: BenchContext['log']): Promise<BenchCheck> {
  const times = (await measure(page, 'guardTimes', SHADER_BYTES, rounds)) as readonly number[];
  log(
    `guarding ${SHADER_BYTES} bytes: first ${times[0]!.toFixed(1)} ms, median ${median(times).toFixed(1)} ms`,
  );
  return {
    name: 'guard 64 KiB of WGSL, ms',
    value: Number(median(times).toFixed(2)),
    unit: 'ms',
    target: GUARD_TARGET_MS,
    better: 'lower',
    reference: { what: 'the first time, nothing compiled yet, ms', value: Number(times[0]!.toFixed(2)) },
  };
}
