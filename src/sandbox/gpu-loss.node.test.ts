import { type Browser, chromium, type Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chromiumArgs, chromiumPath } from '../../scripts/chromium.ts';
import { type HostServer, startHostServer } from './fixtures/host-page.node.ts';

let server: HostServer;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  server = await startHostServer();
  browser = await chromium.launch({ executablePath: chromiumPath(), args: [...chromiumArgs] });
  page = await browser.newPage();
  await page.goto(`${server.origin}/host.html`);
  // As text: the test runner rewrites imports inside functions.
  await page.evaluate(`(async () => {
    const [{ createSandbox }, { TestBlobs, manifestOf }] = await Promise.all([
      import('/src/sandbox/sandbox.ts'), import('/src/sandbox/fixtures/manifests.ts')]);
    const blobs = new TestBlobs();
    globalThis.sandbox = createSandbox({ cpuSlots: 0, gpuSlots: 1, pageUrl: '/sandbox.html' });
    const shader = await blobs.put('struct U { n: u32, tile: u32 } @group(0) @binding(0) var<uniform> u: U;' +
      '@group(0) @binding(1) var<storage, read_write> x: array<u32>;' +
      '@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {' +
      '  for (var i = 0u; i < 1000u; i++) { x[id.x % 64u] = u.n + u.tile + i; } }');
    const program = (rounds) => ({ kind: 'wgsl', shaders: { shader },
      buffers: { u: { usage: 'uniform', bytes: 16 }, x: { usage: 'storage', bytes: 256 } },
      uniformBuffer: 'u', uniforms: [{ type: 'u32', value: 'n' }, { type: 'u32', value: 'tile' }],
      passes: [{ shader: 'shader', entry: 'main', workgroups: [1024, 1, 1], bindings: { 0: 'u', 1: 'x' },
        tileAxis: 'x', repeat: rounds }],
      outputs: { x: { buffer: 'x', element: 'u32' } } });
    const open = (rounds) => sandbox.openJob('job', manifestOf(program(rounds)), blobs.read);
    globalThis.jobs = { long: await open(10_000), short: await open(1) };
    globalThis.losses = [];
    sandbox.onDeviceLost((loss) => losses.push({ ...loss, atMs: performance.now() }));
    globalThis.start = (name, onProgress) => jobs[name].run(0, { signal: new AbortController().signal, onProgress })
      .then(({ exit, numericClass }) => ({ kind: exit.kind, numericClass, atMs: performance.now() }));
  })()`);
});
afterAll(async () => {
  await browser?.close();
  await server?.[Symbol.asyncDispose]();
});

async function killGpuProcess(): Promise<void> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  for (const { id } of processInfo.filter(({ type }) => type === 'GPU')) process.kill(id, 'SIGKILL');
}

interface End {
  readonly kind: string;
  readonly numericClass?: string;
  readonly atMs: number;
}

test('a task under way ends with device-lost; those behind it wait for the back-off and then run', async () => {
  const before = (await page.evaluate(`start('short')`)) as End;
  expect(before.kind).toBe('ok');
  expect(before.numericClass).toMatch(/^[0-9a-f]{64}$/);
  await page.evaluate(`new Promise((resolve) => {
    globalThis.running = start('long', resolve);
    globalThis.waiting = [start('short'), start('short')];
  })`);
  await killGpuProcess();
  const lost = (await page.evaluate('running')) as End;
  expect(lost.kind).toBe('device-lost');
  expect(lost.numericClass).toBeUndefined();
  const after = (await page.evaluate('Promise.all(waiting)')) as End[];
  const [loss] = (await page.evaluate('losses')) as { readonly atMs: number; readonly resumesInMs: number }[];
  expect(loss!.resumesInMs).toBe(2_000);
  for (const { kind, numericClass, atMs } of after) {
    expect(kind).toBe('ok');
    // The same software adapter came back: measured again, it is the same class.
    expect(numericClass).toBe(before.numericClass);
    // Not a matter of speed: the back-off lies between them.
    expect(atMs - loss!.atMs).toBeGreaterThan(1_990);
  }
  expect(await page.evaluate('losses.length')).toBe(1);
});
