import { KilnError } from '../../base/errors.ts';
import { type ProtoValue, readFields, readText } from './read-proto.ts';
import { readTensor } from './read-tensor.ts';

/** A tensor that the model takes or gives, as its file declares it. */
export interface DeclaredTensor {
  readonly name: string;
  /** ONNX's number of the element type; 0 where the file names none. */
  readonly dataType: number;
  /** Numbers are fixed, texts are symbols; undefined where the file says nothing of the shape. */
  readonly shape: readonly (number | string)[] | undefined;
}

/** What is known of a model before anything runs it. */
export interface ModelFacts {
  readonly inputs: readonly DeclaredTensor[];
  readonly outputs: readonly DeclaredTensor[];
  /** Inputs that have a value of their own, so that a task need not give them. */
  readonly initialized: ReadonlySet<string>;
  /** Every operator in use, as `domain/type`; ONNX's own domain is the empty text. */
  readonly operators: ReadonlySet<string>;
  /** Operators that the file itself defines, likewise. */
  readonly functions: ReadonlySet<string>;
}

/** A dimension of which the file says nothing. */
export const UNNAMED = '?';
/** A file of 64 MiB could hold some ten million of them; real models hold thousands. */
const MAX_FIELDS = 2_000_000;
/** Graphs inside of graphs: bodies of loops and branches. */
const MAX_NESTING = 16;

/**
 * Reads what an ONNX file declares, and walks all of its graphs. Field numbers are those of onnx.proto
 * (github.com/onnx/onnx). Throws `sandbox/refused` for what is no model, for external data, and for tensors that
 * declare more than they carry.
 */
export function readModel(file: Uint8Array): ModelFacts {
  return new ModelReader().read(file);
}

class ModelReader {
  #fields = 0;
  readonly #operators = new Set<string>();
  readonly #functions = new Set<string>();

  read(file: Uint8Array): ModelFacts {
    let graph: Uint8Array | undefined;
    for (const { field, bytes } of this.#messages(file)) {
      // Two graphs would be merged by one reader and replaced by another.
      if (field === 7 && graph !== undefined) throw noModel('it holds two graphs');
      if (field === 7) graph = bytes;
      else if (field === 25) this.#function(bytes);
      else if (field === 20) throw noModel('it holds training steps, which are never run');
    }
    if (graph === undefined) throw noModel('it holds no graph');
    return { ...this.#graph(graph, 0), operators: this.#operators, functions: this.#functions };
  }

  #graph(graph: Uint8Array, depth: number): Pick<ModelFacts, 'inputs' | 'outputs' | 'initialized'> {
    if (depth > MAX_NESTING) throw noModel(`its graphs lie more than ${MAX_NESTING} deep in each other`);
    const inputs: DeclaredTensor[] = [];
    const outputs: DeclaredTensor[] = [];
    const initialized = new Set<string>();
    for (const { field, bytes } of this.#messages(graph)) {
      if (field === 1) this.#node(bytes, depth);
      else if (field === 5) initialized.add(this.#tensor(bytes));
      else if (field === 11) inputs.push(this.#declared(bytes));
      else if (field === 12) outputs.push(this.#declared(bytes));
      else if (field === 15) this.#sparseTensor(bytes);
    }
    return { inputs, outputs, initialized };
  }

  #function(definition: Uint8Array): void {
    let name = '';
    let domain = '';
    for (const { field, bytes } of this.#messages(definition)) {
      if (field === 1) name = readText(bytes);
      else if (field === 10) domain = readText(bytes);
      else if (field === 7) this.#node(bytes, 0);
      else if (field === 11) this.#attribute(bytes, 0);
    }
    this.#functions.add(`${domain}/${name}`);
  }

  #node(node: Uint8Array, depth: number): void {
    let type = '';
    let domain = '';
    for (const { field, bytes } of this.#messages(node)) {
      if (field === 4) type = readText(bytes);
      else if (field === 7) domain = readText(bytes);
      else if (field === 5) this.#attribute(bytes, depth);
    }
    this.#operators.add(`${domain === 'ai.onnx' ? '' : domain}/${type}`);
  }

  #attribute(attribute: Uint8Array, depth: number): void {
    for (const { field, bytes } of this.#messages(attribute)) {
      if (field === 5 || field === 10) this.#tensor(bytes);
      else if (field === 6 || field === 11) this.#graph(bytes, depth + 1);
      else if (field === 22 || field === 23) this.#sparseTensor(bytes);
    }
  }

  /** Values and indices of a sparse tensor are tensors themselves. */
  #sparseTensor(sparse: Uint8Array): void {
    for (const { field, bytes } of this.#messages(sparse)) if (field <= 2) this.#tensor(bytes);
  }

  #tensor(bytes: Uint8Array): string {
    return readTensor(bytes.byteLength, this.#fieldsOf(bytes));
  }

  /** `ValueInfoProto`: name and `TypeProto`, of which only tensors have a shape. */
  #declared(value: Uint8Array): DeclaredTensor {
    let name = '';
    let type: Omit<DeclaredTensor, 'name'> = { dataType: 0, shape: undefined };
    for (const { field, bytes } of this.#messages(value)) {
      if (field === 1) name = readText(bytes);
      else if (field === 2)
        for (const of of this.#messages(bytes)) if (of.field === 1) type = this.#tensorType(of.bytes);
    }
    return { name, ...type };
  }

  #tensorType(type: Uint8Array): Omit<DeclaredTensor, 'name'> {
    let dataType = 0;
    let shape: (number | string)[] | undefined;
    for (const part of this.#fieldsOf(type)) {
      if (part.field === 1 && part.kind === 'number') dataType = Number(part.value);
      else if (part.field === 2 && part.kind === 'bytes')
        shape = [...this.#messages(part.bytes)].map(({ bytes }) => this.#dimension(bytes));
    }
    return { dataType, shape };
  }

  #dimension(dimension: Uint8Array): number | string {
    for (const part of this.#fieldsOf(dimension)) {
      if (part.field === 1 && part.kind === 'number') return Number(BigInt.asIntN(64, part.value));
      if (part.field === 2 && part.kind === 'bytes') return readText(part.bytes);
    }
    return UNNAMED;
  }

  /** The fields that hold bytes: texts and messages. */
  *#messages(bytes: Uint8Array) {
    for (const value of this.#fieldsOf(bytes)) if (value.kind === 'bytes') yield value;
  }

  *#fieldsOf(bytes: Uint8Array): Generator<ProtoValue> {
    for (const value of readFields(bytes)) {
      if (++this.#fields > MAX_FIELDS) throw noModel(`it has more than ${MAX_FIELDS} parts`);
      yield value;
    }
  }
}

function noModel(why: string): KilnError {
  return new KilnError('sandbox/refused', `The model cannot be run: ${why}.`, {
    hint: 'Export it again as a plain inference model with one graph.',
  });
}
