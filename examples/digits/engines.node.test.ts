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
const DIGESTS = `import('/examples/digits/page-digests.ts').then(({ pageDigests }) => pageDigests({ drawings: 30, drawingsPerTask: 10 }))`;

test.skipIf(others.every(({ isHere }) => !isHere))(
  'a model gives the same bits in every engine',
  async () => {
    const wanted = await evaluateIn(chromium!, server, DIGESTS);
    expect(wanted).toEqual(Array.from({ length: 3 }, () => expect.stringMatching(/^ok, [0-9a-f]{64}$/)));
    for (const other of others)
      if (other.isHere) expect(await evaluateIn(other, server, DIGESTS)).toEqual(wanted);
  },
);
