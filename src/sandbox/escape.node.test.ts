import { type Browser, chromium, type Frame, type Page, type Worker } from 'playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chromiumArgs, chromiumPath } from '../../scripts/chromium.ts';
import {
  escapeScript,
  type Escapes,
  FRAME_ESCAPES,
  NAVIGATIONS,
  type Target,
  WORKER_ESCAPES,
} from './fixtures/escapes.node.ts';
import { type HostServer, startHostServer } from './fixtures/host-page.node.ts';
import { type Listeners, SILENT_CONNECTION, startListeners } from './fixtures/listeners.node.ts';

/** How long after the last attempt a late packet is waited for. */
const SILENCE_MS = 1_500;

let server: HostServer;
let browser: Browser;
let listeners: Listeners;
let target: Target;

beforeAll(async () => {
  server = await startHostServer();
  browser = await chromium.launch({ executablePath: chromiumPath(), args: [...chromiumArgs] });
  listeners = await startListeners();
  const host = '127.0.0.1';
  target = {
    http: `http://${host}:${listeners.tcpPort}`,
    ws: `ws://${host}:${listeners.tcpPort}`,
    host,
    udpPort: listeners.udpPort,
  };
});

afterAll(async () => {
  await browser?.close();
  await server?.[Symbol.asyncDispose]();
  await listeners?.[Symbol.asyncDispose]();
});

/** A host page with a real sandbox frame in it, opened by the code that opens it for the app. */
async function openSandbox(): Promise<{ page: Page; frame: Frame; worker: Worker }> {
  const page = await browser.newPage();
  await page.goto(`${server.origin}/host.html`);
  const workerStarted = page.waitForEvent('worker');
  // As text: the test runner rewrites imports inside functions.
  await page.evaluate(
    `import('/src/sandbox/frame.ts').then(({ openFrame }) => openFrame('/sandbox.html', new AbortController().signal)).then(() => 1)`,
  );
  const frame = page.frames().find((one) => one.url().endsWith('/sandbox.html'));
  return { page, frame: frame!, worker: await workerStarted };
}

/** Pages, frames and workers run code given as text. */
interface Place {
  evaluate(code: string): Promise<unknown>;
}

async function tryAll(escapes: Escapes, where: () => Promise<Place>): Promise<Record<string, string>> {
  const ends: Record<string, string> = {};
  for (const [name, code] of Object.entries(escapes)) {
    const place = await where();
    const done = place
      .evaluate(escapeScript(code, target))
      .catch((error: unknown) => `gone: ${String(error)}`);
    ends[name] = String(await done);
  }
  await new Promise((resolve) => setTimeout(resolve, SILENCE_MS));
  return ends;
}

describe('nothing leaves the sandbox', () => {
  test('the listeners hear the same attempts from an ordinary page', async () => {
    const context = await browser.newContext();
    const open = async () => {
      const page = await context.newPage();
      await page.goto(`${server.origin}/open.html`);
      return page;
    };
    const page = await open();
    await tryAll(FRAME_ESCAPES, () => Promise.resolve(page));
    await tryAll(NAVIGATIONS, open);
    await context.close();
    const heard = listeners.heard.splice(0).join('\n');
    for (const path of [
      '/fetch',
      '/keepalive',
      '/xhr',
      '/sync-xhr',
      '/websocket',
      '/event-source',
      '/import.js',
      '/nested-fetch',
      '/nested-ws',
      '/nested.js',
      '/nested-import.js',
      '/beacon',
      '/image',
      '/script.js',
      '/inline',
      '/style.css',
      '/prefetch',
      '/background',
      '/object',
      '/embed',
      '/video',
      '/frame',
      '/srcdoc',
      '/data-frame',
      '/open',
      '/blank',
      '/form',
      '/top',
      '/parent',
      '/refresh',
      '/self',
    ]) {
      expect(heard).toContain(`${path} `);
    }
    // STUN binding request: type 0x0001.
    expect(heard).toMatch(/udp 0001/);
  });

  test('from the frame', async () => {
    const { page, frame } = await openSandbox();
    expect(await frame.evaluate('self.origin')).toBe('null');
    const ends = await tryAll(FRAME_ESCAPES, () => Promise.resolve(frame));
    await page.close();
    expect(Object.keys(ends)).toEqual(Object.keys(FRAME_ESCAPES));
    expect(listeners.heard.splice(0)).toEqual([]);
  });

  test('by navigation', async () => {
    const { page, frame } = await openSandbox();
    await tryAll(NAVIGATIONS, () => Promise.resolve(frame));
    await page.close();
    // Chromium connects ahead of a navigation that it then forbids: a connection without a byte. Only the frame's own
    // script could cause it, and guests do not run there.
    expect(listeners.heard.splice(0).filter((line) => line !== SILENT_CONNECTION)).toEqual([]);
  });

  test('from the worker', async () => {
    const { page, worker } = await openSandbox();
    expect(await worker.evaluate('typeof postMessage + " " + self.origin')).toBe('function null');
    const ends = await tryAll(WORKER_ESCAPES, () => Promise.resolve(worker));
    await page.close();
    expect(Object.values(ends).filter((end) => end === 'done')).toEqual([]);
    expect(listeners.heard.splice(0)).toEqual([]);
  });

  test('and nothing of the host is within reach', async () => {
    const { page, frame, worker } = await openSandbox();
    const reach = (code: string) =>
      `(() => { try { return String(${code}) } catch (error) { return error.name } })()`;
    for (const code of ['parent.document', 'top.localStorage', 'localStorage', 'document.cookie']) {
      expect(await frame.evaluate(reach(code))).toMatch(/SecurityError/);
    }
    for (const name of [
      'fetch',
      'WebSocket',
      'indexedDB',
      'caches',
      'BroadcastChannel',
      'Worker',
      'importScripts',
    ]) {
      expect(await worker.evaluate(`typeof ${name}`)).toBe('undefined');
    }
    await page.close();
  });
});
