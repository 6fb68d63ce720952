import { type Browser, chromium, type Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chromiumArgs, chromiumPath } from '../../../scripts/chromium.ts';
import { type HostServer, startHostServer } from '../fixtures/host-page.node.ts';

let server: HostServer;
let browser: Browser;

beforeAll(async () => {
  server = await startHostServer();
  browser = await chromium.launch({ executablePath: chromiumPath(), args: [...chromiumArgs] });
});
afterAll(async () => {
  await browser?.close();
  await server?.[Symbol.asyncDispose]();
});

/** This browser's processes of a kind (`renderer` …): their ids and how much CPU time each has used. */
async function processes(kind: string): Promise<Map<number, number>> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  return new Map(processInfo.filter(({ type }) => type === kind).map(({ id, cpuTime }) => [id, cpuTime]));
}

/** The process that is busiest just now: the one in which an endless loop runs. */
async function busiest(kind: string): Promise<number> {
  const before = await processes(kind);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const used = [...(await processes(kind))].map(([id, time]) => ({ id, used: time - (before.get(id) ?? 0) }));
  return used.reduce((most, one) => (one.used > most.used ? one : most)).id;
}

/**
 * A page with a sandbox whose `run(mode)` runs one task of the test guest. As text: the test runner rewrites
 * imports inside functions.
 */
async function openHost(): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(`${server.origin}/host.html`);
  await page.evaluate(`(async () => {
    const [{ createSandbox }, { TestBlobs, manifestOf }] = await Promise.all([
      import('/src/sandbox/sandbox.ts'), import('/src/sandbox/fixtures/manifests.ts')]);
    const blobs = new TestBlobs();
    const sandbox = createSandbox({ cpuSlots: 1, gpuSlots: 0, pageUrl: '/sandbox.html' });
    const guest = await fetch('/src/sandbox/fixtures/guests/guest.wasm').then((answer) => answer.arrayBuffer());
    const module = await blobs.put(new Uint8Array(guest));
    const wasi = (mode) => ({ kind: 'wasi', module, args: ['guest', mode], env: {}, files: {}, outputs: ['stdout'] });
    const open = (program) => sandbox.openJob('job', manifestOf(program, { fuel: 2e12 }), blobs.read);
    globalThis.jobs = { loop: await open(wasi('loop')), hello: await open(wasi('hello')) };
    globalThis.run = (name) => jobs[name].run(0, { signal: new AbortController().signal }).then(({ exit }) => exit.kind);
  })()`);
  return page;
}

test('a sandbox process that dies is noticed long before the wall-clock limit', async () => {
  const page = await openHost();
  // Playwright takes the end of a frame's process for the page's; the page itself lives on and can be asked.
  const session = await page.context().newCDPSession(page);
  const evaluate = async (expression: string) => {
    const { result } = await session.send('Runtime.evaluate', { expression, awaitPromise: true });
    return result.value as unknown;
  };
  const running = evaluate('run("loop")');
  await new Promise((resolve) => setTimeout(resolve, 500));
  process.kill(await busiest('renderer'), 'SIGKILL');
  expect(await running).toBe('out-of-memory');
  expect(await evaluate('run("hello")')).toBe('ok');
  await page.close();
});
