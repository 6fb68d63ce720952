import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright';
import { build } from 'vite';
import { chromiumArgs, chromiumPath } from '../../scripts/chromium.ts';
import type { BenchCheck, BenchContext } from '../report.ts';
import type { VoucherRates } from './vouchers.page.ts';

const ROUNDS = 9;
const QUICK_ROUNDS = 4;
const CALLS = 300;
/** Design targets (issue: money, speed). */
const SIGN_TARGET = 2;
const VERIFY_TARGET = 3;

/** Vouchers signed and verified in Chromium: ours against viem's `signTypedData` and `verifyTypedData`, by turns. */
export async function run({ isQuick, signal, log }: BenchContext): Promise<readonly BenchCheck[]> {
  const script = await bundlePage();
  signal.throwIfAborted();
  const browser = await chromium.launch({ executablePath: chromiumPath(), args: [...chromiumArgs] });
  const stop = () => void browser.close();
  signal.addEventListener('abort', stop);
  try {
    const page = await browser.newPage();
    await page.addScriptTag({ content: script, type: 'module' });
    const rounds = isQuick ? QUICK_ROUNDS : ROUNDS;
    // As text: Node's types know nothing of the page's globals.
    const rates: VoucherRates = await page.evaluate(`bench.measureVouchers(${rounds}, ${CALLS})`);
    return (['sign', 'verify'] as const).map((what) => {
      const ours = median(rates.ours[what]);
      const viem = median(rates.viem[what]);
      log(
        `${what}: ${ours.toFixed(0)} per second, viem ${viem.toFixed(0)}, ratio ${(ours / viem).toFixed(2)}`,
      );
      return {
        name: `${what} against viem`,
        value: Number((ours / viem).toFixed(3)),
        unit: 'ratio',
        target: what === 'sign' ? SIGN_TARGET : VERIFY_TARGET,
        better: 'higher',
        reference: { what: `vouchers per second, viem`, value: Math.round(viem) },
      };
    });
  } finally {
    signal.removeEventListener('abort', stop);
    await browser.close();
  }
}

async function bundlePage(): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: 'warn',
    build: {
      write: false,
      target: 'es2024',
      rolldownOptions: { output: { codeSplitting: false } },
      lib: {
        entry: fileURLToPath(new URL('vouchers.page.ts', import.meta.url)),
        formats: ['es'],
      },
    },
  });
  const [bundle] = Array.isArray(built) ? built : [built];
  if (bundle === undefined || !('output' in bundle)) throw new Error('The page was not built.');
  return bundle.output[0].code;
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
