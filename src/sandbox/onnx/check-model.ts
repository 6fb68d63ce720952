import type { KilnError } from '../../base/errors.ts';
import type { OnnxProgram, TensorType } from '../../protocol/manifest.ts';
import { refusal } from '../prepare/inputs.ts';
import { type DeclaredTensor, type ModelFacts, UNNAMED } from './read-model.ts';
import { DATA_TYPES } from './write-model.ts';

/** Operator sets that the runtime carries. */
const KNOWN_DOMAINS = ['', 'ai.onnx.ml', 'com.microsoft'];
/** They draw other numbers on every device and in every run, so that no two results would agree. */
const RANDOM_OPERATORS = [
  'Bernoulli',
  'Multinomial',
  'RandomNormal',
  'RandomNormalLike',
  'RandomUniform',
  'RandomUniformLike',
].map((type) => `/${type}`);

/** ONNX's names of element types by their number (onnx.proto, `TensorProto.DataType`), in our short form. */
const TYPE_NAMES = [
  ...['nothing', 'f32', 'u8', 'i8', 'u16', 'i16', 'i32', 'i64', 'string', 'bool', 'f16', 'f64', 'u32', 'u64'],
  ...['complex64', 'complex128', 'bf16'],
];

/**
 * Holds a model against the manifest before anything runs: operators, names, element types and ranks. Throws
 * `sandbox/refused` that names both sides.
 */
export function checkModel(facts: ModelFacts, program: OnnxProgram): void {
  checkOperators(facts);
  const free = facts.inputs.filter(({ name }) => !facts.initialized.has(name));
  for (const declared of free) {
    const given = Object.hasOwn(program.inputs, declared.name) ? program.inputs[declared.name] : undefined;
    if (given === undefined) {
      throw refusal(
        `The model wants ${describe(declared)}; the manifest gives no input of that name.`,
        'Add it to the inputs of the program.',
      );
    }
    checkType(declared, given.type, given.shape, 'Give the input that type and that many dimensions.');
  }
  for (const name of Object.keys(program.inputs))
    if (!facts.inputs.some((declared) => declared.name === name)) throw noTensor('input', name, free);
  for (const { tensor, type } of Object.values(program.outputs)) {
    const declared = facts.outputs.find(({ name }) => name === tensor);
    if (declared === undefined) throw noTensor('output', tensor, facts.outputs);
    if (isType(declared, type)) continue;
    throw refusal(
      `The model gives ${describe(declared)}; the manifest wants ${type}.`,
      'Name the type that the model gives.',
    );
  }
}

/**
 * Holds the shapes of one batch against the dimensions that the model fixes. Throws `sandbox/refused` that names both.
 */
export function checkShapes(
  inputs: readonly DeclaredTensor[],
  program: OnnxProgram,
  shapes: Readonly<Record<string, readonly number[]>>,
): void {
  const symbols = new Map<string, { size: number; name: string }>();
  for (const declared of inputs) {
    const shape = shapes[declared.name];
    if (shape === undefined || declared.shape === undefined) continue;
    for (const [axis, wanted] of declared.shape.entries()) {
      const size = shape[axis]!;
      if (typeof wanted === 'number') {
        if (wanted === size || wanted < 1) continue;
        throw mismatch(declared, program.inputs[declared.name]!.type, shape);
      }
      if (wanted === UNNAMED) continue;
      const known = symbols.get(wanted);
      symbols.set(wanted, known ?? { size, name: declared.name });
      if (known === undefined || known.size === size) continue;
      throw refusal(
        `The model wants one size for "${wanted}"; the manifest gives ${known.size} in "${known.name}" and ${size} in "${declared.name}".`,
        'Give both inputs the same size along that axis.',
      );
    }
  }
}

function checkOperators({ operators, functions }: ModelFacts): void {
  for (const operator of operators) {
    if (RANDOM_OPERATORS.includes(operator)) {
      throw refusal(
        `The model draws random numbers (${operator.slice(1)}), so no two devices would agree.`,
        'Draw them beforehand and give them as an input.',
      );
    }
    const domain = operator.slice(0, operator.lastIndexOf('/'));
    if (KNOWN_DOMAINS.includes(domain) || functions.has(operator)) continue;
    throw refusal(
      `The model uses the operator "${operator.slice(domain.length + 1)}" of "${domain}", which the runtime does not have.`,
      'Export it with operators of ONNX alone.',
    );
  }
}

function checkType(
  declared: DeclaredTensor,
  type: TensorType,
  shape: readonly (number | string)[],
  hint: string,
): void {
  const fitsRank = declared.shape === undefined || declared.shape.length === shape.length;
  if (isType(declared, type) && fitsRank) return;
  throw mismatch(declared, type, shape, hint);
}

function mismatch(
  declared: DeclaredTensor,
  type: TensorType,
  shape: readonly (number | string)[],
  hint = 'Give the input that shape; batchRows cuts the first axis.',
): KilnError {
  return refusal(
    `The model wants ${describe(declared)}; the manifest gives ${type}[${shape.join(',')}].`,
    hint,
  );
}

function noTensor(what: string, name: string, there: readonly DeclaredTensor[]): KilnError {
  return refusal(
    `The model has no ${what} "${name}".`,
    `It has: ${there.map(describe).join(', ').slice(0, 300)}.`,
  );
}

function isType({ dataType }: DeclaredTensor, type: TensorType): boolean {
  return dataType === DATA_TYPES[type];
}

function describe({ name, dataType, shape }: DeclaredTensor): string {
  const type = TYPE_NAMES[dataType] ?? `type ${dataType}`;
  return `${type}${shape === undefined ? '' : `[${shape.join(',')}]`} for "${name}"`;
}
