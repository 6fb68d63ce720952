import type { Cid } from '../base/cid.ts';
import { Emitter } from '../base/events.ts';
import { Cell, type Observable } from '../base/observable.ts';
import type { Manifest } from '../protocol/manifest.ts';
import { type EffectiveLimits, VERIFIER_LIMITS } from '../job/limits.ts';
import { type Lane, LANES, laneOf, laneOfKind } from '../job/lanes.ts';
import type { JobKind } from '../protocol/primitives.ts';
import { measureSpeed } from './benchmark/measure-speed.ts';
import { type DeviceLoss, GpuLane } from './gpu/gpu-lane.ts';
import { Guards } from './guards/guards.ts';
import { DEFAULT_GPU_DUTY } from './limits.ts';
import { GUEST_PAGES, pageUrls } from './slots/guest-pages.ts';
import type { ReadInput } from './prepare/inputs.ts';
import { defaultMemoryBudgetBytes, MemoryBudget } from './slots/queue/memory-budget.ts';
import { type JobSlots, SandboxJob } from './sandbox-job.ts';
import { SandboxVerifier } from './sandbox-verifier.ts';
import { SlotPool } from './slots/slot-pool.ts';

/** How a sandbox is set up. */
export interface SandboxOptions {
  /** Slots for WASI programs and ONNX models: one per core lent. */
  readonly cpuSlots: number;
  /** Slots for WGSL programs: 1, or 0 on a device without a GPU. */
  readonly gpuSlots: number;
  /** Address of the frame's document; its siblings lie beside it. @default `sandbox.html` beside the app's own page */
  readonly pageUrl?: string;
  /** Memory that all running tasks may take together. @default half of the device's */
  readonly memoryBytes?: number;
}

/** Runs strangers' programs in hidden frames of this page. See README.md for the walls around them. */
export class Sandbox implements AsyncDisposable {
  readonly #pools: Readonly<Record<Lane, SlotPool>>;
  readonly #guards = new Guards();
  readonly #events = new Emitter<{ deviceLost: DeviceLoss }>();
  readonly #busy = new Cell<Readonly<Record<Lane, number>>>({ cpu: 0, gpu: 0 });
  readonly #stops: (() => void)[];
  readonly #gpu: GpuLane;

  constructor({ cpuSlots, gpuSlots, pageUrl, memoryBytes }: SandboxOptions) {
    const url =
      pageUrl ?? new URL(`${import.meta.env.BASE_URL}${GUEST_PAGES.programs}`, document.baseURI).href;
    const urlOf = pageUrls(url);
    const memory = new MemoryBudget(memoryBytes ?? defaultMemoryBudgetBytes());
    this.#pools = {
      cpu: new SlotPool(urlOf, memory, cpuSlots),
      gpu: new SlotPool(urlOf, memory, gpuSlots),
    };
    this.#gpu = new GpuLane(this.#pools.gpu, this.#guards, (loss) => this.#events.emit('deviceLost', loss));
    this.#stops = LANES.map((lane) =>
      this.#pools[lane].busy.subscribe((count) => this.#busy.set({ ...this.#busy.value, [lane]: count })),
    );
  }

  /** How many slots of each lane run a task now. */
  get busy(): Observable<Readonly<Record<Lane, number>>> {
    return this.#busy;
  }

  /** Slots for this kind; 0 for WGSL once the GPU was lost too often. */
  slots(kind: JobKind): number {
    return this.#pools[laneOfKind(kind)].size;
  }

  /** Changes how much is lent; tasks that run keep their slots until they end. */
  setSlots(cpuSlots: number, gpuSlots: number): void {
    this.#pools.cpu.resize(cpuSlots);
    this.#gpu.resize(gpuSlots);
  }

  /**
   * While paused, no task begins, and reactors hold still between two steps with their wall-clock limit; commands and
   * GPU tasks that run go on to their end.
   */
  pause(isPaused: boolean): void {
    this.#pools.cpu.pause(isPaused);
    this.#gpu.pause(isPaused);
  }

  /**
   * The share of time, above 0 to 1, that GPU tasks may keep the GPU busy: they rest after about 50 ms of work, for the
   * sake of the person in front of it. Holds at once, also for a task that runs. Throws `sandbox/bad-duty`.
   *
   * @default 0.9
   */
  setGpuDuty(share: number = DEFAULT_GPU_DUTY): void {
    this.#gpu.setDuty(share);
  }

  /**
   * Which other GPUs agree with this one bit for bit: lower-case hex of the SHA-256 of what a probe shader computes.
   * Measured once, in a slot of its own, and anew after a lost device; undefined when there is no GPU that can. The
   * outcome of each GPU task names it too. Rejects with `base/aborted`.
   */
  numericClass(signal: AbortSignal): Promise<string | undefined> {
    return this.#gpu.numericClass(signal);
  }

  /** Called whenever the GPU device is lost; the result removes the listener. */
  onDeviceLost(listener: (loss: DeviceLoss) => void): () => void {
    return this.#events.on('deviceLost', listener);
  }

  /**
   * Reads and guards a job's program. Rejects only with what `readInput` threw; a program that the guards refuse
   * opens, and each of its tasks ends with the exit `refused`.
   *
   * @example
   * const job = await sandbox.openJob(cid, manifest, readInput);
   * const { exit, outputs } = await job.run(0, { signal });
   */
  openJob(job: Cid, manifest: Manifest, readInput: ReadInput): Promise<SandboxJob> {
    const lane = laneOf(manifest.program);
    const slots = this.#slots(lane);
    if (lane === 'cpu') return SandboxJob.open(job, manifest, readInput, slots);
    this.#gpu.expect();
    return SandboxJob.open(job, manifest, readInput, { ...slots, run: (run) => this.#gpu.run(run) });
  }

  /**
   * Reads and guards the verifier of a job whose comparator has one. It runs in the lane of WASI programs, under limits of
   * its own. Rejects as {@link openJob} does; a verifier that is refused opens, and each of its runs ends `refused`.
   *
   * @param limits - @default VERIFIER_LIMITS, whatever the manifest grants to tasks
   */
  openVerifier(
    manifest: Manifest,
    readInput: ReadInput,
    limits: EffectiveLimits = VERIFIER_LIMITS,
  ): Promise<SandboxVerifier> {
    return SandboxVerifier.open(manifest, readInput, this.#slots('cpu'), limits);
  }

  /**
   * Speed of one slot in micro-units per second: 1,000,000 is the reference machine (benchmark/README.md). Takes
   * about two seconds; `onProgress` hears which share of them is over.
   */
  benchmark(kind: JobKind, signal: AbortSignal, onProgress?: (done: number) => void): Promise<number> {
    return measureSpeed(kind, signal, this.#slots(laneOfKind(kind)), onProgress);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#gpu[Symbol.dispose]();
    this.#guards[Symbol.dispose]();
    for (const pool of Object.values(this.#pools)) pool.close();
    for (const stop of this.#stops) stop();
    this.#events.clear();
  }

  #slots(lane: Lane): JobSlots {
    const pool = this.#pools[lane];
    return {
      guards: this.#guards,
      run: (run) => (lane === 'gpu' ? this.#gpu.runUnnamed(run) : pool.run(run)),
      expect: (load) => pool.expect(load),
      forget: (load) => pool.forget(load),
    };
  }
}

/**
 * Opens a sandbox in this page; frames start when tasks come.
 *
 * @example
 * await using sandbox = createSandbox({ cpuSlots: 2, gpuSlots: 1 });
 */
export function createSandbox(options: SandboxOptions): Sandbox {
  return new Sandbox(options);
}
