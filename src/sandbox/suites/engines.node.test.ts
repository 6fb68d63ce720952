import { afterAll, beforeAll, expect, test } from 'vitest';
import { evaluateIn } from '../fixtures/evaluate-in.node.ts';
import { type HostServer, startHostServer } from '../fixtures/host-page.node.ts';
import { TEST_BROWSERS } from '../fixtures/test-browser.node.ts';

let server: HostServer;

beforeAll(async () => {
  server = await startHostServer();
});
afterAll(() => server?.[Symbol.asyncDispose]());

const [chromium, ...others] = TEST_BROWSERS;
const DIGESTS = `import('/src/sandbox/fixtures/result-digests.page.ts').then(({ resultDigests }) => resultDigests())`;

test.skipIf(others.every(({ isHere }) => !isHere))(
  'the same tasks end alike in every engine, down to fuel, memory and digest',
  async () => {
    const wanted = await evaluateIn(chromium!, server, DIGESTS);
    expect(wanted).toContainEqual(
      expect.stringMatching(/^guest work 30000000: ok, \d+ units, [0-9a-f]{64}$/),
    );
    for (const other of others)
      if (other.isHere) expect(await evaluateIn(other, server, DIGESTS)).toEqual(wanted);
  },
);
