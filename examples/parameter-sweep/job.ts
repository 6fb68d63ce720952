import { ownBytes } from '../../src/base/bytes.ts';
import { cutBlob } from '../../src/base/cid.ts';
import { KilnError } from '../../src/base/errors.ts';
import { LIMIT_BOUNDS } from '../../src/job/limits.ts';
import type { Manifest } from '../../src/protocol/manifest.ts';
import type { JobDraft } from '../../src/requestor/view.ts';

const MIB = 1_048_576;

/** What a sweep covers and how finely. */
export interface SweepSettings {
  /** First and last value of rho. */
  readonly from: number;
  readonly to: number;
  /** Values of rho in all. */
  readonly values: number;
  readonly valuesPerTask: number;
  /** Time units measured for each value, after a transient of a quarter of that. */
  readonly time: number;
  /** Rows for each value at most. */
  readonly maxima: number;
}

/** Twice what the program was seen to burn for a time unit of one value: 476,000. */
const FUEL_PER_TIME_UNIT = 1_000_000;
/** Far above what it burns before it begins. */
const START_FUEL = 100_000_000;
/** A tenth of what one core of 2024 burns in a millisecond. */
const SLOW_FUEL_PER_MS = 2_000_000;

/** Columns that the program prints. */
const COLUMNS = ['rho', 'z_max', 'z_max/rho', 'lyapunov'];

/** Makes a sweep into a job; throws `example/bad-settings`. Pure: the same module and settings give the same draft. */
export async function buildSweepJob(module: Uint8Array, settings: SweepSettings): Promise<JobDraft> {
  checkSettings(settings);
  const { from, to, values, valuesPerTask, time, maxima } = settings;
  const transient = Math.ceil(time / 4);
  const args = [
    'lorenz-sweep',
    '{first}',
    '{first_end}',
    ...[values, from, to, transient, time, maxima].map(String),
  ];
  const manifest: Manifest = {
    version: 1,
    name: 'Lorenz sweep',
    description: `Maxima of z and largest Lyapunov exponent of the Lorenz system for ${values} values of rho from ${from} to ${to}.`,
    program: {
      kind: 'wasi',
      module: { cid: (await cutBlob(module)).cid, bytes: module.byteLength },
      args,
      env: {},
      files: {},
      outputs: ['stdout'],
    },
    split: { by: 'range', name: 'first', from: 0, to: values, step: valuesPerTask },
    limits: {
      memoryBytes: 16 * MIB,
      outputBytes: 1 * MIB,
      ...workLimits(valuesPerTask * (transient + time)),
    },
    comparator: { class: 'exact' },
    policy: { kind: 'quorum', need: 2, limit: 5, auditRate: 0 },
    deliverable: {
      kind: 'table',
      path: 'stdout',
      columns: COLUMNS,
      plot: { x: 'rho', y: 'z_max/rho', style: 'points' },
    },
  };
  return { manifest, blobs: [ownBytes(module)] };
}

/** Fuel and wall time for a task of so many time units, all its values together. */
function workLimits(timeUnits: number): { readonly fuel: number; readonly wallMs: number } {
  const fuel = START_FUEL + timeUnits * FUEL_PER_TIME_UNIT;
  const { byDefault, atMost } = LIMIT_BOUNDS.wallMs;
  return { fuel, wallMs: Math.min(atMost, Math.max(byDefault, Math.ceil(fuel / SLOW_FUEL_PER_MS))) };
}

function checkSettings(settings: SweepSettings): void {
  const { from, to, values, valuesPerTask, time, maxima } = settings;
  const areCounts = [values, valuesPerTask, time, maxima].every(
    (count) => Number.isSafeInteger(count) && count >= 1,
  );
  if (areCounts && values >= 2 && Number.isFinite(from) && Number.isFinite(to) && from < to) return;
  throw new KilnError('example/bad-settings', 'These settings make no sweep.', {
    data: { from, to, values, valuesPerTask, time, maxima },
    hint: 'Let rho end above its start, take at least two values, and whole numbers for the rest.',
  });
}
