import type { Bytes } from '../../base/bytes.ts';
import type { WgslProgram } from '../../protocol/manifest.ts';
import { DISPATCH_TARGET_MS } from '../limits.ts';
import { GuestFault, type TaskInput, type WgslLoad } from '../messages.ts';
import { GpuBuffers } from './gpu-buffers.ts';
import { type GuestDevice, openDevice, withErrorScopes } from './gpu-device.ts';
import { PassPlan } from './pass-plan.ts';
import { type CompiledPass, compilePasses } from './pipelines.ts';
import type { Runner } from './runner.ts';
import { UniformWriter } from './uniform-writer.ts';

/** Opens the GPU and compiles a program once; pipelines and constant buffers stay there between tasks. */
export async function loadWgsl(load: WgslLoad): Promise<Runner> {
  const guest = await openDevice();
  const { device } = guest;
  const compile = () => compilePasses(device, load.program, load.shaders);
  const passes = await Promise.race([withErrorScopes(device, compile), guest.lost]);
  const runner = new WgslRunner(guest, load, passes);
  return {
    async run(task, onProgress) {
      const work = withErrorScopes(device, () => runner.run(task, onProgress));
      work.catch(() => undefined);
      try {
        return { exit: { kind: 'ok' }, outputs: await Promise.race([work, guest.lost]) };
      } catch (thrown) {
        // Calls on a lost device fail in many ways, and before the loss itself is told.
        await Promise.race([guest.lost, delay(LOSS_NOTICE_MS)]);
        throw thrown;
      }
    },
  };
}

/** How long after a failed call the news of a lost device may come. */
const LOSS_NOTICE_MS = 50;

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

class WgslRunner {
  readonly #device: GPUDevice;
  readonly #program: WgslProgram;
  readonly #outputLimitBytes: number;
  readonly #buffers: GpuBuffers;
  readonly #plans: readonly PassPlan[];
  readonly #uniforms: UniformWriter;
  /** Estimated GPU time that was submitted and not yet waited for. */
  #pendingMs = 0;
  #pendingSinceMs = 0;

  constructor({ device }: GuestDevice, load: WgslLoad, passes: readonly CompiledPass[]) {
    this.#device = device;
    this.#program = load.program;
    this.#outputLimitBytes = load.limits.outputBytes;
    this.#buffers = new GpuBuffers(device, load.program, load.contents, load.limits.gpuMemoryBytes);
    this.#plans = passes.map((pass) => new PassPlan(pass));
    this.#uniforms = new UniformWriter(load.program.uniforms);
  }

  async run({ parameters, contents }: TaskInput, onProgress: (done: number) => void) {
    const hasNewBuffers = this.#buffers.prepare(parameters, contents);
    this.#uniforms.reset();
    this.#checkOutputSize();
    for (const [i, plan] of this.#plans.entries()) {
      plan.prepare(this.#device, this.#buffers, parameters, hasNewBuffers);
      await this.#runPass(plan, parameters, (part) => onProgress((i + part) / this.#plans.length));
    }
    return this.#readOutputs();
  }

  async #runPass(plan: PassPlan, parameters: TaskInput['parameters'], onProgress: (part: number) => void) {
    const whole = plan.axisLength;
    for (let turn = 0; turn < plan.turns; turn++) {
      for (let tile = 0; tile < whole;) {
        const count = plan.isCuttable ? plan.tileSize.next(whole - tile, whole) : whole;
        this.#writeUniforms({ ...parameters, turn, tile });
        const estimateMs = plan.tileSize.estimateMs(count) ?? DISPATCH_TARGET_MS;
        if (this.#pendingMs === 0) this.#pendingSinceMs = performance.now();
        plan.dispatch(this.#device, count);
        this.#pendingMs += estimateMs;
        if (this.#pendingMs >= DISPATCH_TARGET_MS) {
          await this.#device.queue.onSubmittedWorkDone();
          const tookMs = performance.now() - this.#pendingSinceMs;
          plan.tileSize.record(count, (tookMs * estimateMs) / this.#pendingMs);
          this.#pendingMs = 0;
        }
        tile += count;
        onProgress((turn + tile / whole) / plan.turns);
      }
    }
  }

  /** Work that took far longer than its estimate was never timed on its own: learn the tile sizes anew. */
  #doubtEstimates(): void {
    const tookMs = this.#pendingMs === 0 ? 0 : performance.now() - this.#pendingSinceMs;
    this.#pendingMs = 0;
    if (tookMs > 2 * DISPATCH_TARGET_MS) for (const plan of this.#plans) plan.tileSize.forget();
  }

  #writeUniforms(parameters: TaskInput['parameters']): void {
    const name = this.#program.uniformBuffer;
    if (name === undefined) return;
    const buffer = this.#buffers.get(name);
    if (this.#program.uniforms.length * 4 > buffer.size) {
      throw new GuestFault('refused', `The uniforms do not fit the buffer "${name}".`);
    }
    this.#uniforms.write(this.#device, buffer, parameters);
  }

  #checkOutputSize(): void {
    const total = Object.values(this.#program.outputs).reduce(
      (sum, out) => sum + this.#buffers.byteLength(out.buffer),
      0,
    );
    if (total > this.#outputLimitBytes) {
      throw new GuestFault(
        'output-limit',
        `The outputs are ${total} bytes; the job's limit is ${this.#outputLimitBytes}.`,
      );
    }
  }

  async #readOutputs(): Promise<{ path: string; bytes: Bytes }[]> {
    const encoder = this.#device.createCommandEncoder();
    const copies = Object.entries(this.#program.outputs).map(([path, { buffer: name }]) => {
      const from = this.#buffers.get(name);
      const copy = this.#device.createBuffer({
        size: from.size,
        usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ,
      });
      encoder.copyBufferToBuffer(from, 0, copy, 0, from.size);
      return { path, copy, bytes: this.#buffers.byteLength(name) };
    });
    this.#device.queue.submit([encoder.finish()]);
    try {
      await Promise.all(copies.map(({ copy }) => copy.mapAsync(GPUMapMode.READ)));
      this.#doubtEstimates();
      return copies.map(({ path, copy, bytes }) => ({
        path,
        bytes: new Uint8Array(copy.getMappedRange().slice(0, bytes)),
      }));
    } finally {
      for (const { copy } of copies) copy.destroy();
    }
  }
}
