import { availableParallelism } from 'node:os';
import type { Browser, Page } from 'playwright';
import { buildApp } from '../../scripts/build.ts';
import { type KilnWindow, openTab } from '../../scripts/demo/tab.ts';
import { startStack } from '../../scripts/stack.ts';
import type { Manifest } from '../../src/protocol/manifest.ts';
import type { BenchCheck, BenchContext } from '../report.ts';
import { PLAIN_WORKER, type PlainRun, runPlain } from './plain-workers.ts';
import { SPIN_PROGRAM, spinManifest } from './spin-job.ts';
import { launchBrowser } from '../launch-browser.ts';

const TASK_MS = [1, 10, 100, 1_000] as const;
const SLOTS = [1, 2, 4] as const;
/** Rounds that calibrate how many make a millisecond. */
const CALIBRATION_ROUNDS = 30_000_000;
/** How long each measurement runs. */
const RUN_MS = 8_000;
const QUICK_RUN_MS = 2_500;
/** A measurement has at least this many tasks per slot. */
const MIN_TASKS_PER_SLOT = 5;
/** Design target for tasks of 100 ms on as many slots as cores. */
const TARGET = 0.95;

interface Rate {
  readonly perSecond: number;
}

/** Throughput of the network against the same program in plain workers of one page, size by size. */
export async function run({ isQuick, signal, log }: BenchContext): Promise<readonly BenchCheck[]> {
  await buildApp();
  await using stack = await startStack();
  await using browser = await launchBrowser(signal);
  const plain = await (await browser.newContext()).newPage();
  await plain.goto(stack.url);
  const roundsPerMs = await calibrate(plain);
  log(`${Math.round(roundsPerMs)} rounds of bench-spin make one millisecond here.`);
  const cores = availableParallelism();
  const checks: BenchCheck[] = [];
  for (const slots of SLOTS.filter((count) => count <= cores)) {
    await using market = await openMarket(browser, stack.url, slots);
    for (const taskMs of TASK_MS) {
      signal.throwIfAborted();
      const rounds = Math.round(roundsPerMs * taskMs);
      const tasks = Math.max(
        MIN_TASKS_PER_SLOT * slots,
        Math.ceil(((isQuick ? QUICK_RUN_MS : RUN_MS) * slots) / taskMs),
      );
      const bare = await plainRate(plain, rounds, slots, tasks);
      const kiln = await market.rate(await spinManifest(rounds, tasks));
      const again = await plainRate(plain, rounds, slots, tasks);
      const reference = (bare.perSecond + again.perSecond) / 2;
      const efficiency = kiln.perSecond / reference;
      log(
        `${slots} slots, ${taskMs} ms: ${kiln.perSecond.toFixed(1)} tasks/s of ${reference.toFixed(1)} in plain workers (${efficiency.toFixed(3)})`,
      );
      const isAllCores = slots === Math.min(cores, SLOTS.at(-1)!);
      const where = isAllCores ? 'all cores' : `${slots} slots`;
      checks.push({
        name: `efficiency, ${taskMs} ms tasks, ${where}`,
        value: Number(efficiency.toFixed(4)),
        unit: 'ratio',
        target: taskMs >= 100 ? TARGET : 0,
        better: 'higher',
        reference: {
          what: 'tasks per second in plain workers of one page',
          value: Number(reference.toFixed(2)),
        },
      });
    }
  }
  return checks;
}

async function calibrate(page: Page): Promise<number> {
  const { perSecond } = await plainRate(page, CALIBRATION_ROUNDS, 1, 6);
  return (CALIBRATION_ROUNDS * perSecond) / 1_000;
}

async function plainRate(page: Page, rounds: number, slots: number, tasks: number): Promise<Rate> {
  const given = {
    worker: PLAIN_WORKER,
    program: SPIN_PROGRAM,
    args: ['bench-spin', String(rounds)],
    slots,
    tasks,
  };
  const { spanMs, tasks: counted }: PlainRun = await page.evaluate(runPlain, given);
  return { perSecond: (counted * 1_000) / spanMs };
}

/** One requestor tab and one provider tab with so many slots. */
async function openMarket(browser: Browser, url: string, slots: number) {
  const provider = await openTab(browser, url, 'provider');
  const requestor = await openTab(browser, url, 'requestor');
  await provider.page.evaluate(async (cpuSlots) => {
    const kiln = (globalThis as unknown as KilnWindow).kiln!;
    await kiln.provider.start({ ...(await kiln.provider.suggestRules()), kinds: ['wasi'], cpuSlots });
  }, slots);
  return {
    rate: (manifest: Manifest) => networkRate(requestor.page, manifest),
    async [Symbol.asyncDispose]() {
      await provider.page.context().close();
      await requestor.page.context().close();
    },
  };
}

/** Submits the job and counts verified tasks from the first to the last. */
async function networkRate(page: Page, manifest: Manifest): Promise<Rate> {
  const { spanMs, tasks } = await page.evaluate(
    async ({ manifest, program }) => {
      const { requestor } = (globalThis as unknown as KilnWindow).kiln!;
      const bytes = Uint8Array.from(atob(program), (char) => char.charCodeAt(0));
      const draft = { manifest, blobs: [bytes] };
      const { microUnitsPerTask } = await requestor.tryOut(draft, 0, {
        signal: new AbortController().signal,
      });
      const { pricePerUnit, total } = requestor.estimate(draft, microUnitsPerTask);
      const terms = { budget: total * 4n, priceCeiling: pricePerUnit * 2n, microUnitsPerTask, seats: 1 };
      const times: number[] = [];
      const job = await requestor.submit(draft, terms);
      const stop = requestor.onVerified(job, () => times.push(performance.now()));
      const tasks = manifest.split.to;
      const startedMs = performance.now();
      while (times.length < tasks) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        const view = requestor.jobs.value.find((one) => one.job === job);
        if (view?.status === 'failed' || performance.now() - startedMs > 120_000) {
          throw new Error(view?.error ?? `only ${times.length} of ${tasks} tasks in two minutes`);
        }
      }
      stop();
      // The first results come together; the rate counts from there.
      const firstMs = times[0]!;
      const later = times.filter((time) => time > firstMs + 20);
      await requestor.remove(job);
      return { spanMs: times.at(-1)! - firstMs, tasks: later.length };
    },
    { manifest, program: SPIN_PROGRAM },
  );
  return { perSecond: (tasks * 1_000) / spanMs };
}
