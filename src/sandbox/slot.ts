import { aborted, type KilnError } from '../base/errors.ts';
import { type GuestFrame, openFrame } from './frame.ts';
import { RECYCLE_AFTER_TASKS, RECYCLE_MIN_AGE_MS } from './limits.ts';
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

  constructor(pageUrl: string) {
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
    let timer: ReturnType<typeof setTimeout> | undefined;
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
          timer = setTimeout(() => this.#timeOut(load.limits.wallMs), load.limits.wallMs);
          if (isFirst) this.#post(frame, { type: 'load', load });
          this.#post(frame, { type: 'run', id, task });
        };
        if (this.#frame === undefined) this.#started.then(begin, reject);
        else begin(this.#frame);
      });
    } finally {
      clearTimeout(timer);
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

  #timeOut(wallMs: number): void {
    const pending = this.#settle();
    this.kill(aborted());
    const exit = faultExit('timeout', `The task took longer than ${wallMs} ms.`);
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
