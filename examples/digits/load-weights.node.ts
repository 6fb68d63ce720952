import { readFields, readText } from '../../src/sandbox/onnx/read-proto.ts';
import type { Network } from './network/network.ts';

/** Puts the weights of an exported model back into a network: `ModelProto.graph` (7), its initializers (5). */
export function loadWeights(network: Network, model: Uint8Array): void {
  for (const { name, values } of network.weights) {
    const raw = weightsOf(model, name);
    values.set(new Float32Array(raw.slice().buffer));
  }
}

function weightsOf(model: Uint8Array, wanted: string): Uint8Array {
  for (const graph of messages(model, 7)) {
    for (const tensor of messages(graph, 5)) {
      const [name] = messages(tensor, 8);
      const [raw] = messages(tensor, 9);
      if (name !== undefined && raw !== undefined && readText(name) === wanted) return raw;
    }
  }
  throw new Error(`The model has no weights "${wanted}".`);
}

function messages(bytes: Uint8Array, field: number): Uint8Array[] {
  return [...readFields(bytes)].flatMap((value) =>
    value.field === field && value.kind === 'bytes' ? [value.bytes] : [],
  );
}
