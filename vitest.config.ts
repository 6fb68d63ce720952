import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { browserPackages } from './scripts/browser-packages.ts';
import { chromiumArgs, findChromium } from './scripts/chromium.ts';
import { appPlugins } from './vite.config.ts';

/** Starting relays, chains and browsers takes seconds on a loaded machine. */
const SLOW_TEST_TIMEOUT_MS = 60_000;
/** What a test waits for comes in its own time on a loaded machine; how soon is no assertion. */
const POLL = { poll: { timeout: 20_000 } };
const E2E_TIMEOUT_MS = 300_000;

const NODE_TESTS = '**/*.node.test.ts';
const BROWSER_TESTS = '**/*.browser.test.ts';

const chromium = findChromium();

export default defineConfig({
  test: {
    coverage: {
      provider: 'v8',
      include: ['src/{base,protocol,job,market,verification,reputation,payment,provider,requestor}/**/*.ts'],
      exclude: ['**/*.test.ts'],
      reporter: [['text', { skipFull: true }]],
      thresholds: { lines: 80 },
    },
    projects: [
      {
        plugins: appPlugins(),
        test: {
          name: 'unit',
          expect: POLL,
          environment: 'node',
          include: ['src/**/*.test.ts', 'examples/**/*.test.ts', 'tests/mesh/**/*.test.ts'],
          exclude: [NODE_TESTS, BROWSER_TESTS, '**/node_modules/**'],
          // Hours of virtual time in the mesh are seconds of a loaded machine's.
          testTimeout: SLOW_TEST_TIMEOUT_MS,
        },
      },
      {
        test: {
          name: 'node',
          expect: POLL,
          environment: 'node',
          include: [
            `{src,examples,relay,contracts,scripts,bench,wasm,tests/mesh}/${NODE_TESTS}`,
            '{relay,contracts,scripts,bench,wasm}/**/*.test.ts',
          ],
          exclude: [BROWSER_TESTS, '**/node_modules/**'],
          testTimeout: SLOW_TEST_TIMEOUT_MS,
          hookTimeout: SLOW_TEST_TIMEOUT_MS,
          // A few in a hundred first WebRTC dials between Node peers hang; browsers are cured (network/rtc/rtc-init-channel.ts).
          retry: 2,
        },
      },
      {
        plugins: appPlugins(),
        optimizeDeps: { include: browserPackages() },
        test: {
          name: 'browser',
          expect: POLL,
          include: [`{src,examples}/${BROWSER_TESTS}`],
          testTimeout: SLOW_TEST_TIMEOUT_MS,
          hookTimeout: SLOW_TEST_TIMEOUT_MS,
          fileParallelism: false,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({
              launchOptions: {
                args: [...chromiumArgs],
                ...(chromium === undefined ? {} : { executablePath: chromium }),
              },
            }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
      {
        test: {
          name: 'e2e',
          expect: POLL,
          environment: 'node',
          include: ['tests/e2e/**/*.test.ts'],
          globalSetup: ['tests/e2e/global-setup.ts'],
          // Real browsers on a loaded machine; a test that fails twice has found something.
          retry: 1,
          testTimeout: E2E_TIMEOUT_MS,
          hookTimeout: E2E_TIMEOUT_MS,
          // A file keeps about one core busy, and waits for the rest of its time.
          maxWorkers: 2,
          sequence: { concurrent: false },
        },
      },
    ],
  },
});
