import type { Limits, Manifest } from '../protocol/manifest.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;

interface Bounds {
  readonly byDefault: number;
  readonly atMost: number;
}

/** What a task gets when its manifest says nothing, and what it may ask for. */
export const LIMIT_BOUNDS: Readonly<Record<keyof Limits, Bounds>> = {
  memoryBytes: { byDefault: 256 * MIB, atMost: GIB },
  wallMs: { byDefault: 60_000, atMost: 600_000 },
  outputBytes: { byDefault: 64 * MIB, atMost: 256 * MIB },
  gpuMemoryBytes: { byDefault: 256 * MIB, atMost: GIB },
  moduleBytes: { byDefault: 16 * MIB, atMost: 64 * MIB },
  tableElements: { byDefault: 65_536, atMost: 1_048_576 },
  fuel: { byDefault: 1e12, atMost: 2e13 },
  shaderBytes: { byDefault: 64 * KIB, atMost: 256 * KIB },
  inlinedTokens: { byDefault: 20_000, atMost: 60_000 },
  loopTurns: { byDefault: 2 ** 20, atMost: 2 ** 24 },
  compileMs: { byDefault: 5_000, atMost: 15_000 },
};

/** A manifest's limits with nothing left open. */
export type EffectiveLimits = Readonly<Required<{ [Name in keyof Limits]: number }>>;

/** The limits a task runs under: what the manifest asks for, cut to the hard limits, else the defaults. */
export function effectiveLimits(limits: Manifest['limits']): EffectiveLimits {
  const names = Object.keys(LIMIT_BOUNDS) as (keyof Limits)[];
  return Object.fromEntries(
    names.map((name) => [
      name,
      Math.min(limits[name] ?? LIMIT_BOUNDS[name].byDefault, LIMIT_BOUNDS[name].atMost),
    ]),
  ) as EffectiveLimits;
}

/** How long a verifier may look at one result: one that takes longer is no cheaper than a second provider. */
const VERIFIER_WALL_MS = 20_000;
/** What it burns in that time, see docs/writing-jobs.md, fuel. */
const VERIFIER_FUEL = 4e11;

/** The limits of every verifier, whatever its job's manifest grants to tasks: job files come from strangers. */
export const VERIFIER_LIMITS: EffectiveLimits = effectiveLimits({
  wallMs: VERIFIER_WALL_MS,
  fuel: VERIFIER_FUEL,
  // It answers by its exit; files of its own are scratch.
  outputBytes: 16 * MIB,
});
