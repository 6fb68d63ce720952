import type { Cid } from '../base/cid.ts';
import { Emitter } from '../base/events.ts';
import { KilnError, hasCode } from '../base/errors.ts';
import { Cell, type Observable } from '../base/observable.ts';
import type { Manifest } from '../protocol/manifest.ts';
import { type Lane, LANES, laneOf, laneOfKind } from '../job/lanes.ts';
import type { JobKind } from '../protocol/primitives.ts';
import type { TaskOutcome } from '../protocol/task.ts';
import { measureSpeed } from './benchmark/measure-speed.ts';
import { decideAfterLoss } from './device-losses.ts';
import { Guards } from './guards.ts';
import { GUEST_PAGES, pageUrls } from './guest-pages.ts';
import type { ReadInput } from './inputs.ts';
import { defaultMemoryBudgetBytes, MemoryBudget } from './memory-budget.ts';
import { faultExit } from './messages.ts';
import { SandboxJob } from './sandbox-job.ts';
import type { SlotRun } from './slot.ts';
import { SlotPool } from './slot-pool.ts';

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

/** What happened to the GPU. */
export interface DeviceLoss {
  readonly message: string;
  /** When GPU tasks run again; undefined when GPU work ended until the page is reloaded. */
  readonly resumesInMs?: number;
}

const DEVICE_ENDED = 'sandbox/gpu-ended';

/** Runs strangers' programs in hidden frames of this page. See README.md for the walls around them. */
export class Sandbox implements AsyncDisposable {
  readonly #pools: Readonly<Record<Lane, SlotPool>>;
  readonly #guards = new Guards();
  readonly #events = new Emitter<{ deviceLost: DeviceLoss }>();
  readonly #busy = new Cell<Readonly<Record<Lane, number>>>({ cpu: 0, gpu: 0 });
  readonly #stops: (() => void)[];
  readonly #lossesAtMs: number[] = [];
  #resume: ReturnType<typeof setTimeout> | undefined;
  #hasGpuEnded = false;
  #isPaused = false;
  /** The GPU was lost and gets time to recover. */
  #isGpuResting = false;

  constructor({ cpuSlots, gpuSlots, pageUrl, memoryBytes }: SandboxOptions) {
    const url =
      pageUrl ?? new URL(`${import.meta.env.BASE_URL}${GUEST_PAGES.programs}`, document.baseURI).href;
    const urlOf = pageUrls(url);
    const memory = new MemoryBudget(memoryBytes ?? defaultMemoryBudgetBytes());
    this.#pools = {
      cpu: new SlotPool(urlOf, memory, cpuSlots),
      gpu: new SlotPool(urlOf, memory, gpuSlots),
    };
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
    this.#pools.gpu.resize(this.#hasGpuEnded ? 0 : gpuSlots);
  }

  /**
   * While paused, no task begins, and reactors hold still between two steps with their wall-clock limit; commands and
   * GPU tasks that run go on to their end.
   */
  pause(isPaused: boolean): void {
    this.#isPaused = isPaused;
    this.#pools.cpu.pause(isPaused);
    this.#pools.gpu.pause(isPaused || this.#isGpuResting);
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
    const pool = this.#pools[laneOf(manifest.program)];
    return SandboxJob.open(job, manifest, readInput, {
      guards: this.#guards,
      run: (run) => this.#run(pool, run),
      expect: (load) => pool.expect(load),
      forget: (load) => pool.forget(load),
    });
  }

  /**
   * Speed of one slot in micro-units per second: 1,000,000 is the reference machine (benchmark/README.md). Takes
   * about a second.
   */
  benchmark(kind: JobKind, signal: AbortSignal): Promise<number> {
    const pool = this.#pools[laneOfKind(kind)];
    return measureSpeed(kind, signal, {
      guards: this.#guards,
      run: (run) => this.#run(pool, run),
      expect: (load) => pool.expect(load),
      forget: (load) => pool.forget(load),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#resume);
    this.#guards[Symbol.dispose]();
    for (const pool of Object.values(this.#pools)) pool.close();
    for (const stop of this.#stops) stop();
    this.#events.clear();
  }

  async #run(pool: SlotPool, run: SlotRun): Promise<TaskOutcome> {
    try {
      if (pool === this.#pools.gpu && this.#hasGpuEnded) throw gpuEnded();
      const outcome = await pool.run(run);
      if (outcome.exit.kind === 'device-lost') this.#loseDevice(outcome.exit.message);
      return outcome;
    } catch (error) {
      if (!hasCode(error, DEVICE_ENDED)) throw error;
      return { exit: faultExit('device-lost', (error as KilnError).message), outputs: [], wallMs: 0 };
    }
  }

  #restGpu(isResting: boolean): void {
    this.#isGpuResting = isResting;
    this.#pools.gpu.pause(isResting || this.#isPaused);
  }

  #loseDevice(message: string): void {
    this.#lossesAtMs.push(performance.now());
    const pool = this.#pools.gpu;
    const decision = decideAfterLoss(this.#lossesAtMs);
    if (decision.kind === 'end') {
      this.#hasGpuEnded = true;
      pool.resize(0);
      pool.rejectWaiting(gpuEnded());
      this.#events.emit('deviceLost', { message });
      return;
    }
    this.#restGpu(true);
    clearTimeout(this.#resume);
    this.#resume = setTimeout(() => this.#restGpu(false), decision.ms);
    this.#events.emit('deviceLost', { message, resumesInMs: decision.ms });
  }
}

function gpuEnded(): KilnError {
  return new KilnError(DEVICE_ENDED, 'The GPU was lost too often.', {
    hint: 'Reload the page to use it again.',
  });
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
