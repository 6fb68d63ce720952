import type * as Ort from 'onnxruntime-web';
import { type Bytes, concat, copyBytes } from '../../../base/bytes.ts';
import { evaluateExpression } from '../../../job/expression.ts';
import type { OnnxProgram } from '../../../protocol/manifest.ts';
import { gpuDuty } from '../../guest/duty-cycle.ts';
import type { Runner } from '../../guest/runner.ts';
import { GuestFault, type GuestOutcome, type Load, type OnnxLoad, type TaskInput } from '../../messages.ts';
import { clampMemory } from './clamp-memory.ts';
import { type GpuWatch, watchGpu } from './gpu-watch.ts';
import { loadFault, runFault } from './name-onnx-fault.ts';
import { RUNTIME_TYPES, type TensorData, toTensorData } from '../tensor-bytes.ts';

type Session = Ort.InferenceSession;
type Outputs = GuestOutcome['outputs'];

/** Starts the runtime from its bytes and opens the model once; the session serves all tasks of the job. */
export async function loadOnnx(ort: typeof Ort, load: Load): Promise<Runner> {
  if (load.kind !== 'onnx') throw new GuestFault('refused', 'This worker runs ONNX models only.');
  clampMemory(load.limits.memoryBytes);
  ort.env.logLevel = 'fatal';
  // One thread: the number of threads changes the order of sums, and with it the bits.
  Object.assign(ort.env.wasm, { wasmBinary: load.runtime, numThreads: 1, proxy: false });
  const isGpu = load.program.backend === 'webgpu';
  const gpu = isGpu ? watchGpu(load.limits.gpuMemoryBytes) : undefined;
  let session: Session;
  try {
    session = await ort.InferenceSession.create(load.model, {
      executionProviders: [isGpu ? 'webgpu' : 'wasm'],
      logSeverityLevel: 4,
    });
  } catch (thrown) {
    throw gpu?.fault ?? loadFault(thrown);
  }
  delete ort.env.wasm.wasmBinary;
  await gpu?.attach(ort.env.webgpu.device);
  const runner = new OnnxRunner(ort, session, load, gpu);
  return {
    async run(task, onProgress) {
      try {
        return { exit: { kind: 'ok' }, outputs: await runner.run(task, onProgress) };
      } catch (thrown) {
        throw gpu?.fault ?? runFault(thrown);
      }
    },
  };
}

/** One input of a task, ready to be cut along its first axis. */
interface Feed {
  readonly name: string;
  readonly type: keyof typeof RUNTIME_TYPES;
  readonly shape: readonly number[];
  readonly data: TensorData;
}

class OnnxRunner {
  readonly #ort: typeof Ort;
  readonly #session: Session;
  readonly #program: OnnxProgram;
  readonly #contents: OnnxLoad['contents'];
  readonly #outputLimitBytes: number;
  readonly #gpu: GpuWatch | undefined;

  constructor(ort: typeof Ort, session: Session, load: OnnxLoad, gpu: GpuWatch | undefined) {
    this.#ort = ort;
    this.#session = session;
    // Not the load as a whole: the runtime has copies of the model and of itself by now.
    this.#program = load.program;
    this.#contents = load.contents;
    this.#outputLimitBytes = load.limits.outputBytes;
    this.#gpu = gpu;
  }

  async run({ parameters, contents }: TaskInput, onProgress: (done: number) => void): Promise<Outputs> {
    const feeds = this.#feeds(parameters, { ...this.#contents, ...contents });
    const rows = feeds[0]?.shape[0] ?? 1;
    const rowsPerRun = this.#program.batchRows ?? rows;
    const parts = new OutputParts(this.#program, this.#outputLimitBytes);
    for (let from = 0; from < rows; from += rowsPerRun) {
      const count = Math.min(rowsPerRun, rows - from);
      const results = await this.#runBatch(feeds, from, count);
      parts.add(results);
      onProgress((from + count) / rows);
    }
    return parts.joined();
  }

  async #runBatch(
    feeds: readonly Feed[],
    from: number,
    count: number,
  ): Promise<Ort.InferenceSession.OnnxValueMapType> {
    const tensors = feeds.map(({ name, type, shape, data }) => {
      const whole = this.#program.batchRows === undefined;
      const rowLength = whole ? 0 : data.length / shape[0]!;
      const part = whole ? data : data.subarray(from * rowLength, (from + count) * rowLength);
      const dims = whole ? shape : [count, ...shape.slice(1)];
      return [name, new this.#ort.Tensor(RUNTIME_TYPES[type], part, dims)] as const;
    });
    const wanted = [...new Set(Object.values(this.#program.outputs).map(({ tensor }) => tensor))];
    const run = () => this.#session.run(Object.fromEntries(tensors), wanted);
    if (this.#gpu === undefined) return run();
    await gpuDuty.rest();
    const sinceMs = performance.now();
    try {
      return await Promise.race([run(), this.#gpu.failed]);
    } finally {
      gpuDuty.worked(sinceMs);
    }
  }

  #feeds(parameters: TaskInput['parameters'], contents: Readonly<Record<string, Bytes>>): Feed[] {
    return Object.entries(this.#program.inputs).map(([name, input]) => ({
      name,
      type: input.type,
      shape: input.shape.map((size) => evaluateExpression(size, parameters)),
      data: toTensorData(input, contents[name]!),
    }));
  }
}

/** The outputs of a task's batches, one after another. */
class OutputParts {
  readonly #program: OnnxProgram;
  readonly #limitBytes: number;
  readonly #parts = new Map<string, Uint8Array[]>();
  #totalBytes = 0;

  constructor(program: OnnxProgram, limitBytes: number) {
    this.#program = program;
    this.#limitBytes = limitBytes;
  }

  add(results: Ort.InferenceSession.OnnxValueMapType): void {
    for (const [path, { tensor, type }] of Object.entries(this.#program.outputs)) {
      const found = results[tensor];
      if (found === undefined || found.type !== RUNTIME_TYPES[type]) {
        throw new GuestFault(
          'refused',
          `The output "${tensor}" came as ${found?.type ?? 'nothing'} instead of ${RUNTIME_TYPES[type]}.`,
        );
      }
      const { buffer, byteOffset, byteLength } = found.data as TensorData;
      this.#totalBytes += byteLength;
      if (this.#totalBytes > this.#limitBytes) {
        throw new GuestFault(
          'output-limit',
          `The outputs are larger than the job's limit of ${this.#limitBytes} bytes.`,
        );
      }
      const parts = this.#parts.get(path) ?? [];
      // The runtime's own memory is reused by the next batch.
      parts.push(copyBytes(new Uint8Array(buffer, byteOffset, byteLength)));
      this.#parts.set(path, parts);
      found.dispose();
    }
  }

  joined(): Outputs {
    return [...this.#parts].map(([path, parts]) => ({ path, bytes: concat(parts) }));
  }
}
