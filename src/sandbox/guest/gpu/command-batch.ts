import { DISPATCH_TARGET_MS } from '../../limits.ts';
import type { PassPlan } from './pass-plan.ts';
import { OVERRUN_GROUP } from '../../wgsl-guard/loops/overrun-group.ts';

/** Sets of uniforms that one submission can hold, and so its dispatches when each needs its own. */
const RING_SETS = 256;

/** Bytes of the ring for uniforms of this size. */
export function ringBytes(uniformBytes: number): number {
  return uniformBytes * RING_SETS;
}

interface Part {
  workgroups: number;
  largest: number;
  estimateMs: number;
  isTimed: boolean;
}

/**
 * Commands gathered for one submission: as many dispatches as fill about {@link DISPATCH_TARGET_MS} of the GPU's time.
 * Uniforms that change between dispatches lie in a ring, from where the GPU copies them in turn.
 */
export class CommandBatch {
  readonly #device: GPUDevice;
  readonly #overrun: GPUBindGroup | undefined;
  readonly #ring: GPUBuffer | undefined;
  readonly #ringBytes: Uint8Array<ArrayBuffer>;
  #ringUsed = 0;
  #encoder: GPUCommandEncoder | undefined;
  #pass: GPUComputePassEncoder | undefined;
  #parts = new Map<PassPlan, Part>();
  #submitted = new Map<PassPlan, Part>();

  constructor(device: GPUDevice, uniformBytes: number, overrun: GPUBindGroup | undefined) {
    this.#device = device;
    this.#overrun = overrun;
    this.#ringBytes = new Uint8Array(ringBytes(uniformBytes));
    if (uniformBytes === 0) return;
    this.#ring = device.createBuffer({
      label: 'uniform ring',
      size: this.#ringBytes.byteLength,
      usage: GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
    });
  }

  /** What the dispatches so far should take on the GPU. */
  get estimateMs(): number {
    return [...this.#parts.values()].reduce((sum, part) => sum + part.estimateMs, 0);
  }

  /** When its end is to be looked for: what is known of its length, and nothing where something is unknown. */
  get expectedMs(): number {
    return [...this.#parts.values()].every(({ isTimed }) => isTimed) ? this.estimateMs : 0;
  }

  /** Does it hold no dispatch? */
  get isEmpty(): boolean {
    return this.#parts.size === 0;
  }

  /** Held the last submission no dispatch? */
  get wasEmpty(): boolean {
    return this.#submitted.size === 0;
  }

  /** Is it time to submit? */
  get isFull(): boolean {
    const isRingFull = this.#ring !== undefined && this.#ringUsed === this.#ringBytes.byteLength;
    return isRingFull || this.estimateMs >= DISPATCH_TARGET_MS;
  }

  /** The encoder, between passes: for clears and copies. */
  get encoder(): GPUCommandEncoder {
    this.#pass?.end();
    this.#pass = undefined;
    return (this.#encoder ??= this.#device.createCommandEncoder());
  }

  /** Gives the dispatches that follow these uniforms. */
  setUniforms(buffer: GPUBuffer, bytes: Uint8Array): void {
    this.#ringBytes.set(bytes, this.#ringUsed);
    this.encoder.copyBufferToBuffer(this.#ring!, this.#ringUsed, buffer, 0, bytes.byteLength);
    this.#ringUsed += bytes.byteLength;
  }

  /** Adds a dispatch of this many workgroups. */
  dispatch(plan: PassPlan, grid: readonly [number, number, number]): void {
    this.#pass ??= this.encoder.beginComputePass();
    this.#pass.setPipeline(plan.compiled.pipeline);
    this.#pass.setBindGroup(0, plan.bindGroup!);
    if (plan.compiled.hasLoops) this.#pass.setBindGroup(OVERRUN_GROUP, this.#overrun!);
    this.#pass.dispatchWorkgroups(...grid);
    const part = this.#parts.get(plan) ?? { workgroups: 0, largest: 0, estimateMs: 0, isTimed: plan.isTimed };
    const workgroups = grid[0] * grid[1] * grid[2];
    part.workgroups += workgroups;
    part.largest = Math.max(part.largest, workgroups);
    part.estimateMs += plan.estimateMs(workgroups);
    this.#parts.set(plan, part);
  }

  /** Submits everything and begins anew. */
  submit(): void {
    const { queue } = this.#device;
    // Written before the commands that were gathered, and after those of earlier submissions.
    if (this.#ringUsed > 0) queue.writeBuffer(this.#ring!, 0, this.#ringBytes, 0, this.#ringUsed);
    queue.submit([this.encoder.finish()]);
    this.#encoder = undefined;
    this.#ringUsed = 0;
    this.#submitted = this.#parts;
    this.#parts = new Map();
  }

  /** Tells how long the submission took; its passes share the time by their estimates. */
  learn(tookMs: number): void {
    const total = [...this.#submitted.values()].reduce((sum, part) => sum + part.estimateMs, 0);
    for (const [plan, { workgroups, largest, estimateMs }] of this.#submitted)
      plan.tileSize.record(workgroups, (tookMs * estimateMs) / total, largest);
  }
}
