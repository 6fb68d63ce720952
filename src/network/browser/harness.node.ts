import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright';
import { build } from 'vite';
import type { tab } from './tab.ts';

/** A Chromium of the system, where playwright cannot install its own. */
const SYSTEM_CHROMIUM = '/usr/bin/chromium';
const FLAGS = [
  '--no-sandbox',
  '--allow-loopback-in-peer-connection',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--disable-quic',
];

type TabApi = typeof tab;

/** A real tab in its own browser context. */
export interface Tab {
  readonly page: Page;
  /** Calls a function of `tab.ts` inside the tab. */
  call<Name extends keyof TabApi>(
    name: Name,
    ...args: Parameters<TabApi[Name]>
  ): Promise<Awaited<ReturnType<TabApi[Name]>>>;
  close(): Promise<void>;
}

/** One Chromium and the page that its tabs load. */
export interface TabHarness {
  openTab(): Promise<Tab>;
  stop(): Promise<void>;
}

/** Builds the page, serves it on loopback and starts Chromium. */
export async function startTabs(): Promise<TabHarness> {
  const script = await bundle();
  const server = createServer((request, response) => {
    const isScript = request.url === '/tab.js';
    response.writeHead(200, { 'content-type': isScript ? 'text/javascript' : 'text/html' });
    response.end(
      isScript ? script : '<!doctype html><title>tab</title><script type="module" src="/tab.js"></script>',
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const browser: Browser = await chromium.launch({
    args: FLAGS,
    ...(existsSync(SYSTEM_CHROMIUM) ? { executablePath: SYSTEM_CHROMIUM } : { channel: 'chromium' }),
  });
  return {
    openTab: async () => openTab(await browser.newContext(), url),
    async stop() {
      await browser.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function openTab(context: BrowserContext, url: string): Promise<Tab> {
  const page = await context.newPage();
  await page.goto(url);
  await page.waitForFunction(() => 'tab' in globalThis);
  return {
    page,
    call: (name, ...args) =>
      page.evaluate(
        ([called, values]) =>
          (globalThis as unknown as { tab: Record<string, (...all: unknown[]) => never> }).tab[called]!(
            ...values,
          ),
        [name as string, args as unknown[]] as const,
      ),
    close: () => context.close(),
  };
}

async function bundle(): Promise<string> {
  const result = await build({
    configFile: false,
    logLevel: 'error',
    define: { 'process.env.NODE_ENV': '"production"' },
    build: {
      write: false,
      minify: false,
      target: 'esnext',
      lib: { entry: fileURLToPath(new URL('tab.ts', import.meta.url)), formats: ['es'], fileName: 'tab' },
      rolldownOptions: { output: { codeSplitting: false } },
    },
  });
  const [first] = Array.isArray(result) ? result : [result];
  if (first === undefined || !('output' in first)) throw new Error('The page was not built.');
  return first.output.map((chunk) => (chunk.type === 'chunk' ? chunk.code : '')).join('\n');
}
