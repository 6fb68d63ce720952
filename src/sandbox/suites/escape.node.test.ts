import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { renderAttackPage } from '../fixtures/attacks/attack-page.node.ts';
import { CONTROL_PATHS } from '../fixtures/attacks/control-paths.node.ts';
import {
  escapeScript,
  type Escapes,
  FRAME_ESCAPES,
  NAVIGATIONS,
  SILENT_WAYS,
  type Target,
  WORKER_ESCAPES,
} from '../fixtures/attacks/escapes.node.ts';
import { type HostServer, startHostServer } from '../fixtures/host-page.node.ts';
import { FRAME_KEEPSAKES, WORKER_KEEPSAKES } from '../fixtures/attacks/keepsakes.node.ts';
import { type Listeners, SILENT_CONNECTION, startListeners } from '../fixtures/attacks/listeners.node.ts';
import { type Place, TEST_BROWSERS, type TestBrowser, type TestPage } from '../fixtures/test-browser.node.ts';

/** How long after the last attempt a late packet is waited for. */
const SILENCE_MS = 1_200;
/** How long requests of an ordinary page may take. */
const HEARING_MS = 20_000;
const HOST = '127.0.0.1';
/** Names that stand in a browser's own log when it looked them up. */
const CONTROL_NAME = 'control.kiln.test';
const FRAME_NAME = 'frame.kiln.test';
const WORKER_NAME = 'worker.kiln.test';
const CONTROL_NAMES = ['fetch', 'image', 'self'].map((name) => `${name}.${CONTROL_NAME}`);

/**
 * What a script in the frame itself could still do: make the browser look up a name and connect without sending a byte,
 * ahead of a navigation that it then forbids (Chromium) or for a `preconnect` link (Firefox). Guests do not run there.
 */
const AHEAD: Readonly<Record<TestBrowser['name'], readonly string[]>> = {
  chromium: [`self.${FRAME_NAME}`],
  firefox: [`preconnect.${FRAME_NAME}`],
};

let server: HostServer;

beforeAll(async () => {
  server = await startHostServer(await renderAttackPage());
});
afterAll(() => server?.[Symbol.asyncDispose]());

function targetOf({ tcpPort, udpPort }: Listeners, name: string): Target {
  return { http: `http://${HOST}:${tcpPort}`, ws: `ws://${HOST}:${tcpPort}`, host: HOST, udpPort, name };
}

/** Tries all at once in one place; says how each ended. */
async function tryAll(escapes: Escapes, place: Place, target: Target): Promise<Record<string, unknown>> {
  const tries = Object.entries(escapes).map(async ([way, code]) => {
    const end = await place
      .evaluate(escapeScript(code, target))
      .catch((error: unknown) => `gone: ${String(error)}`);
    return [way, end] as const;
  });
  return Object.fromEntries(await Promise.all(tries));
}

/** Pages that are opened at the same time. */
const AT_ONCE = 4;

/** Tries each in a page of its own, since it may take the page along; gives the pages, to be closed. */
async function tryEach(
  escapes: Escapes,
  open: () => Promise<{ page: TestPage; place: Place }>,
  target: Target,
): Promise<TestPage[]> {
  const left = Object.entries(escapes);
  const pages: TestPage[] = [];
  const work = async () => {
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      const { page, place } = await open();
      pages.push(page);
      await tryAll({ [next[0]]: next[1] }, place, target);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return pages;
}

async function whatWasHeard(by: Listeners): Promise<string[]> {
  await new Promise((resolve) => setTimeout(resolve, SILENCE_MS));
  return by.heard.splice(0);
}

const isDone = ([way, end]: [string, unknown]) => end === 'done' && !SILENT_WAYS.has(way);

describe.each(TEST_BROWSERS)('nothing leaves the sandbox in $name', ({ name, isHere, launch }) => {
  let browser: TestBrowser;
  // A page's connection attempts are repeated for seconds: what an ordinary page tries is heard elsewhere.
  let control: Listeners;
  let listeners: Listeners;
  let target: Target;
  let lookedUp: Promise<string[]> | undefined;
  const close = () => (lookedUp ??= browser?.close());

  beforeAll(async () => {
    if (isHere) browser = await launch();
    [control, listeners] = [await startListeners(), await startListeners()];
    target = targetOf(listeners, FRAME_NAME);
  });
  afterAll(async () => {
    await close();
    for (const one of [control, listeners]) await one?.[Symbol.asyncDispose]();
  });

  /** A host page with a real sandbox frame in it, opened by the code that opens it for the app. */
  async function openSandbox(address: string): Promise<TestPage> {
    const page = await browser.open(`${server.origin}/host.html`);
    await openFrame(page, address, 'guest');
    return page;
  }

  // As text: the test runner rewrites imports inside functions.
  const openFrame = (page: TestPage, address: string, name: string) =>
    page.evaluate(
      `import('/src/sandbox/slots/frame.ts').then(({ openFrame }) => openFrame('${address}', new AbortController().signal)).then((frame) => { globalThis.${name} = frame; return 1; })`,
    );

  /** Has the worker try a table of attacks. */
  const attack = (page: TestPage, table: 'escapes' | 'keepsakes') =>
    page.evaluate(`new Promise((resolve) => {
      guest.port.addEventListener('message', ({ data }) => data.type === 'attacked' && resolve(data.ends));
      guest.port.postMessage(${JSON.stringify({ type: 'attack', id: -1, table, target: { ...target, name: WORKER_NAME } })});
    })`) as Promise<Record<string, unknown>>;

  test.runIf(isHere)('the listeners hear the same attempts from an ordinary page', async () => {
    const open = async () => {
      const page = await browser.open(`${server.origin}/open.html`);
      return { page, place: page };
    };
    const { page } = await open();
    const there = targetOf(control, CONTROL_NAME);
    await tryAll(FRAME_ESCAPES, page, there);
    const pages = await tryEach(NAVIGATIONS, open, there);
    const isHeard = (part: string) => control.heard.some((line) => line.includes(part));
    const isMissing = (path: string) => !isHeard(`${path} `);
    await expect.poll(() => CONTROL_PATHS[name].filter(isMissing), { timeout: HEARING_MS }).toEqual([]);
    // STUN binding request: type 0x0001.
    expect(isHeard('udp 0001')).toBe(true);
    for (const one of [page, ...pages]) await one.close();
  });

  test.runIf(isHere)('from the frame', async () => {
    const page = await openSandbox('/sandbox.html');
    const [frame] = await page.frames('/sandbox.html');
    expect(await frame!.evaluate('self.origin')).toBe('null');
    const ends = await tryAll(FRAME_ESCAPES, frame!, target);
    await page.close();
    expect(Object.keys(ends)).toEqual(Object.keys(FRAME_ESCAPES));
    expect((await whatWasHeard(listeners)).filter((line) => line !== SILENT_CONNECTION)).toEqual([]);
  });

  test.runIf(isHere)('by navigation', async () => {
    const open = async () => {
      const page = await openSandbox('/sandbox.html');
      return { page, place: (await page.frames('/sandbox.html'))[0]! };
    };
    const pages = await tryEach(NAVIGATIONS, open, target);
    expect((await whatWasHeard(listeners)).filter((line) => line !== SILENT_CONNECTION)).toEqual([]);
    for (const page of pages) await page.close();
  });

  test.runIf(isHere)('from the worker', async () => {
    const page = await openSandbox('/attack.html');
    const ends = await attack(page, 'escapes');
    await page.close();
    expect(Object.keys(ends)).toEqual(Object.keys(WORKER_ESCAPES));
    expect(Object.entries(ends).filter(isDone)).toEqual([]);
    expect(await whatWasHeard(listeners)).toEqual([]);
  });

  test.runIf(isHere)('and nothing can be kept, met or used', async () => {
    const page = await openSandbox('/sandbox.html');
    await openFrame(page, '/sandbox.html', 'other');
    const [frame] = await page.frames('/sandbox.html');
    const inFrame = await tryAll(FRAME_KEEPSAKES, frame!, target);
    await page.close();
    expect(Object.entries(inFrame).filter(isDone)).toEqual([]);
    const other = await openSandbox('/attack.html');
    const inWorker = await attack(other, 'keepsakes');
    await other.close();
    expect(Object.keys(inWorker)).toEqual(Object.keys(WORKER_KEEPSAKES));
    expect(Object.entries(inWorker).filter(isDone)).toEqual([]);
  });

  test.runIf(isHere)('and no frame can speak for another', async () => {
    const page = await openSandbox('/sandbox.html');
    await openFrame(page, '/sandbox.html', 'other');
    const listen = `(() => { globalThis.met = []; addEventListener('message', ({ data }) => met.push(data.type ?? data)); new BroadcastChannel('x').onmessage = () => met.push('broadcast'); })()`;
    const [forger, victim] = await page.frames('/sandbox.html');
    await page.evaluate(listen);
    await victim!.evaluate(listen);
    await forger!.evaluate(`(() => {
      for (const type of ['kiln/alive', 'ready', 'done']) parent.postMessage({ type, id: 1 }, '*');
      const other = parent[0] === self ? parent[1] : parent[0];
      other.postMessage('ping', '*');
      other.postMessage('port', '*', [new MessageChannel().port2]);
      new BroadcastChannel('x').postMessage('x');
    })()`);
    await new Promise((resolve) => setTimeout(resolve, 300));
    // What is forged arrives and nobody acts on it: no worker started anew, no ping answered, no channel shared.
    expect(await page.evaluate('met')).toEqual(['kiln/alive', 'ready', 'done']);
    expect(await victim!.evaluate('met')).toEqual(['ping', 'port']);
    expect(await page.evaluate('Promise.all([guest.isAlive(), other.isAlive()])')).toEqual([true, true]);
    await page.close();
  });

  test.runIf(isHere)('and no name was looked up: the browser says so itself', async () => {
    const names = await close();
    expect(names).toEqual(expect.arrayContaining(CONTROL_NAMES));
    const others = names!.filter((one) => !one.endsWith(CONTROL_NAME));
    expect(others.filter((one) => !AHEAD[name].includes(one))).toEqual([]);
  });
});
