import { aborted, type KilnError } from '../base/errors.ts';
import type { Exit } from '../protocol/task.ts';
import { type GuestFrame, openFrame } from './frame.ts';
import { FRAME_CHECK_INTERVAL_MS, RECYCLE_AFTER_TASKS, RECYCLE_MIN_AGE_MS } from './limits.ts';
import {
  faultExit,
  type FromGuest,
  type GuestOutcome,
  type Load,
  type TaskInput,
  type ToGuest,
} from './messages.ts';

/** How one task runs. */
export interface SlotRun {
  readonly load: Load;
  readonly task: TaskInput;
  readonly signal: AbortSignal;
  readonly onProgress?: ((done: number) => void) | undefined;
}

interface Pending {
  readonly id: number;
  readonly resolve: (outcome: GuestOutcome) => void;
  readonly reject: (error: unknown) => void;
  readonly onProgress: ((done: number) => void) | undefined;
}

/** One frame with its worker: runs one task at a time, of one program in its whole life. */
export class Slot {
  readonly #started: Promise<GuestFrame>;
  #frame: GuestFrame | undefined;
  readonly #life = new AbortController();
  readonly #bornMs = performance.now();
  #load: Load | undefined;
  #tasks = 0;
  #pending: Pending | undefined;
  #isSpent = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** The document it shows: which runtime it has. */
  readonly pageUrl: string;

  constructor(pageUrl: string) {
    this.pageUrl = pageUrl;
    this.#started = openFrame(pageUrl, this.#life.signal).then((frame) => {
      this.#frame = frame;
      // Killed in the same moment as it answered.
      if (this.#life.signal.aborted) frame.remove();
      frame.port.onmessage = ({ data }: MessageEvent<FromGuest>) => this.#receive(data);
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
    const isOld =
      this.#tasks >= RECYCLE_AFTER_TASKS && performance.now() - this.#bornMs >= RECYCLE_MIN_AGE_MS;
    return this.#isSpent || isOld;
  }

  /** Runs a task; guest faults are outcomes. Rejects when the frame did not start or the signal fired. */
  async run({ load, task, signal, onProgress }: SlotRun): Promise<GuestOutcome> {
    if (signal.aborted) throw aborted(signal.reason);
    const isFirst = this.#load === undefined;
    this.#load = load;
    let onAbort = () => {};
    try {
      return await new Promise<GuestOutcome>((resolve, reject) => {
        const id = ++this.#tasks;
        this.#pending = { id, resolve, reject, onProgress };
        onAbort = () => this.kill(aborted(signal.reason));
        signal.addEventListener('abort', onAbort, { once: true });
        const begin = (frame: GuestFrame) => {
          if (this.#pending?.id !== id) return;
          // The wall-clock limit covers compiling, instantiating and the start function.
          this.#watch(frame, id, performance.now(), load.limits.wallMs);
          if (isFirst) this.#post(frame, { type: 'load', load });
          this.#post(frame, { type: 'run', id, task });
        };
        if (this.#frame === undefined) this.#started.then(begin, reject);
        else begin(this.#frame);
      });
    } finally {
      clearTimeout(this.#timer);
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** Removes the frame, and with it whatever runs inside; a task under way rejects with the reason. */
  kill(reason: KilnError): void {
    this.#isSpent = true;
    this.#life.abort();
    this.#frame?.remove();
    this.#settle()?.reject(reason);
  }

  /** One timer for the wall-clock limit and, in between, for signs that the frame's process died. */
  #watch(frame: GuestFrame, id: number, sinceMs: number, wallMs: number): void {
    const leftMs = sinceMs + wallMs - performance.now();
    this.#timer = setTimeout(
      () => {
        if (leftMs <= FRAME_CHECK_INTERVAL_MS) {
          return this.#end(faultExit('timeout', `The task took longer than ${wallMs} ms.`), wallMs);
        }
        void this.#checkAlive(frame, id, sinceMs);
        this.#watch(frame, id, sinceMs, wallMs);
      },
      Math.min(leftMs, FRAME_CHECK_INTERVAL_MS),
    );
  }

  async #checkAlive(frame: GuestFrame, id: number, sinceMs: number): Promise<void> {
    if ((await frame.isAlive()) || this.#pending?.id !== id) return;
    const exit = faultExit(
      'out-of-memory',
      'The process of the sandbox ended, most often for lack of memory.',
    );
    this.#end(exit, performance.now() - sinceMs);
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

  #receive(message: FromGuest): void {
    if (message.type === 'ready' || message.id !== this.#pending?.id) return;
    if (message.type === 'progress') {
      this.#pending.onProgress?.(message.done);
      return;
    }
    const { kind } = message.outcome.exit;
    if (kind !== 'ok' && kind !== 'exit-code' && kind !== 'output-limit') this.#isSpent = true;
    this.#settle()?.resolve(message.outcome);
  }

  #settle(): Pending | undefined {
    const pending = this.#pending;
    this.#pending = undefined;
    return pending;
  }
}
