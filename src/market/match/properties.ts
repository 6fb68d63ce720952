import type { Capabilities, Requirements } from '../../protocol/capabilities.ts';

const GIB = 2 ** 30;
const MBIT = 1e6;
/** Scores are kept in micro-units per second; people read multiples of the reference score. */
const MICRO = 1e6;

/** A measure of a machine that a job can ask a bound of. Values are in the property's own unit. */
export interface Measure {
  /** Golem's name where the meaning is Golem's (golem-architecture, standards/0-commons), `kiln.…` otherwise. */
  readonly name: string;
  /** For people, as in "needs 2 GiB GPU memory". */
  readonly label: string;
  /** Follows the number; empty for plain counts. */
  readonly unit: string;
  /** Whether at least or at most this much is asked for. */
  readonly bound: 'least' | 'most';
  /** What is asked for; undefined when nothing is. */
  readonly asked: (requirements: Requirements) => number | undefined;
  /** What is there; undefined while it is not known. */
  readonly has: (capabilities: Capabilities, kind: keyof Capabilities['scores']) => number | undefined;
  /** The same requirements, asking for this much. */
  readonly ask: (requirements: Requirements, value: number) => Requirements;
  /** Is it a measure of the GPU? Then a machine without one has none of it. */
  readonly isOfGpu: boolean;
}

/** The fixed measures. Every limit of WebGPU is one more: see {@link gpuLimit}. */
export const MEASURES: readonly Measure[] = [
  sized('golem.inf.mem.gib', 'memory', 'memoryBytes', ({ memoryBytes }) => memoryBytes),
  {
    name: 'golem.inf.cpu.cores',
    label: 'cores',
    unit: '',
    bound: 'least',
    asked: ({ cores }) => cores,
    has: ({ cores }) => cores,
    ask: (requirements, value) => ({ ...requirements, cores: Math.ceil(value) }),
    isOfGpu: false,
  },
  sized('golem.inf.storage.gib', 'storage', 'storageBytes', ({ storageBytes }) => storageBytes),
  sized('kiln.gpu.mem.gib', 'GPU memory', 'gpuMemoryBytes', ({ gpu }) => gpu?.memoryBytes, true),
  {
    name: 'kiln.score',
    label: 'speed',
    unit: '× the reference',
    bound: 'least',
    asked: ({ microUnitsPerSecond }) => over(microUnitsPerSecond, MICRO),
    has: ({ scores }, kind) => over(scores[kind], MICRO),
    ask: (requirements, value) => ({ ...requirements, microUnitsPerSecond: Math.round(value * MICRO) }),
    isOfGpu: false,
  },
  ...(['wasi', 'wgsl', 'onnx'] as const).map((kind): Measure => ({
    name: `kiln.score.${kind}`,
    label: `${kind} speed`,
    unit: '× the reference',
    bound: 'least',
    asked: ({ scores }) => over(scores?.[kind], MICRO),
    has: ({ scores }) => over(scores[kind], MICRO),
    ask: (requirements, value) => ({
      ...requirements,
      scores: { ...requirements.scores, [kind]: Math.round(value * MICRO) },
    }),
    isOfGpu: false,
  })),
  {
    name: 'kiln.net.down.mbit',
    label: 'downstream bandwidth',
    unit: 'Mbit/s',
    bound: 'least',
    asked: ({ downBitsPerSecond }) => over(downBitsPerSecond, MBIT),
    has: ({ downBitsPerSecond }) => over(downBitsPerSecond, MBIT),
    ask: (requirements, value) => ({ ...requirements, downBitsPerSecond: Math.round(value * MBIT) }),
    isOfGpu: false,
  },
  {
    name: 'kiln.net.latency.ms',
    label: 'round trip',
    unit: 'ms',
    bound: 'most',
    asked: ({ latencyMs }) => latencyMs,
    has: ({ latencyMs }) => latencyMs,
    ask: (requirements, value) => ({ ...requirements, latencyMs: value }),
    isOfGpu: false,
  },
];

/** Measures whose name goes on with that of a WebGPU limit. */
export const GPU_LIMIT_PREFIX = 'kiln.gpu.limit.';

/** The measure of one WebGPU limit, such as `maxBufferSize`. */
export function gpuLimit(limit: string): Measure {
  return {
    name: `${GPU_LIMIT_PREFIX}${limit}`,
    label: limit,
    unit: '',
    // WebGPU's two alignment limits are better when they are smaller (WebGPU, 3.6 limits).
    bound: isAlignment(limit) ? 'most' : 'least',
    asked: ({ gpuLimits }) => own(gpuLimits, limit),
    has: ({ gpu }) => own(gpu?.limits, limit),
    ask: (requirements, value) => ({
      ...requirements,
      gpuLimits: { ...requirements.gpuLimits, [limit]: Math.ceil(value) },
    }),
    isOfGpu: true,
  };
}

/** The measure of a name, fixed or a limit of WebGPU; undefined for other properties. */
export function measureNamed(name: string): Measure | undefined {
  const limit = name.startsWith(GPU_LIMIT_PREFIX) ? name.slice(GPU_LIMIT_PREFIX.length) : '';
  // All of WebGPU's begin so; words such as `constructor` would be lost on the wire.
  if (/^(max|min)[A-Za-z0-9-]+$/.test(limit)) return gpuLimit(limit);
  return MEASURES.find((measure) => measure.name === name);
}

/** All measures that these requirements ask something of. */
export function measuresAsked(requirements: Requirements): Measure[] {
  const limits = Object.keys(requirements.gpuLimits ?? {}).map(gpuLimit);
  return [...MEASURES, ...limits].filter((measure) => measure.asked(requirements) !== undefined);
}

/** "2 GiB", "4": a value of a measure for people, rounded so that what falls short never reads as enough. */
export function sayValue({ unit, bound }: Pick<Measure, 'unit' | 'bound'>, value: number): string {
  const digits = value > 0 && value < 1 ? Math.min(15, 2 - Math.floor(Math.log10(value))) : 2;
  const scale = 10 ** digits;
  const rounded =
    (bound === 'least' ? Math.floor(value * scale + 1e-6) : Math.ceil(value * scale - 1e-6)) / scale;
  const shown = Number((Number.isInteger(value) ? value : rounded).toFixed(digits));
  return unit === '' ? `${shown}` : `${shown} ${unit}`;
}

function sized(
  name: string,
  label: string,
  key: 'memoryBytes' | 'storageBytes' | 'gpuMemoryBytes',
  has: (capabilities: Capabilities) => number | undefined,
  isOfGpu = false,
): Measure {
  return {
    name,
    label,
    unit: 'GiB',
    bound: 'least',
    asked: (requirements) => over(requirements[key], GIB),
    has: (capabilities) => over(has(capabilities), GIB),
    ask: (requirements, value) => ({ ...requirements, [key]: Math.ceil(value * GIB) }),
    isOfGpu,
  };
}

function isAlignment(limit: string): boolean {
  return limit === 'minUniformBufferOffsetAlignment' || limit === 'minStorageBufferOffsetAlignment';
}

/** A stranger names limits: `toString` must not be one that everybody has. */
function own(limits: Readonly<Record<string, number>> | undefined, limit: string): number | undefined {
  return limits !== undefined && Object.hasOwn(limits, limit) ? limits[limit] : undefined;
}

function over(value: number | undefined, unit: number): number | undefined {
  return value === undefined ? undefined : value / unit;
}
