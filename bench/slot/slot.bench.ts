import { type Browser, chromium, type Page } from 'playwright';
import { chromiumArgs, chromiumPath } from '../../scripts/chromium.ts';
import { startHostServer } from '../../src/sandbox/fixtures/host-page.node.ts';
import { SPIN_PROGRAM } from '../overhead/spin-job.ts';
import type { BenchCheck, BenchContext } from '../report.ts';
import { PLAIN_WORKER } from '../overhead/plain-workers.ts';
import { bareWarmTimes } from './bare-worker.ts';
import { buildPayloadProgram } from './payload.ts';

const WARM_TASKS = 600;
const COLD_STARTS = 7;
const PAYLOAD_BYTES = 32 * 2 ** 20;
const PAYLOAD_ROUNDS = 7;
/** Design targets (issue: slots), and for cold starts the upper end of what the design measured. */
const WARM_WASM_MS = 0.5;
const WARM_WGSL_MS = 5;
const COLD_MS = 225;
const PAYLOAD_GB_PER_S = 0.4;

/** What a slot costs beside the work itself: warm round trips, cold starts, bytes in and out. */
export async function run({ isQuick, signal, log }: BenchContext): Promise<readonly BenchCheck[]> {
  await using server = await startHostServer();
  const browser = await chromium.launch({ executablePath: chromiumPath(), args: [...chromiumArgs] });
  const stop = () => void browser.close();
  signal.addEventListener('abort', stop);
  try {
    const measure = await openPage(browser, `${server.origin}/host.html`);
    const bare = await browser.newPage();
    await bare.goto(`${server.origin}/open.html`);
    const times = isQuick ? 0.25 : 1;
    const checks = [
      ...(await warmChecks(measure, bare, Math.round(WARM_TASKS * times))),
      ...(await coldChecks(measure, Math.ceil(COLD_STARTS * times))),
      ...(await payloadChecks(measure, Math.ceil(PAYLOAD_ROUNDS * times))),
    ];
    for (const { name, value, unit, reference } of checks)
      log(`${name}: ${value} ${unit} (${reference.what}: ${reference.value})`);
    return checks;
  } finally {
    signal.removeEventListener('abort', stop);
    await browser.close();
  }
}

/** Calls a function of `measure-slots.page.ts` in the page. */
type Measure = (name: string, ...args: readonly unknown[]) => Promise<number[]>;

async function openPage(browser: Browser, url: string): Promise<Measure> {
  const page = await browser.newPage();
  await page.goto(url);
  // As text: Node's types know nothing of the page's modules.
  return (name, ...args) =>
    page.evaluate(
      `import('/bench/slot/measure-slots.page.ts').then((m) => m[${JSON.stringify(name)}](...${JSON.stringify(args)}))`,
    );
}

async function warmChecks(measure: Measure, bare: Page, tasks: number): Promise<BenchCheck[]> {
  const plain: number[] = [];
  const wasm: number[] = [];
  const shader: number[] = [];
  const wgsl: number[] = [];
  // In turns, so that another program's load meets both.
  for (let round = 0; round < 3; round++) {
    const given = { worker: PLAIN_WORKER, program: SPIN_PROGRAM, args: ['bench-spin', '1'], tasks };
    plain.push(...settled(await bare.evaluate(bareWarmTimes, given)));
    wasm.push(...settled(await measure('warmTimes', 'wasi', SPIN_PROGRAM, tasks)));
    shader.push(...settled(await measure('bareShaderTimes', Math.ceil(tasks / 10))));
    wgsl.push(...settled(await measure('warmTimes', 'wgsl', '', Math.ceil(tasks / 10))));
  }
  return [
    lower(
      'warm wasm task, p50 ms',
      quantile(wasm, 0.5),
      'ms',
      WARM_WASM_MS,
      'the same program in a plain worker, ms',
      quantile(plain, 0.5),
    ),
    lower(
      'warm wasm task, p95 ms',
      quantile(wasm, 0.95),
      'ms',
      4 * WARM_WASM_MS,
      'the same program in a plain worker, ms',
      quantile(plain, 0.95),
    ),
    lower(
      'warm wgsl task, p50 ms',
      quantile(wgsl, 0.5),
      'ms',
      WARM_WGSL_MS,
      "the same shader on the page's device, ms",
      quantile(shader, 0.5),
    ),
  ];
}

async function coldChecks(measure: Measure, starts: number): Promise<BenchCheck[]> {
  const wasm = [];
  const wgsl = [];
  for (let start = 0; start < starts; start++) {
    wasm.push(Number(await measure('coldTime', 'wasi', SPIN_PROGRAM)));
    wgsl.push(Number(await measure('coldTime', 'wgsl', '')));
  }
  return [
    lower('cold start, wasm, ms', quantile(wasm, 0.5), 'ms', COLD_MS, 'fastest, ms', Math.min(...wasm)),
    lower('cold start, wgsl, ms', quantile(wgsl, 0.5), 'ms', 2 * COLD_MS, 'fastest, ms', Math.min(...wgsl)),
  ];
}

async function payloadChecks(measure: Measure, rounds: number): Promise<BenchCheck[]> {
  const silent = Buffer.from(await buildPayloadProgram(0)).toString('base64');
  const writer = Buffer.from(await buildPayloadProgram(PAYLOAD_BYTES)).toString('base64');
  const bare = gigabytesPerSecond(await measure('bareTransferTimes', PAYLOAD_BYTES, rounds), 0);
  const emptyMs = Math.min(...(await measure('inputTimes', silent, 0, rounds)));
  const into = gigabytesPerSecond(await measure('inputTimes', silent, PAYLOAD_BYTES, rounds), emptyMs);
  const out = gigabytesPerSecond(await measure('outputTimes', writer, PAYLOAD_BYTES, rounds), 0);
  const check = (name: string, value: number): BenchCheck => ({
    name,
    value: rounded(value),
    unit: 'GB/s',
    target: PAYLOAD_GB_PER_S,
    better: 'higher',
    reference: {
      what: 'a transfer to a plain worker of the page, which copies nothing, GB/s',
      value: rounded(bare),
    },
  });
  return [check('payload in, GB/s', into), check('payload out, GB/s', out)];
}

/** The fastest run counts: others' load only ever slows one. */
function gigabytesPerSecond(times: readonly number[], overheadMs: number): number {
  return PAYLOAD_BYTES / 1e6 / Math.max(Math.min(...times) - overheadMs, 0.001);
}

/** Without the first tenth, in which code is compiled and frames warm up. */
function settled(times: readonly number[]): number[] {
  return times.slice(Math.ceil(times.length / 10));
}

function quantile(times: readonly number[], part: number): number {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN;
}

function lower(
  name: string,
  value: number,
  unit: string,
  target: number,
  what: string,
  reference: number,
): BenchCheck {
  return {
    name,
    value: rounded(value),
    unit,
    target,
    better: 'lower',
    reference: { what, value: rounded(reference) },
  };
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
