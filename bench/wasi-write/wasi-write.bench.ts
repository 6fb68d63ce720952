import type { Browser } from 'playwright';
import { startHostServer } from '../../src/sandbox/fixtures/host-page.node.ts';
import type { BenchCheck, BenchContext } from '../report.ts';
import { timeInNode } from './node-wasi.ts';
import { buildWriteProgram, CALL_BYTES } from './write-program.ts';
import { launchBrowser } from '../launch-browser.ts';
import { median } from '../statistics.ts';

const MIB = 2 ** 20;
const FULL_MIB = 64;
const QUARTER_MIB = 16;
const ROUNDS = 25;
const QUICK_ROUNDS = 9;
/** Design target: within twice of Node. */
const AGAINST_NODE = 2;
/** Four times the bytes in linear time take four times as long; a quadratic shim takes sixteen. */
const LINEAR = 6;

/** Many small writes in the sandbox against Node's WASI on a real file, and against a quarter of them. */
export async function run({ isQuick, signal, log }: BenchContext): Promise<readonly BenchCheck[]> {
  await using server = await startHostServer();
  await using browser = await launchBrowser(signal);
  const inPage = await openPage(browser, `${server.origin}/host.html`);
  const program = await buildWriteProgram((FULL_MIB * MIB) / CALL_BYTES);
  const quarter = await buildWriteProgram((QUARTER_MIB * MIB) / CALL_BYTES);
  const full = await inPage('open', program.toString('base64'));
  const part = await inPage('open', quarter.toString('base64'));
  const module = await WebAssembly.compile(new Uint8Array(program));
  const [sandbox, small, node]: number[][] = [[], [], []];
  for (let round = 0; round < (isQuick ? QUICK_ROUNDS : ROUNDS); round++) {
    sandbox!.push(await inPage('time', full));
    node!.push(await timeInNode(module, FULL_MIB * MIB));
    small!.push(await inPage('time', part));
  }
  const [sandboxMs, smallMs, nodeMs] = [median(sandbox!), median(small!), median(node!)];
  log(`${FULL_MIB} MiB: ${sandboxMs.toFixed(1)} ms in the sandbox, ${nodeMs.toFixed(1)} ms in Node.`);
  return [
    {
      name: `${FULL_MIB} MiB in 4 KiB writes against Node`,
      value: round(sandboxMs / nodeMs),
      unit: 'ratio',
      target: AGAINST_NODE,
      better: 'lower',
      reference: { what: "Node's WASI on a real file, ms", value: round(nodeMs) },
    },
    {
      name: `${FULL_MIB} MiB against ${QUARTER_MIB} MiB`,
      value: round(sandboxMs / smallMs),
      unit: 'ratio',
      target: LINEAR,
      better: 'lower',
      reference: { what: `${QUARTER_MIB} MiB in the sandbox, ms`, value: round(smallMs) },
    },
  ];
}

async function openPage(
  browser: Browser,
  url: string,
): Promise<(name: string, given: string | number) => Promise<number>> {
  const page = await browser.newPage();
  await page.goto(url);
  // As text: Node's types know nothing of the page's modules.
  return (name, given) =>
    page.evaluate(
      `import('/bench/wasi-write/run-writes.page.ts').then((m) => m.${name}(${JSON.stringify(given)}))`,
    );
}

function round(value: number): number {
  return Number(value.toFixed(3));
}
