import { readRequirements, writeRequirements } from '../../../market/match/requirement-lines.ts';
import { type Measure, measureNamed } from '../../../market/match/properties.ts';
import type { Requirements } from '../../../protocol/capabilities.ts';

/** One measure of a provider as a plain number field. */
export interface RequirementField {
  readonly name: string;
  readonly label: string;
  readonly unit: string;
  readonly help?: string;
  readonly isOfGpu: boolean;
}

/** What people ask for most; everything else is asked for in lines. */
export const REQUIREMENT_FIELDS: readonly RequirementField[] = [
  { name: 'golem.inf.cpu.cores', label: 'Cores', unit: 'lent', isOfGpu: false },
  { name: 'golem.inf.mem.gib', label: 'Memory', unit: 'GiB', isOfGpu: false },
  { name: 'kiln.gpu.mem.gib', label: 'GPU memory', unit: 'GiB', isOfGpu: true },
  { name: 'kiln.score', label: 'Speed', unit: '× reference', help: 'Measured, per slot.', isOfGpu: false },
  { name: 'kiln.net.latency.ms', label: 'Longest round trip', unit: 'ms', isOfGpu: false },
  { name: 'kiln.net.down.mbit', label: 'Bandwidth', unit: 'Mbit/s', help: 'Downstream.', isOfGpu: false },
];

/** What is asked of a measure, in its own unit; undefined when nothing is. */
export function askedOf(requirements: Requirements, name: string): number | undefined {
  return measureNamed(name)?.asked(requirements);
}

/**
 * The same requirements with another bound of one property, or without it. Throws what {@link readRequirements} throws.
 *
 * @example
 * askFor({}, 'golem.inf.mem.gib', 2); // { memoryBytes: 2147483648 }
 */
export function askFor(requirements: Requirements, name: string, value: number | undefined): Requirements {
  const others = writeRequirements(requirements).filter((line) => !line.startsWith(`${name} `));
  const measure = measureNamed(name);
  const line = measure === undefined || value === undefined ? [] : [`${name} ${signOf(measure)} ${value}`];
  return readRequirements([...others, ...line].join('\n'));
}

function signOf({ bound }: Measure): string {
  return bound === 'least' ? '>=' : '<=';
}
