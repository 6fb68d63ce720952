import { afterAll, beforeAll, expect, test } from 'vitest';
import { type HostServer, startHostServer } from '../fixtures/host-page.node.ts';
import { TEST_BROWSERS } from '../fixtures/test-browser.node.ts';

let server: HostServer;

beforeAll(async () => {
  server = await startHostServer();
});
afterAll(() => server?.[Symbol.asyncDispose]());

test.for(TEST_BROWSERS.filter(({ isHere }) => isHere))(
  'hostile models end by name in $name, and the next task runs',
  async ({ launch }) => {
    const browser = await launch();
    try {
      const page = await browser.open(`${server.origin}/host.html`);
      const exits = await page.evaluate(
        `import('/src/sandbox/fixtures/bombs/model-bombs.ts').then(({ bombExits }) => bombExits())`,
      );
      expect(exits).toEqual([
        'endless loop: timeout, then ok',
        'giant tensor: out-of-memory, then ok',
        'tensor beyond all numbers: trap, then ok',
        'heavy model in little memory: out-of-memory, then ok',
        'long chain: ok, then ok',
        'half a model: refused, then ok',
      ]);
    } finally {
      await browser.close();
    }
  },
);
