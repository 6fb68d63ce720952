import { afterAll, beforeAll, expect, test } from 'vitest';
import { type HostServer, startHostServer } from '../fixtures/host-page.node.ts';
import { TEST_BROWSERS } from '../fixtures/test-browser.node.ts';

let server: HostServer;

beforeAll(async () => {
  server = await startHostServer();
});
afterAll(() => server?.[Symbol.asyncDispose]());

async function digestsIn({ launch }: (typeof TEST_BROWSERS)[number]): Promise<unknown> {
  const browser = await launch();
  try {
    const page = await browser.open(`${server.origin}/host.html`);
    return await page.evaluate(
      `import('/src/sandbox/fixtures/result-digests.page.ts').then(({ resultDigests }) => resultDigests())`,
    );
  } finally {
    await browser.close();
  }
}

const [chromium, ...others] = TEST_BROWSERS;

test.skipIf(others.every(({ isHere }) => !isHere))(
  'the same tasks end alike in every engine, down to fuel, memory and digest',
  async () => {
    const wanted = await digestsIn(chromium!);
    expect(wanted).toContainEqual(
      expect.stringMatching(/^guest work 30000000: ok, \d+ units, [0-9a-f]{64}$/),
    );
    for (const other of others) if (other.isHere) expect(await digestsIn(other)).toEqual(wanted);
  },
);
