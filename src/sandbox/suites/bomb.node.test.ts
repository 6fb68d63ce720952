import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import createWabt from 'wabt';
import type { Blast } from '../fixtures/bombs/blast.ts';
import { assembleBombs, BOMBS } from '../fixtures/bombs/bombs.node.ts';
import { type HostServer, startHostServer } from '../fixtures/host-page.node.ts';
import { TEST_BROWSERS } from '../fixtures/test-browser.node.ts';

/** A page that draws less often than this was not responsive, however loaded the machine. */
const LONGEST_GAP_MS = 2_000;
/** Some forty bombs, many of which run until their time is over. */
const SUITE_LIMIT_MS = 240_000;
/** Progress is told ten times a second at most (guest/serve-host.ts). */
const TOLD_PER_MS = 1 / 100;

let server: HostServer;
let harmless: string;
let bombs: Awaited<ReturnType<typeof assembleBombs>>;

beforeAll(async () => {
  server = await startHostServer();
  bombs = await assembleBombs();
  const wabt = await createWabt();
  const { buffer } = wabt
    .parseWat('harmless.wat', '(module (memory (export "memory") 1) (func (export "_start")))')
    .toBinary({});
  harmless = Buffer.from(buffer).toString('base64');
});
afterAll(() => server?.[Symbol.asyncDispose]());

describe.each(TEST_BROWSERS)('bombs in $name', ({ isHere, launch }) => {
  test.runIf(isHere)(
    'each end by name, the next task runs, and the page goes on drawing',
    async () => {
      const browser = await launch();
      try {
        const page = await browser.open(`${server.origin}/host.html`);
        const blasts = (await page.evaluate(
          `import('/src/sandbox/fixtures/bombs/bomb-yard.page.ts').then(({ setOff }) => setOff(${JSON.stringify(bombs)}, ${JSON.stringify(harmless)}))`,
        )) as Blast[];
        console.table(blasts.map(({ exit, ...rest }) => ({ ...rest, exit: exit.kind })));
        const isRight = ({ exit, next, told, tookMs }: Blast, i: number) =>
          BOMBS[i]!.ends.includes(exit.kind) && next === 'ok' && told <= tookMs * TOLD_PER_MS + 2;
        expect(blasts.filter((blast, i) => !isRight(blast, i))).toEqual([]);
        expect(blasts.map(({ name }) => name)).toEqual(BOMBS.map(({ name }) => name));
        expect(blasts.filter(({ gapMs }) => gapMs > LONGEST_GAP_MS)).toEqual([]);
      } finally {
        await browser.close();
      }
    },
    SUITE_LIMIT_MS,
  );
});
