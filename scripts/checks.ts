/** One check: an npm script of the same name, so that each also runs alone (`npm run lint`). */
export interface Check {
  readonly name: string;
  readonly what: string;
  /** Longer than this on four loaded cores means that it hangs. */
  readonly limitMs: number;
  /** How many cores it keeps busy, about; checks run side by side while there are cores for them. */
  readonly cores: number;
  /** The check whose output it reads. */
  readonly after?: string;
}

const MINUTE_MS = 60_000;
/** Runs alone: several browsers at a time want every core that there is. */
const ALL_CORES = Infinity;

/** Every check, those that find most in least time first. */
export const CHECKS: readonly Check[] = [
  { name: 'format', what: 'Prettier', limitMs: 3 * MINUTE_MS, cores: 1 },
  { name: 'lint', what: 'ESLint', limitMs: 5 * MINUTE_MS, cores: 1 },
  // The longest on one core, so that it starts early.
  { name: 'contracts', what: 'the voucher pool, by forge', limitMs: 8 * MINUTE_MS, cores: 1 },
  { name: 'types', what: 'TypeScript in three worlds, and Svelte', limitMs: 6 * MINUTE_MS, cores: 1 },
  { name: 'layers', what: 'who may import whom', limitMs: 2 * MINUTE_MS, cores: 1 },
  { name: 'unused', what: 'unused files, exports and packages', limitMs: 2 * MINUTE_MS, cores: 1 },
  { name: 'wasm', what: 'digests of the built guest programs', limitMs: MINUTE_MS, cores: 1 },
  { name: 'artifacts', what: 'generated contract code is fresh', limitMs: 2 * MINUTE_MS, cores: 1 },
  { name: 'build', what: 'the static app', limitMs: 3 * MINUTE_MS, cores: 1 },
  { name: 'size', what: 'size budgets of the build', limitMs: MINUTE_MS, cores: 1, after: 'build' },
  { name: 'unit', what: 'pure logic and mesh tests, and what they cover', limitMs: 6 * MINUTE_MS, cores: 3 },
  { name: 'node', what: 'relay, chain and scripts', limitMs: 10 * MINUTE_MS, cores: 2 },
  { name: 'browser', what: 'adapters and pages in a real Chromium', limitMs: 8 * MINUTE_MS, cores: 2 },
  { name: 'e2e', what: 'browsers, relay and chain together', limitMs: 12 * MINUTE_MS, cores: ALL_CORES },
];
