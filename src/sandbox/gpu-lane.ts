import { KilnError, hasCode } from '../base/errors.ts';
import { Cell } from '../base/observable.ts';
import type { TaskOutcome } from '../protocol/task.ts';
import { decideAfterLoss } from './device-losses.ts';
import type { Guards } from './guards.ts';
import { DEFAULT_GPU_DUTY } from './limits.ts';
import { faultExit } from './messages.ts';
import { NumericClass } from './numeric-class/numeric-class.ts';
import type { SlotRun } from './slot.ts';
import type { SlotPool } from './slot-pool.ts';

/** What happened to the GPU. */
export interface DeviceLoss {
  readonly message: string;
  /** When GPU tasks run again; undefined when GPU work ended until the page is reloaded. */
  readonly resumesInMs?: number;
}

const DEVICE_ENDED = 'sandbox/gpu-ended';

/** The slots of the lane, as far as it is concerned. */
export type LaneSlots = Pick<
  SlotPool,
  'size' | 'resize' | 'pause' | 'run' | 'expect' | 'forget' | 'rejectWaiting'
>;

/** The slots that use the GPU: backs off when its device is lost, knows its numeric class, limits its share of time. */
export class GpuLane implements Disposable {
  readonly #pool: LaneSlots;
  readonly #tellLoss: (loss: DeviceLoss) => void;
  readonly #numericClass: NumericClass;
  readonly #duty = new Cell(DEFAULT_GPU_DUTY);
  readonly #lossesAtMs: number[] = [];
  #resume: ReturnType<typeof setTimeout> | undefined;
  readonly #life = new AbortController();
  #hasEnded = false;
  #isPaused = false;
  /** The device was lost and gets time to recover. */
  #isResting = false;

  constructor(pool: LaneSlots, guards: Guards, tellLoss: (loss: DeviceLoss) => void) {
    this.#pool = pool;
    this.#tellLoss = tellLoss;
    this.#numericClass = new NumericClass({
      guards,
      run: (run) => this.runUnnamed(run),
      expect: (load) => pool.expect(load),
      forget: (load) => pool.forget(load),
    });
  }

  /** Changes the number of slots; stays at 0 once the device was lost too often. */
  resize(size: number): void {
    this.#pool.resize(this.#hasEnded ? 0 : size);
  }

  /** While paused, no task begins. */
  pause(isPaused: boolean): void {
    this.#isPaused = isPaused;
    this.#pool.pause(isPaused || this.#isResting);
  }

  /** Sets the share of time that tasks may keep the GPU busy, above 0 to 1; holds at once. */
  setDuty(share: number): void {
    if (!(share > 0 && share <= 1)) {
      throw new KilnError('sandbox/bad-duty', `A share of the GPU's time is ${share}.`, {
        hint: 'Give a number above 0, at most 1.',
      });
    }
    this.#duty.set(share);
  }

  /** See `Sandbox.numericClass`. */
  async numericClass(signal: AbortSignal): Promise<string | undefined> {
    return this.#pool.size === 0 ? undefined : this.#numericClass.get(signal);
  }

  /** Tasks come soon: measures the numeric class before they do. */
  expect(): void {
    void this.numericClass(this.#life.signal).catch(() => undefined);
  }

  /** Runs a task and says with its outcome of which numeric class the GPU is. */
  async run(run: SlotRun): Promise<TaskOutcome> {
    await this.numericClass(run.signal);
    const outcome = await this.runUnnamed(run);
    if (outcome.exit.kind !== 'ok') return outcome;
    // Asked again: while the task waited, the device may have been lost, and another have come in its place.
    const numericClass = await this.numericClass(run.signal);
    return numericClass === undefined ? outcome : { ...outcome, numericClass };
  }

  /** Runs a task, without its numeric class; a lost device ends it and holds up the tasks after it. */
  async runUnnamed(run: SlotRun): Promise<TaskOutcome> {
    try {
      if (this.#hasEnded) throw ended();
      // Before the slot is given to the next task, which must wait then.
      const onEnd = (outcome: TaskOutcome) => this.#look(outcome);
      return await this.#pool.run({ ...run, gpuDuty: this.#duty, onEnd });
    } catch (error) {
      if (!hasCode(error, DEVICE_ENDED)) throw error;
      return { exit: faultExit('device-lost', (error as KilnError).message), outputs: [], wallMs: 0 };
    }
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#resume);
    this.#life.abort();
    this.#numericClass[Symbol.dispose]();
  }

  #look({ exit }: TaskOutcome): void {
    if (exit.kind === 'device-lost') this.#lose(exit.message);
    // The GPU may still be at work on it. The probe waits for the end of that, so that the next task need not.
    if (exit.kind === 'timeout') this.#numericClass.forget();
  }

  #rest(isResting: boolean): void {
    this.#isResting = isResting;
    this.#pool.pause(isResting || this.#isPaused);
  }

  #lose(message: string): void {
    this.#numericClass.forget();
    this.#lossesAtMs.push(performance.now());
    const decision = decideAfterLoss(this.#lossesAtMs);
    if (decision.kind === 'end') {
      this.#hasEnded = true;
      this.#pool.resize(0);
      this.#pool.rejectWaiting(ended());
      return this.#tellLoss({ message });
    }
    this.#rest(true);
    clearTimeout(this.#resume);
    this.#resume = setTimeout(() => this.#rest(false), decision.ms);
    this.#tellLoss({ message, resumesInMs: decision.ms });
  }
}

function ended(): KilnError {
  return new KilnError(DEVICE_ENDED, 'The GPU was lost too often.', {
    hint: 'Reload the page to use it again.',
  });
}
