import { afterAll, beforeAll, expect, test } from 'vitest';
import { evaluateIn } from '../../src/sandbox/fixtures/evaluate-in.node.ts';
import { type HostServer, startHostServer } from '../../src/sandbox/fixtures/host-page.node.ts';
import { TEST_BROWSERS } from '../../src/sandbox/fixtures/test-browser.node.ts';

let server: HostServer;
beforeAll(async () => {
  server = await startHostServer();
});
afterAll(() => server?.[Symbol.asyncDispose]());

const [chromium, ...others] = TEST_BROWSERS;
const DIGESTS = `import('/examples/guests/page-digests.ts').then(({ guestDigests }) => guestDigests())`;

// Two engines and, for the shaders, two GPU drivers in software that share no code.
test.skipIf(others.every(({ isHere }) => !isHere))(
  'every guest ends alike in every browser, down to its fuel and the digest of its result',
  async () => {
    const wanted = await evaluateIn(chromium!, server, DIGESTS);
    expect(wanted).toEqual([
      expect.stringMatching(/^\.\/c: ok, \d+ fuel, [0-9a-f]{64}$/),
      expect.stringMatching(/^\.\/zig: ok, \d+ fuel, [0-9a-f]{64}$/),
      expect.stringMatching(/^\.\/assemblyscript: ok, \d+ fuel, [0-9a-f]{64}$/),
      expect.stringMatching(/^\.\/wgsl: ok, no fuel, [0-9a-f]{64}$/),
      expect.stringMatching(/^\.\.\/goldbach-comet: ok, \d+ fuel, [0-9a-f]{64}$/),
      expect.stringMatching(/^lace: ok, no fuel, [0-9a-f]{64}$/),
    ]);
    for (const other of others)
      if (other.isHere) expect(await evaluateIn(other, server, DIGESTS)).toEqual(wanted);
  },
);
