import type { Capabilities, Requirements } from '../../protocol/capabilities.ts';
import type { Policy } from '../../protocol/policy.ts';
import type { JobKind } from '../../protocol/primitives.ts';
import { type Measure, measuresAsked, sayValue } from './properties.ts';

/** One requirement that a machine does not meet. */
export interface Shortfall {
  readonly code: 'too-little' | 'needs-gpu' | 'not-measured' | 'lacks-feature' | 'other-vendor';
  /** Name of the property in the vocabulary of `properties.ts`. */
  readonly property: string;
  /** What is asked for and what is there, for people; `has` is absent while nothing is known. */
  readonly asked: string;
  readonly has?: string;
  /** For both sides: "needs 2 GiB GPU memory, has 0.25 GiB". */
  readonly text: string;
  /** The same said of several machines: "have less than 2 GiB GPU memory". */
  readonly manyText: string;
  /** Least or most that would do, and what is there, in the property's unit; only of measures. */
  readonly gap?: Pick<Measure, 'label' | 'unit' | 'bound'> & { readonly asked: number; readonly has: number };
}

/** Everything that a machine lacks for a job of this kind with these requirements. */
export function meetRequirements(
  requirements: Requirements,
  kind: JobKind,
  capabilities: Capabilities,
): Shortfall[] {
  const isForGpu = kind === 'wgsl' || asksForGpu(requirements);
  const lacksGpu = isForGpu && capabilities.gpu === undefined;
  const measures = measuresAsked(requirements).filter(({ isOfGpu }) => !(isOfGpu && lacksGpu));
  return [
    ...(lacksGpu ? [needsGpu()] : []),
    ...measures.flatMap((measure) => compare(measure, requirements, kind, capabilities) ?? []),
    ...(lacksGpu
      ? []
      : [...lackedFeatures(requirements, capabilities), ...wrongVendor(requirements, capabilities)]),
  ];
}

/**
 * A job whose results are compared bit for bit gives its tasks to GPUs of one numeric class at a time; one whose class
 * nobody knows can have none of them.
 */
export function lacksNumericClass(
  policy: Policy | undefined,
  kind: JobKind,
  { gpu }: Capabilities,
): Shortfall | undefined {
  const isNeeded = policy?.sameNumericClass === true && kind !== 'wasi';
  if (!isNeeded || gpu === undefined || gpu.numericClass !== undefined) return undefined;
  return {
    code: 'not-measured',
    property: 'kiln.gpu.class',
    asked: 'a known class',
    text: 'needs a GPU whose numeric class is known, which is not measured yet',
    manyText: 'have not measured the numeric class of their GPU yet',
  };
}

function asksForGpu({ gpuMemoryBytes, gpuFeatures, gpuLimits, gpuVendors }: Requirements): boolean {
  const hasLimits = gpuLimits !== undefined && Object.keys(gpuLimits).length > 0;
  return (
    gpuMemoryBytes !== undefined || hasLimits || (gpuFeatures?.length ?? 0) > 0 || gpuVendors !== undefined
  );
}

function needsGpu(): Shortfall {
  return {
    code: 'needs-gpu',
    property: 'kiln.gpu',
    asked: 'a GPU',
    has: 'none',
    text: 'needs a GPU',
    manyText: 'lend no GPU',
  };
}

function compare(
  measure: Measure,
  requirements: Requirements,
  kind: JobKind,
  capabilities: Capabilities,
): Shortfall | undefined {
  const asked = measure.asked(requirements)!;
  const has = measure.has(capabilities, kind);
  const { name: property, label, unit, bound } = measure;
  const most = bound === 'most';
  const wanted = sayValue(measure, asked);
  const need = most ? `a ${label} of at most ${wanted}` : `${wanted} ${label}`;
  if (has === undefined) {
    return {
      code: 'not-measured',
      property,
      asked: wanted,
      text: `needs ${need}, which is not measured yet`,
      manyText: `have not measured their ${label} yet`,
    };
  }
  if (most ? has <= asked : has >= asked) return undefined;
  const there = sayValue(measure, has);
  return {
    code: 'too-little',
    property,
    asked: wanted,
    has: there,
    text: `needs ${need}, has ${there}`,
    manyText: most ? `have a ${label} above ${wanted}` : `have less than ${wanted} ${label}`,
    gap: { asked, has, label, unit, bound },
  };
}

function lackedFeatures({ gpuFeatures = [] }: Requirements, { gpu }: Capabilities): Shortfall[] {
  return gpuFeatures
    .filter((feature) => !gpu?.features.includes(feature))
    .map((feature) => ({
      code: 'lacks-feature',
      property: 'kiln.gpu.features',
      asked: feature,
      text: `needs the GPU feature ${feature}`,
      manyText: `lack the GPU feature ${feature}`,
    }));
}

function wrongVendor({ gpuVendors }: Requirements, { gpu }: Capabilities): Shortfall[] {
  if (gpuVendors === undefined || (gpu !== undefined && gpuVendors.includes(gpu.vendor))) return [];
  const asked = gpuVendors.join(' or ');
  const has = gpu?.vendor ?? 'none';
  return [
    {
      code: 'other-vendor',
      property: 'kiln.gpu.vendor',
      asked,
      has,
      text: `needs a GPU by ${asked}, has one by ${has}`,
      manyText: `have no GPU by ${asked}`,
    },
  ];
}
