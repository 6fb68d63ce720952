import { KilnError } from '../../base/errors.ts';
import { type OnnxProgram, TENSOR_ELEMENT_BYTES, type TensorInput } from '../../protocol/manifest.ts';
import { wholeAt } from './evaluate-at.ts';
import type { Parameters } from '../expression.ts';

/** Throws a `job/…` error when the tensors of a program and their bytes do not fit each other for this task. */
export function checkOnnx(program: OnnxProgram, parameters: Parameters): void {
  let first: { place: string; rows: number } | undefined;
  for (const [name, input] of Object.entries(program.inputs)) {
    const place = `program.inputs[${JSON.stringify(name)}]`;
    const sizes = input.shape.map((size, axis) => wholeAt(size, parameters, `${place}.shape[${axis}]`, 1));
    checkFromBytes(place, input);
    checkSource(place, input, sizes, parameters);
    if (program.batchRows === undefined) continue;
    const rows = sizes[0] ?? 0;
    first ??= { place, rows };
    if (rows === 0 || rows !== first.rows) throw rowsDiffer(place, rows, first);
  }
}

function checkFromBytes(place: string, { type, fromBytes }: TensorInput): void {
  if (fromBytes === undefined || type === 'f32') return;
  throw new KilnError(
    'job/bytes-to-whole-numbers',
    `${place}.fromBytes: bytes are scaled to f32, but the tensor is ${type}.`,
    {
      data: { path: `${place}.fromBytes`, type },
      hint: 'Make the tensor f32, or leave fromBytes away.',
    },
  );
}

function checkSource(
  place: string,
  { type, source, fromBytes }: TensorInput,
  sizes: readonly number[],
  parameters: Parameters,
): void {
  const at = `${place}.source`;
  const { input, offset, length } = source;
  const start = wholeAt(offset ?? 0, parameters, `${at}.offset`, 0);
  const taken = wholeAt(length ?? input.bytes - start, parameters, `${at}.length`, 0);
  const elementBytes = fromBytes === undefined ? TENSOR_ELEMENT_BYTES[type] : 1;
  const neededBytes = sizes.reduce((product, size) => product * size, elementBytes);
  if (taken === neededBytes && start + taken <= input.bytes) return;
  const why =
    taken === neededBytes
      ? `bytes ${start} to ${start + taken} lie beyond the input's ${input.bytes}`
      : `${taken} bytes do not fill ${type}[${sizes.join(',')}], which takes ${neededBytes}`;
  throw new KilnError('job/source-does-not-fit', `${at}: in task ${parameters['index']! + 1}, ${why}.`, {
    data: { path: at, offset: start, length: taken, inputBytes: input.bytes, neededBytes },
    hint:
      fromBytes === undefined && taken * TENSOR_ELEMENT_BYTES[type] === neededBytes
        ? 'The blob seems to hold one byte for each element: say how bytes become f32 with fromBytes.'
        : 'Make the length the product of the shape times the bytes of an element, and keep it within the input.',
  });
}

function rowsDiffer(place: string, rows: number, first: { place: string; rows: number }): KilnError {
  const why = rows === 0 ? 'has no axis' : `has ${rows} rows and ${first.place} has ${first.rows}`;
  return new KilnError(
    'job/batch-rows-differ',
    `program.batchRows: cannot cut the inputs: ${place} ${why}.`,
    {
      data: { path: 'program.batchRows' },
      hint: 'Give all inputs the same first dimension, or leave batchRows away.',
    },
  );
}
