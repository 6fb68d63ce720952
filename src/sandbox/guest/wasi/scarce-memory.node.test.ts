import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Browser, chromium } from 'playwright';
import { describe, expect, test } from 'vitest';
import { chromiumArgs, chromiumPath } from '../../../../scripts/chromium.ts';
import { GROWTH_LIMIT_BYTES, growthGuests, TOLD_CODE } from '../../fixtures/guests/growth-guests.node.ts';
import { startHostServer } from '../../fixtures/host-page.node.ts';
import { canMakeScarce, makeScarce, parentOf } from '../../fixtures/scarce-memory.node.ts';

const SCRIPT = fileURLToPath(new URL('../../fixtures/run-when-scarce.node.ts', import.meta.url));
/** Enough for whatever the browser itself does, new processes included, and too little for the guests. */
const SPARE_BYTES = 600 * 1_048_576;

/** Beyond its limit a guest is told −1 wherever it runs. */
const TOLD = { kind: 'exit-code', code: TOLD_CODE };
const DENIED = { kind: 'out-of-memory', message: expect.stringContaining('This device') as string };
const SCARCE = { within: DENIED, beyond: TOLD, begins: DENIED };
const PLENTIFUL = { within: { kind: 'ok' }, beyond: TOLD, begins: { kind: 'ok' } };

/** Makes memory scarce for all that a page of the browser may start: its processes, and what new ones are forked from. */
async function makeBrowserScarce(browser: Browser): Promise<void> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  const renderers = processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => id);
  for (const id of new Set([...renderers.map(parentOf), ...renderers])) makeScarce(id, SPARE_BYTES);
}

describe.skipIf(!canMakeScarce)('what the kernel denies the engine is never a result', () => {
  test('in Node', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [SCRIPT]);
    expect(JSON.parse(stdout)).toEqual({ scarce: SCARCE, plentiful: PLENTIFUL });
  });

  test('in Chromium, in the sandbox', async () => {
    await using server = await startHostServer();
    const browser = await chromium.launch({ executablePath: chromiumPath(), args: [...chromiumArgs] });
    try {
      const page = await browser.newPage();
      await page.goto(`${server.origin}/host.html`);
      const sources = Object.entries(await growthGuests()).map(
        ([name, bytes]) => [name, Buffer.from(bytes).toString('base64')] as const,
      );
      // As text: the test runner rewrites imports inside functions.
      await page.evaluate(`(async () => {
        const [{ createSandbox }, { TestBlobs, manifestOf }] = await Promise.all([
          import('/src/sandbox/sandbox.ts'), import('/src/sandbox/fixtures/manifests.ts')]);
        const blobs = new TestBlobs();
        const sandbox = createSandbox({ cpuSlots: 1, gpuSlots: 0, pageUrl: '/sandbox.html' });
        const jobs = {};
        for (const [name, text] of ${JSON.stringify(sources)}) {
          const module = await blobs.put(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)));
          const program = { kind: 'wasi', module, args: [], env: {}, files: {}, outputs: [] };
          jobs[name] = await sandbox.openJob(name, manifestOf(program, { memoryBytes: ${GROWTH_LIMIT_BYTES} }), blobs.read);
        }
        globalThis.exitOf = async (name) => (await jobs[name].run(0, { signal: new AbortController().signal })).exit;
      })()`);
      expect(await page.evaluate('exitOf("beyond")')).toEqual(TOLD);
      await makeBrowserScarce(browser);
      expect(await page.evaluate('exitOf("within")')).toEqual(DENIED);
      expect(await page.evaluate('exitOf("begins")')).toEqual(DENIED);
    } finally {
      await browser.close();
    }
  });
});
