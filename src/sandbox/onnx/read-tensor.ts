import { KilnError } from '../../base/errors.ts';
import { type ProtoValue, readNumbers, readText } from './read-proto.ts';

/** Elements that one byte of a file can hold: the smallest types of ONNX have four bits. */
const ELEMENTS_PER_BYTE = 2;

/**
 * The name of a constant (`TensorProto` of onnx.proto), once it is known that its elements are in the file. Throws
 * `sandbox/refused` for a tensor whose bytes lie in another file, and for one that claims more elements than it has.
 */
export function readTensor(byteLength: number, fields: Iterable<ProtoValue>): string {
  let name = '';
  let elements = 1n;
  let isExternal = false;
  for (const value of fields) {
    if (value.field === 1) for (const size of readNumbers(value)) elements *= BigInt.asUintN(64, size);
    else if (value.field === 8 && value.kind === 'bytes') name = readText(value.bytes);
    else if (value.field === 13) isExternal = true;
    else if (value.field === 14 && value.kind === 'number') isExternal ||= value.value !== 0n;
    if (elements > BigInt(Number.MAX_SAFE_INTEGER)) break;
  }
  if (isExternal) {
    throw new KilnError(
      'sandbox/refused',
      `The tensor "${name}" lies in another file; a task has the model alone.`,
      {
        data: { tensor: name },
        hint: 'Export the model with its weights inside (save_as_external_data off).',
      },
    );
  }
  if (elements > BigInt(byteLength) * BigInt(ELEMENTS_PER_BYTE)) {
    throw new KilnError(
      'sandbox/refused',
      `The tensor "${name}" claims ${elements} elements and carries ${byteLength} bytes.`,
      { data: { tensor: name }, hint: 'Export the model again; the file may be damaged.' },
    );
  }
  return name;
}
