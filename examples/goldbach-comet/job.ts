import { ownBytes } from '../../src/base/bytes.ts';
import { cutBlob } from '../../src/base/cid.ts';
import { KilnError } from '../../src/base/errors.ts';
import type { Manifest } from '../../src/protocol/manifest.ts';
import type { JobDraft } from '../../src/requestor/view.ts';

const MIB = 1_048_576;

/** Which even numbers are taken apart. */
export interface CometSettings {
  /** Even numbers from this one … */
  readonly from: number;
  /** … to below this one. */
  readonly to: number;
  /** Even numbers that one task takes. */
  readonly numbersPerTask: number;
}

/** Largest number that the program's sieve holds. */
const MAX_NUMBER = 4_000_000;
const SMALLEST_EVEN = 4;

/** Makes a comet into a job; throws `example/bad-settings`. Pure: the same module and settings give the same draft. */
export async function buildCometJob(module: Uint8Array, settings: CometSettings): Promise<JobDraft> {
  checkSettings(settings);
  const { from, to, numbersPerTask } = settings;
  const manifest: Manifest = {
    version: 1,
    name: 'Goldbach comet',
    description: `In how many ways the even numbers from ${from} to ${to} are sums of two primes.`,
    program: {
      kind: 'wasi',
      module: { cid: (await cutBlob(module)).cid, bytes: module.byteLength },
      args: ['goldbach', '{half}', '{half_end}'],
      env: {},
      files: {},
      outputs: ['stdout'],
    },
    // The program counts in halves: its numbers are 2 × half.
    split: {
      by: 'range',
      name: 'half',
      from: Math.ceil(from / 2),
      to: Math.ceil(to / 2),
      step: numbersPerTask,
    },
    limits: { memoryBytes: 64 * MIB, wallMs: 60_000, outputBytes: 1 * MIB },
    comparator: { class: 'exact' },
    policy: { kind: 'quorum', need: 2, limit: 5, auditRate: 0 },
    deliverable: {
      kind: 'table',
      path: 'stdout',
      columns: ['n', 'ways', 'smallest prime'],
      plot: { x: 'n', y: 'ways', style: 'points' },
    },
  };
  return { manifest, blobs: [ownBytes(module)] };
}

function checkSettings({ from, to, numbersPerTask }: CometSettings): void {
  const areCounts = [from, to, numbersPerTask].every((count) => Number.isSafeInteger(count) && count >= 1);
  const isRange = from >= SMALLEST_EVEN && to <= MAX_NUMBER && Math.ceil(from / 2) < Math.ceil(to / 2);
  if (areCounts && isRange) return;
  throw new KilnError('example/bad-settings', 'These settings make no comet.', {
    data: { from, to, numbersPerTask },
    hint: `Take whole numbers from ${SMALLEST_EVEN} to ${MAX_NUMBER}, the second beyond the first.`,
  });
}
