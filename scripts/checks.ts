/** One check: an npm script of the same name, so that each also runs alone (`npm run lint`). */
export interface Check {
  readonly name: string;
  readonly what: string;
  /** Longer than this on four loaded cores means that it hangs. */
  readonly limitMs: number;
}

const MINUTE_MS = 60_000;

/** Every check, cheapest first. */
export const CHECKS: readonly Check[] = [
  { name: 'format', what: 'Prettier', limitMs: 2 * MINUTE_MS },
  { name: 'lint', what: 'ESLint', limitMs: 3 * MINUTE_MS },
  { name: 'types', what: 'TypeScript in three worlds, and Svelte', limitMs: 3 * MINUTE_MS },
  { name: 'layers', what: 'who may import whom', limitMs: 2 * MINUTE_MS },
  { name: 'unused', what: 'unused files, exports and packages', limitMs: 2 * MINUTE_MS },
  { name: 'wasm', what: 'digests of the built guest programs', limitMs: MINUTE_MS },
  { name: 'artifacts', what: 'generated contract code is fresh', limitMs: 2 * MINUTE_MS },
  { name: 'unit', what: 'pure logic and mesh tests', limitMs: 4 * MINUTE_MS },
  { name: 'node', what: 'relay, chain and scripts', limitMs: 5 * MINUTE_MS },
  { name: 'contracts', what: 'the voucher pool, by forge', limitMs: 5 * MINUTE_MS },
  { name: 'build', what: 'the static app', limitMs: 3 * MINUTE_MS },
  { name: 'size', what: 'size budgets of the build', limitMs: MINUTE_MS },
  { name: 'browser', what: 'adapters and pages in a real Chromium', limitMs: 6 * MINUTE_MS },
  { name: 'e2e', what: 'browsers, relay and chain together', limitMs: 12 * MINUTE_MS },
  { name: 'coverage', what: 'the floor under the pure core', limitMs: 4 * MINUTE_MS },
];
