import { aborted, type KilnError } from '../../base/errors.ts';
import type { Observable } from '../../base/observable.ts';
import type { Exit } from '../../protocol/task.ts';
import { Countdown } from './queue/countdown.ts';
import { type GuestFrame, openFrame } from './frame.ts';
import { readGuestMessage } from './read-guest-message.ts';
import { MAX_TASK_MESSAGES, RECYCLE_AFTER_TASKS, RECYCLE_LATEST_TASKS } from '../limits.ts';
import {
  faultExit,
  type GuestOutcome,
  isReactor,
  type Load,
  type TaskInput,
  type ToGuest,
} from '../messages.ts';

/** How long a reactor that was told to stop may take to end its step, before its frame is removed. */
const STOP_GRACE_MS = 250;

/** How one task runs. */
export interface SlotRun {
  readonly load: Load;
  readonly task: TaskInput;
  readonly signal: AbortSignal;
  /** Longest time it may take, in milliseconds, within the limits of its program. @default those */
  readonly wallMs?: number | undefined;
  /** The share of time that it may keep the GPU busy; may change while it runs. */
  readonly gpuDuty?: Observable<number>;
  /** Told how it ended before its slot is given to the next task. */
  readonly onEnd?: (outcome: GuestOutcome) => void;
  readonly onProgress?: ((done: number) => void) | undefined;
  /** Told each finished chunk of a reactor, in order, a few at a time. */
  readonly onChunk?: ((index: number, digestHex: string) => void) | undefined;
  /** Told the calls of a WASI program as they are written down, some at a time. */
  readonly onCalls?: ((lines: readonly string[]) => void) | undefined;
}

interface Pending {
  readonly id: number;
  readonly run: SlotRun;
  readonly resolve: (outcome: GuestOutcome) => void;
  readonly reject: (error: unknown) => void;
  /** Set when a reactor was asked to stop: what the run rejects with. */
  stopped?: KilnError;
}

/** One frame with its worker: runs one task at a time, of one program in its whole life. */
export class Slot {
  readonly #started: Promise<GuestFrame>;
  #frame: GuestFrame | undefined;
  readonly #life = new AbortController();
  #load: Load | undefined;
  #tasks = 0;
  #pending: Pending | undefined;
  #isSpent = false;
  #hasDied = false;
  #sinceMs = 0;
  /** Messages that came during the task under way. */
  #messages = 0;
  #isPaused = false;
  #countdown: Countdown | undefined;
  #stopTimer: ReturnType<typeof setTimeout> | undefined;

  /** The document it shows: which runtime it has. */
  readonly pageUrl: string;

  constructor(pageUrl: string) {
    this.pageUrl = pageUrl;
    this.#started = openFrame(pageUrl, this.#life.signal).then((frame) => {
      this.#frame = frame;
      // Killed in the same moment as it answered.
      if (this.#life.signal.aborted) frame.remove();
      frame.port.onmessage = ({ data }: MessageEvent<unknown>) => this.#receive(data);
      return frame;
    });
    // Whoever runs a task here sees the failure; a spare slot that fails is noticed when it is used.
    this.#started.catch(() => (this.#isSpent = true));
  }

  /** The program it has compiled; a slot never sees a second one. */
  get load(): Load | undefined {
    return this.#load;
  }

  /** Must it be replaced before the next task? */
  get isSpent(): boolean {
    return this.#isSpent || this.#tasks >= RECYCLE_LATEST_TASKS;
  }

  /** Did it run so many tasks that it is replaced as soon as another one is ready? */
  get isOld(): boolean {
    return this.#tasks >= RECYCLE_AFTER_TASKS;
  }

  /** Did its worker answer, so that a task begins at once? */
  get isReady(): boolean {
    return this.#frame !== undefined && !this.#isSpent;
  }

  /** Did the process of its frame end? */
  get hasDied(): boolean {
    return this.#hasDied;
  }

  /**
   * Runs a task; guest faults are outcomes. Rejects when the frame did not start or the signal fired: a reactor then
   * ends between two steps and leaves the slot warm, anything else loses its frame.
   */
  async run(run: SlotRun): Promise<GuestOutcome> {
    const { load, task, signal } = run;
    if (signal.aborted) throw aborted(signal.reason);
    const isFirst = this.#load === undefined;
    this.#load = load;
    let onAbort = () => {};
    let stopDuty = () => {};
    try {
      return await new Promise<GuestOutcome>((resolve, reject) => {
        const id = ++this.#tasks;
        this.#messages = 0;
        this.#pending = { id, run, resolve, reject };
        onAbort = () => this.#stop(aborted(signal.reason));
        signal.addEventListener('abort', onAbort, { once: true });
        const send = (frame: GuestFrame) => {
          // The wall-clock limit covers compiling, instantiating and the start function.
          this.#watch(frame, id, Math.min(run.wallMs ?? Number.POSITIVE_INFINITY, load.limits.wallMs));
          if (isFirst) this.#post(frame, { type: 'load', load });
          const tellDuty = (share: number) => this.#post(frame, { type: 'gpu-duty', share });
          stopDuty = run.gpuDuty?.subscribe(tellDuty) ?? stopDuty;
          const tells = { tellsChunks: run.onChunk !== undefined, tellsCalls: run.onCalls !== undefined };
          this.#post(frame, { type: 'run', id, task, ...tells });
          if (this.#isPaused) this.pause(true);
        };
        const begin = (frame: GuestFrame) => {
          if (this.#pending?.id !== id) return;
          try {
            send(frame);
          } catch {
            // Copying fails for one reason only; the slot may then hold nothing, or half of it.
            this.#end(faultExit('out-of-memory', 'The task could not be copied into its sandbox.'), 0);
          }
        };
        if (this.#frame === undefined) this.#started.then(begin, reject);
        else begin(this.#frame);
      });
    } finally {
      this.#countdown?.stop();
      clearTimeout(this.#stopTimer);
      stopDuty();
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** Holds a reactor between two steps, and its wall-clock limit with it; a command runs on. */
  pause(isPaused: boolean): void {
    this.#isPaused = isPaused;
    if (this.#pending === undefined || !isReactor(this.#pending.run.task)) return;
    this.#countdown?.pause(isPaused);
    if (this.#frame !== undefined) this.#post(this.#frame, { type: 'pause', isPaused });
  }

  /** Removes the frame, and with it whatever runs inside; a task under way rejects with the reason. */
  kill(reason: KilnError): void {
    this.#isSpent = true;
    this.#life.abort();
    this.#frame?.remove();
    this.#settle()?.reject(reason);
  }

  /** Asks a reactor to end, which it does between two steps; whatever cannot, or is too slow, is removed. */
  #stop(reason: KilnError): void {
    const pending = this.#pending;
    if (pending === undefined || this.#frame === undefined || !isReactor(pending.run.task))
      return this.kill(reason);
    pending.stopped = reason;
    this.#post(this.#frame, { type: 'stop', id: pending.id });
    this.#stopTimer = setTimeout(() => this.kill(reason), STOP_GRACE_MS);
  }

  /** Watches the wall-clock limit and, in between, for signs that the frame's process died. */
  #watch(frame: GuestFrame, id: number, wallMs: number): void {
    this.#sinceMs = performance.now();
    this.#countdown = new Countdown(
      wallMs,
      () => void this.#checkAlive(frame, id),
      () => this.#end(faultExit('timeout', `The task took longer than ${wallMs} ms.`), wallMs),
    );
  }

  async #checkAlive(frame: GuestFrame, id: number): Promise<void> {
    if (!(await frame.isAlive()) && this.#pending?.id === id) this.#die();
  }

  /** The frame's process is gone: no browser says so, but pings stay without an answer. */
  #die(): void {
    if (this.#life.signal.aborted) return;
    this.#hasDied = true;
    const message = 'The process of the sandbox ended, most often for lack of memory.';
    this.#end(faultExit('out-of-memory', message), performance.now() - this.#sinceMs);
  }

  /** Its worker says what our code never says: whatever runs there is not ours any more. */
  #distrust(): void {
    const message = 'The sandbox said what it never says, and was removed.';
    this.#end(faultExit('refused', message), performance.now() - this.#sinceMs);
  }

  /** Ends the task under way with this exit and removes the frame. */
  #end(exit: Exit, wallMs: number): void {
    const pending = this.#settle();
    this.kill(aborted());
    pending?.resolve({ exit, outputs: [], wallMs });
  }

  #post(frame: GuestFrame, message: ToGuest): void {
    frame.port.postMessage(message);
  }

  #receive(data: unknown): void {
    const pending = this.#pending;
    if (pending === undefined) return;
    const message = readGuestMessage(data, pending.run.load, pending.run.task);
    if (message === undefined || ++this.#messages > MAX_TASK_MESSAGES) return this.#distrust();
    if (message.type === 'ready' || message.id !== pending.id) return;
    if (message.type === 'progress') return pending.run.onProgress?.(message.done);
    if (message.type === 'calls') return pending.run.onCalls?.(message.lines);
    if (message.type === 'chunks') {
      for (const [i, digestHex] of message.digests.entries())
        pending.run.onChunk?.(message.first + i, digestHex);
      return;
    }
    this.#settle();
    if (message.type === 'stopped') return pending.reject(pending.stopped);
    const { kind } = message.outcome.exit;
    if (kind !== 'ok' && kind !== 'exit-code' && kind !== 'output-limit') this.#isSpent = true;
    if (pending.stopped === undefined) pending.resolve(message.outcome);
    else pending.reject(pending.stopped);
  }

  #settle(): Pending | undefined {
    const pending = this.#pending;
    this.#pending = undefined;
    return pending;
  }
}
