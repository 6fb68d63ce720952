import * as v from 'valibot';
import { KilnError } from '../../base/errors.ts';
import {
  type Capabilities,
  gpuVendorSchema,
  type Requirements,
  requirementsSchema,
} from '../../protocol/capabilities.ts';
import type { JobKind } from '../../protocol/primitives.ts';
import {
  GPU_LIMIT_PREFIX,
  gpuLimit,
  type Measure,
  measureNamed,
  MEASURES,
  measuresAsked,
} from './properties.ts';

/** Longest text that is read: every property once, with room. */
const MAX_TEXT_CHARS = 10_000;
const FEATURES = 'kiln.gpu.features';
const VENDOR = 'kiln.gpu.vendor';
/** Known names that are not asked for here, and why. */
const SAID_ELSEWHERE: Readonly<Record<string, string>> = {
  'golem.runtime.name': 'The kind of its program says what runs a job; it is no requirement of its own.',
  'golem.inf.cpu.threads': 'Kiln counts the slots that are lent: ask for golem.inf.cpu.cores.',
  'kiln.price': 'The highest price is a term of the job, not a requirement.',
};

/**
 * Requirements as people and other tools write them, one to a line: `golem.inf.mem.gib >= 2`, `kiln.net.latency.ms <= 80`,
 * `kiln.gpu.features = shader-f16, timestamp-query` (all of them), `kiln.gpu.vendor = nvidia, amd` (any of them). Empty
 * lines and what follows a `#` do not count. Throws `market/unknown-property` or `market/bad-requirement`, with the line.
 *
 * @example
 * readRequirements('golem.inf.mem.gib >= 2'); // { memoryBytes: 2147483648 }
 */
export function readRequirements(text: string): Requirements {
  if (text.length > MAX_TEXT_CHARS) throw bad('', `the text is longer than ${MAX_TEXT_CHARS} characters`);
  let requirements: Requirements = {};
  const seen = new Set<string>();
  for (const line of text.split(/\r?\n/)) {
    const statement = line.replace(/#.*$/, '').trim();
    if (statement === '') continue;
    const [, name, operator, value] = /^([^\s<>=]+)\s*(>=|<=|=)\s*(.+)$/.exec(statement) ?? [];
    if (name === undefined || operator === undefined || value === undefined) {
      throw bad(statement, 'it must read NAME >= VALUE, NAME <= VALUE or NAME = VALUE, VALUE');
    }
    if (seen.has(name)) throw bad(statement, `${name} was asked for before`);
    seen.add(name);
    requirements = readOne(requirements, name, operator, value.trim(), statement);
  }
  const checked = v.safeParse(requirementsSchema, requirements);
  if (checked.success) return checked.output;
  throw bad(text.trim(), checked.issues[0].message);
}

/** The same requirements as lines that {@link readRequirements} reads, in the order of the vocabulary. */
export function writeRequirements(requirements: Requirements): string[] {
  const { gpuFeatures = [], gpuVendors } = requirements;
  return [
    ...measuresAsked(requirements).map(
      (measure) => `${measure.name} ${operatorOf(measure)} ${measure.asked(requirements)!}`,
    ),
    ...(gpuFeatures.length === 0 ? [] : [`${FEATURES} = ${gpuFeatures.join(', ')}`]),
    ...(gpuVendors === undefined ? [] : [`${VENDOR} = ${gpuVendors.join(', ')}`]),
  ];
}

/** What a machine has, by the names of the vocabulary; what is not known is left out. */
export function writeCapabilities(
  capabilities: Capabilities,
  kinds: readonly JobKind[],
): Record<string, string> {
  const entries: [string, string][] = [['golem.runtime.name', kinds.join(', ')]];
  const limits = Object.keys(capabilities.gpu?.limits ?? {}).map(gpuLimit);
  for (const measure of [...MEASURES, ...limits]) {
    // The speed at "the own kind" is that of one kind only in a demand.
    const value = measure.name === 'kiln.score' ? undefined : measure.has(capabilities, 'wasi');
    if (value !== undefined) entries.push([measure.name, `${value}`]);
  }
  const { gpu } = capabilities;
  if (gpu !== undefined) entries.push([FEATURES, gpu.features.join(', ')], [VENDOR, gpu.vendor]);
  return Object.fromEntries(entries);
}

function readOne(
  requirements: Requirements,
  name: string,
  operator: string,
  value: string,
  line: string,
): Requirements {
  if (name === FEATURES || name === VENDOR) {
    if (operator !== '=') throw bad(line, `${name} takes = and a list`);
    const words = value.split(',').map((word) => word.trim());
    return name === FEATURES
      ? { ...requirements, gpuFeatures: words }
      : { ...requirements, gpuVendors: words.map((word) => readVendor(word, line)) };
  }
  const measure = measureOf(name, line);
  if (operator !== operatorOf(measure)) throw bad(line, `${name} takes ${operatorOf(measure)}`);
  const number = /^\d+(\.\d+)?(e[+-]?\d+)?$/i.test(value) ? Number(value) : Number.NaN;
  if (!Number.isFinite(number)) throw bad(line, `“${value}” is not a number of 0 or more`);
  return measure.ask(requirements, number);
}

function measureOf(name: string, line: string): Measure {
  const known = measureNamed(name);
  if (known !== undefined) return known;
  const elsewhere = Object.hasOwn(SAID_ELSEWHERE, name) ? SAID_ELSEWHERE[name] : undefined;
  if (elsewhere !== undefined) throw bad(line, elsewhere);
  throw new KilnError('market/unknown-property', `There is no property ${name.slice(0, 80)} to ask for.`, {
    data: { line: line.slice(0, 200) },
    hint: `Known are ${[...MEASURES.map((one) => one.name), `${GPU_LIMIT_PREFIX}…`, FEATURES, VENDOR].join(', ')}.`,
  });
}

function readVendor(word: string, line: string) {
  const vendor = v.safeParse(gpuVendorSchema, word);
  if (vendor.success) return vendor.output;
  throw bad(line, `“${word.slice(0, 40)}” is none of ${gpuVendorSchema.options.join(', ')}`);
}

function operatorOf({ bound }: Measure): '>=' | '<=' {
  return bound === 'least' ? '>=' : '<=';
}

function bad(line: string, why: string): KilnError {
  return new KilnError('market/bad-requirement', `This requirement cannot be read: ${why}.`, {
    data: { line: line.slice(0, 200) },
    hint: 'Write one to a line, such as: golem.inf.mem.gib >= 2',
  });
}
