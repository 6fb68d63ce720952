import { afterAll, beforeAll, expect, test } from 'vitest';
import { type HostServer, startHostServer } from '../../src/sandbox/fixtures/host-page.node.ts';
import { TEST_BROWSERS } from '../../src/sandbox/fixtures/test-browser.node.ts';

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
      `import('/examples/guests/page-digests.ts').then(({ guestDigests }) => guestDigests())`,
    );
  } finally {
    await browser.close();
  }
}

const [chromium, ...others] = TEST_BROWSERS;

// Two engines and, for the shaders, two GPU drivers in software that share no code.
test.skipIf(others.every(({ isHere }) => !isHere))(
  'every guest ends alike in every browser, down to its fuel and the digest of its result',
  async () => {
    const wanted = await digestsIn(chromium!);
    expect(wanted).toEqual([
      expect.stringMatching(/^\.\/c: ok, \d+ fuel, [0-9a-f]{64}$/),
      expect.stringMatching(/^\.\/zig: ok, \d+ fuel, [0-9a-f]{64}$/),
      expect.stringMatching(/^\.\/assemblyscript: ok, \d+ fuel, [0-9a-f]{64}$/),
      expect.stringMatching(/^\.\/wgsl: ok, no fuel, [0-9a-f]{64}$/),
      expect.stringMatching(/^\.\.\/goldbach-comet: ok, \d+ fuel, [0-9a-f]{64}$/),
      expect.stringMatching(/^lace: ok, no fuel, [0-9a-f]{64}$/),
    ]);
    for (const other of others) if (other.isHere) expect(await digestsIn(other)).toEqual(wanted);
  },
);
