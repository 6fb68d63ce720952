import type { Limits, Manifest } from '../protocol/manifest.ts';

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;

interface Bounds {
  readonly byDefault: number;
  readonly atMost: number;
}

const BOUNDS: Readonly<Record<keyof Limits, Bounds>> = {
  memoryBytes: { byDefault: 256 * MIB, atMost: GIB },
  wallMs: { byDefault: 60_000, atMost: 600_000 },
  outputBytes: { byDefault: 64 * MIB, atMost: 256 * MIB },
  gpuMemoryBytes: { byDefault: 256 * MIB, atMost: GIB },
};

/** A manifest's limits with nothing left open. */
export type EffectiveLimits = Readonly<Required<{ [Name in keyof Limits]: number }>>;

/** The limits a task runs under: what the manifest asks for, cut to the hard limits, else the defaults. */
export function effectiveLimits(limits: Manifest['limits']): EffectiveLimits {
  const bound = (name: keyof Limits) => Math.min(limits[name] ?? BOUNDS[name].byDefault, BOUNDS[name].atMost);
  return {
    memoryBytes: bound('memoryBytes'),
    wallMs: bound('wallMs'),
    outputBytes: bound('outputBytes'),
    gpuMemoryBytes: bound('gpuMemoryBytes'),
  };
}
