import type { Bytes } from '../../../base/bytes.ts';
import { DISPATCH_TARGET_MS, MAX_DISPATCH_MS } from '../../limits.ts';
import { GuestFault, type TaskInput, type WgslLoad } from '../../messages.ts';
import { CommandBatch, ringBytes } from './command-batch.ts';
import { gpuDuty } from '../duty-cycle.ts';
import { ErrorScopes } from './error-scopes.ts';
import { GpuBuffers } from './gpu-buffers.ts';
import { hasten } from './hasten.ts';
import { type Overrun, OVERRUN_BYTES } from './overrun.ts';
import { PassPlan } from './pass-plan.ts';
import type { CompiledPass } from './pipelines.ts';
import { Readback } from './readback.ts';
import { uniformBytes, UniformWriter } from './uniform-writer.ts';

/** Larger outputs take so long to copy that the passes before them are timed on their own. */
const LARGE_READBACK_BYTES = 8_388_608;
/** A dispatch is too long when so many trials say so; growing fourfold, they reach the largest there may be. */
const MAX_TRIALS = 12;

/**
 * Runs the tasks of a compiled program. Small tasks are one submission and one wait; long ones are cut into batches,
 * each waited for, so that the GPU stays free for others in between.
 */
export class WgslRunner {
  readonly #device: GPUDevice;
  readonly #load: WgslLoad;
  readonly #buffers: GpuBuffers;
  readonly #plans: readonly PassPlan[];
  readonly #uniforms: UniformWriter;
  readonly #batch: CommandBatch;
  readonly #readback: Readback;
  /** Absent when no shader holds a loop. */
  readonly #overrun: Overrun | undefined;
  /** What the runner itself holds on the GPU. */
  readonly #ownBytes: number;

  constructor(device: GPUDevice, load: WgslLoad, passes: readonly CompiledPass[], overrun: Overrun) {
    const { program } = load;
    this.#device = device;
    this.#load = load;
    this.#buffers = new GpuBuffers(device, program, load.contents);
    this.#plans = passes.map((pass) => new PassPlan(pass));
    this.#uniforms = new UniformWriter(program);
    this.#overrun = passes.some(({ hasLoops }) => hasLoops) ? overrun : undefined;
    this.#batch = new CommandBatch(device, uniformBytes(program), this.#overrun?.bindGroup);
    this.#readback = new Readback(device, program.outputs);
    this.#ownBytes = ringBytes(uniformBytes(program)) + 2 * OVERRUN_BYTES;
  }

  /** Runs one task; throws a fault. */
  async run(task: TaskInput, onProgress: (done: number) => void): Promise<{ path: string; bytes: Bytes }[]> {
    const outputBytes = this.#measure(task.parameters);
    const scopes = new ErrorScopes(this.#device);
    try {
      const tried = new Set<PassPlan>();
      while (!(await this.#runPasses(task, onProgress, tried)));
      if (outputBytes > LARGE_READBACK_BYTES) await this.#flush();
      return await this.#finish(scopes);
    } catch (thrown) {
      return scopes.rethrow(thrown);
    }
  }

  /** Holds the task to its limits before anything is allocated; the size of its outputs in bytes. */
  #measure(parameters: TaskInput['parameters']): number {
    const { gpuMemoryBytes, outputBytes } = this.#load.limits;
    const bufferBytes = this.#buffers.measure(parameters);
    const readBytes = this.#readback.measure(this.#buffers, outputBytes);
    const total = bufferBytes + readBytes + this.#ownBytes;
    if (total <= gpuMemoryBytes) return readBytes;
    throw new GuestFault(
      'refused',
      `The buffers need ${total} bytes of GPU memory (${readBytes} to read outputs back); limits.gpuMemoryBytes is ${gpuMemoryBytes}.`,
    );
  }

  /** False when a pass was tried out: then the buffers hold half its work, and the task begins again. */
  async #runPasses(
    { parameters, contents }: TaskInput,
    onProgress: (done: number) => void,
    tried: Set<PassPlan>,
  ): Promise<boolean> {
    const hasNewBuffers = this.#buffers.prepare(this.#batch.encoder, contents);
    this.#uniforms.reset();
    this.#overrun?.clear(this.#batch.encoder);
    for (const plan of this.#plans) plan.prepare(this.#device, this.#buffers, parameters, hasNewBuffers);
    for (const [i, plan] of this.#plans.entries()) {
      if (plan.needsTrial && !tried.has(plan)) {
        tried.add(plan);
        await this.#tryOut(plan, parameters);
        return false;
      }
      await this.#runPass(plan, parameters, (part) => onProgress((i + part) / this.#plans.length));
    }
    return true;
  }

  /**
   * Times growing parts of a dispatch that cannot be cut. No browser ends a dispatch that runs for hours on a device
   * without a GPU, and nothing else would run there meanwhile: so it is not begun.
   */
  async #tryOut(plan: PassPlan, parameters: TaskInput['parameters']): Promise<void> {
    await this.#flush();
    let wholeMs = Number.POSITIVE_INFINITY;
    for (let trials = 0; plan.needsTrial && trials < MAX_TRIALS; trials++) {
      this.#uniforms.write(this.#batch, this.#buffers, { ...parameters, turn: 0, tile: 0 });
      const grid = plan.trialGrid(plan.nextTrial());
      this.#batch.dispatch(plan, grid);
      const tookMs = await this.#flush();
      // The best trial counts: whatever else this machine does only ever slows one.
      wholeMs = Math.min(wholeMs, (tookMs * plan.stepWorkgroups) / (grid[0] * grid[1] * grid[2]));
    }
    if (wholeMs <= MAX_DISPATCH_MS) return;
    throw new GuestFault(
      'timeout',
      `One dispatch of pass ${plan.compiled.name} would take about ${Math.round(wholeMs / 1_000)} s; let it be cut by a tileAxis.`,
    );
  }

  async #runPass(plan: PassPlan, parameters: TaskInput['parameters'], onProgress: (part: number) => void) {
    const whole = plan.axisLength;
    for (let turn = 0; turn < plan.turns; turn++) {
      for (let tile = 0; tile < whole;) {
        const steps = plan.nextSteps(whole - tile);
        if (!plan.isTimed) await this.#flush();
        this.#uniforms.write(this.#batch, this.#buffers, { ...parameters, turn, tile });
        this.#batch.dispatch(plan, plan.grid(steps));
        tile += steps;
        if (!this.#batch.isFull) continue;
        await this.#flush();
        onProgress((turn + tile / whole) / plan.turns);
      }
    }
  }

  /** Submits the batch, waits for it, learns from how long it took, and tells that in milliseconds. */
  async #flush(): Promise<number> {
    if (this.#batch.isEmpty) return 0;
    await gpuDuty.rest();
    const { expectedMs } = this.#batch;
    this.#overrun?.copy(this.#batch.encoder);
    const sinceMs = performance.now();
    this.#batch.submit();
    // The copy of the overrun word is ready when the whole submission is.
    const done = this.#overrun?.check() ?? this.#device.queue.onSubmittedWorkDone();
    await hasten(this.#device, done, expectedMs);
    const tookMs = performance.now() - sinceMs;
    this.#batch.learn(tookMs);
    gpuDuty.worked(sinceMs);
    return tookMs;
  }

  /** Submits what is left together with the copies of the outputs, and reads them. */
  async #finish(scopes: ErrorScopes): Promise<{ path: string; bytes: Bytes }[]> {
    await gpuDuty.rest();
    const { expectedMs } = this.#batch;
    this.#readback.copy(this.#batch.encoder, this.#buffers);
    this.#overrun?.copy(this.#batch.encoder);
    const sinceMs = performance.now();
    this.#batch.submit();
    const done = Promise.all([scopes.close(), this.#readback.map(), this.#overrun?.check()]);
    const [fault] = await hasten(this.#device, done, expectedMs);
    gpuDuty.worked(sinceMs);
    if (fault !== undefined) throw fault;
    this.#doubtEstimates(performance.now() - sinceMs);
    return this.#readback.take(this.#buffers);
  }

  /** Work that took far longer than its estimate was not timed on its own: learn the tile sizes anew. */
  #doubtEstimates(tookMs: number): void {
    if (tookMs > 2 * DISPATCH_TARGET_MS && !this.#batch.wasEmpty) {
      for (const plan of this.#plans) plan.tileSize.forget();
    }
  }
}
