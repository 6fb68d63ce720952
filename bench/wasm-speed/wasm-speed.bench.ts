import { readFileSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright';
import { chromiumArgs, chromiumPath } from '../../scripts/chromium.ts';
import { startHostServer } from '../../src/sandbox/fixtures/host-page.node.ts';
import type { BenchCheck, BenchContext } from '../report.ts';
import { BARE_WORKER } from './bare-worker.ts';
import { NativePrograms, type TimedRun } from './native-program.ts';
import { PROGRAMS, type SpeedProgram } from './programs.ts';
import type { SpeedTask } from './speed-page.ts';

/** A call takes at least so long in the sandbox: short ones are another bench's (slot). */
const CALL_MS = 2_000;
/** What a call is sized for, so that noise does not make it shorter. */
const AIM_MS = 2_400;
const ROUNDS = 3;
const TARGET = 1.05;

/** What each way of running a program took, round by round. */
interface Times {
  readonly sandbox: number[];
  readonly bare: number[];
  readonly bareAgain: number[];
  readonly native: number[];
}

/** Long calls in the sandbox against the same module in a plain worker and the same source as a native program. */
export async function run({ isQuick, signal, log }: BenchContext): Promise<readonly BenchCheck[]> {
  await using server = await startHostServer();
  using natives = new NativePrograms();
  const browser = await chromium.launch({ executablePath: chromiumPath(), args: [...chromiumArgs] });
  try {
    const checks: BenchCheck[] = [];
    for (const program of PROGRAMS) {
      const times = await timeProgram(
        program,
        { browser, origin: server.origin, natives },
        isQuick ? 1 : ROUNDS,
        signal,
      );
      log(describe(program.name, times));
      checks.push(...checksOf(program.name, times));
    }
    const worst = checks.filter(({ name }) => name.endsWith(' against bare')).map(({ value }) => value);
    return [
      ...checks,
      ratioCheck('worst against bare', Math.max(...worst), 'the same module in a plain worker', 1),
    ];
  } finally {
    await browser.close();
  }
}

interface Ground {
  readonly browser: Browser;
  readonly origin: string;
  readonly natives: NativePrograms;
}

async function timeProgram(
  program: SpeedProgram,
  ground: Ground,
  rounds: number,
  signal: AbortSignal,
): Promise<Times> {
  const page = await ground.browser.newPage();
  await page.goto(`${ground.origin}/open.html`);
  const bytes = readFileSync(program.wasm).toString('base64');
  const taskOf = (work: number): SpeedTask => ({ program: bytes, args: program.args(work) });
  let work = 1;
  for (let ms = 0; ms < CALL_MS;) {
    ({ ms } = await inSandbox(page, taskOf(work)));
    work *= Math.max(1, AIM_MS / ms);
  }
  const task = taskOf(work);
  const times: Times = { sandbox: [], bare: [], bareAgain: [], native: [] };
  for (let round = 0; round < rounds; round++) {
    signal.throwIfAborted();
    const native = ground.natives.run(program, task.args);
    const [bare, bareAgain] = await bareTwice(page, task);
    const sandbox = await inSandbox(page, task);
    times.bare.push(bare.ms);
    times.bareAgain.push(bareAgain.ms);
    times.sandbox.push(sandbox.ms);
    if (native !== undefined) times.native.push(native.ms);
    for (const { printed } of [bareAgain, sandbox, native ?? bare]) {
      if (printed === bare.printed) continue;
      throw new Error(`${program.name} printed "${printed}" in one place and "${bare.printed}" in another.`);
    }
  }
  await page.close();
  return times;
}

function inSandbox(page: Page, task: SpeedTask): Promise<TimedRun> {
  return call(page, `runInSandbox(${JSON.stringify(task)})`);
}

function bareTwice(page: Page, task: SpeedTask): Promise<[TimedRun, TimedRun]> {
  return call(page, `runBare(${JSON.stringify(BARE_WORKER)}, ${JSON.stringify(task)})`);
}

/** As text, because the server resolves the module for the page. */
function call<Result>(page: Page, expression: string): Promise<Result> {
  return page.evaluate(`import('/bench/wasm-speed/speed-page.ts').then((page) => page.${expression})`);
}

function describe(name: string, { sandbox, bare, bareAgain, native }: Times): string {
  const columns = { sandbox, bare, 'bare, second call': bareAgain, native };
  const texts = Object.entries(columns).map(([column, times]) =>
    times.length === 0 ? `${column} not measured` : `${column} ${median(times).toFixed(0)} ms`,
  );
  return `${name}: ${texts.join(', ')}; sandbox ${ratio(sandbox, bare).toFixed(3)} × bare`;
}

function checksOf(name: string, { sandbox, bare, bareAgain, native }: Times): BenchCheck[] {
  const checks = [
    ratioCheck(`${name} against bare`, ratio(sandbox, bare), 'milliseconds in a plain worker', median(bare)),
    speedCheck(`${name}, share of a second bare call's speed`, bareAgain, sandbox),
  ];
  if (native.length > 0) checks.push(speedCheck(`${name}, share of native speed`, native, sandbox));
  return checks;
}

function ratioCheck(name: string, value: number, what: string, reference: number): BenchCheck {
  return {
    name,
    value: round(value),
    unit: 'ratio',
    target: TARGET,
    better: 'lower',
    reference: { what, value: round(reference) },
  };
}

/** For information: how close the sandbox comes to what is faster than a first call in a plain worker. */
function speedCheck(name: string, faster: readonly number[], sandbox: readonly number[]): BenchCheck {
  return {
    name,
    value: round(ratio(faster, sandbox)),
    unit: 'ratio',
    target: 0,
    better: 'higher',
    reference: { what: 'milliseconds there', value: round(median(faster)) },
  };
}

/** Median of the ratios within each round: what slows the machine down slows both. */
function ratio(above: readonly number[], below: readonly number[]): number {
  return median(above.map((ms, round) => ms / below[round]!));
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

function round(value: number): number {
  return Number(value.toFixed(4));
}
