import { type Remote, wrap } from 'comlink';
import type { Bytes } from '../base/bytes.ts';
import { hasCode, KilnError } from '../base/errors.ts';
import { systemClock, within } from '../base/time.ts';
import { closed } from './closed.ts';
import type { GuardAnswer, GuardWorker } from './guard-calls.ts';
import { GUARD_IDLE_MS, GUARD_LIMIT_MS, SLOT_START_LIMIT_MS } from './limits.ts';
import type { GuardedWasm, WasmLimits } from './wasm-guard/guard-wasm.ts';
import type { GuardedWgsl, WgslLimits } from './wgsl-guard/guard-wgsl.ts';

/** How a worker of the guards is started; tests give one that never answers. */
export type StartGuardWorker = () => Worker;

const startGuardWorker: StartGuardWorker = () =>
  new Worker(new URL('./guard.worker.ts', import.meta.url), { type: 'module', name: 'kiln-guards' });

interface Running {
  readonly remote: Remote<GuardWorker>;
  /** Rejects when the worker could not be loaded or died, and when it is stopped. */
  readonly failed: Promise<never>;
  stop(): void;
}

/**
 * The guards in a worker of their own, so that a large or hostile program never holds up the page: started by the
 * first call, one call at a time, stopped when one takes too long or none came for a while.
 */
export class Guards implements Disposable {
  readonly #start: StartGuardWorker;
  readonly #limitMs: number;
  #running: Running | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #idle: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  constructor(start: StartGuardWorker = startGuardWorker, limitMs: number = GUARD_LIMIT_MS) {
    this.#start = start;
    this.#limitMs = limitMs;
  }

  /** {@link GuardedWasm} of a copy of these bytes; throws the guard's error, or `sandbox/guard-too-slow`. */
  wasm(bytes: Bytes, limits: WasmLimits): Promise<GuardedWasm> {
    return this.#inTurn((remote) => remote.wasm(bytes, limits));
  }

  /** {@link GuardedWgsl} of these bytes; throws the guard's error, or `sandbox/guard-too-slow`. */
  wgsl(bytes: Bytes, limits: WgslLimits): Promise<GuardedWgsl> {
    return this.#inTurn((remote) => remote.wgsl(bytes, limits));
  }

  /** Stops the worker; calls under way and waiting reject with `sandbox/closed`. */
  [Symbol.dispose](): void {
    this.#isClosed = true;
    this.#stop();
  }

  #inTurn<T>(call: (remote: Remote<GuardWorker>) => Promise<GuardAnswer<T>>): Promise<T> {
    const mine = this.#last.then(() => this.#ask(call));
    this.#last = mine.catch(() => undefined);
    return mine;
  }

  async #ask<T>(call: (remote: Remote<GuardWorker>) => Promise<GuardAnswer<T>>): Promise<T> {
    if (this.#isClosed) throw closed();
    clearTimeout(this.#idle);
    try {
      const { remote, failed } = (this.#running ??= await launch(this.#start));
      if (this.#isClosed) throw closed();
      const answer = await within(systemClock, this.#limitMs, undefined, () =>
        Promise.race([call(remote), failed]),
      );
      if ('error' in answer) throw KilnError.fromJSON(answer.error);
      return answer.value;
    } catch (error) {
      if (this.#isClosed) throw closed();
      if (hasCode(error, 'sandbox/not-started')) this.#stop();
      if (!hasCode(error, 'base/timeout')) throw error;
      this.#stop();
      throw tooSlow(this.#limitMs);
    } finally {
      if (this.#isClosed) this.#stop();
      else this.#idle = setTimeout(() => this.#stop(), GUARD_IDLE_MS);
    }
  }

  #stop(): void {
    clearTimeout(this.#idle);
    this.#running?.stop();
    this.#running = undefined;
  }
}

/** Starts the worker and waits for its first word. Throws `sandbox/not-started`. */
async function launch(start: StartGuardWorker): Promise<Running> {
  const worker = start();
  const { promise: failed, reject } = Promise.withResolvers<never>();
  // Nobody may be waiting when it fails.
  failed.catch(() => undefined);
  worker.addEventListener('error', ({ message }) => reject(notStarted(message)));
  const stop = () => {
    worker.terminate();
    reject(closed());
  };
  const remote = wrap<GuardWorker>(worker);
  try {
    await within(systemClock, SLOT_START_LIMIT_MS, undefined, () => Promise.race([remote.isReady(), failed]));
    return { remote, failed, stop };
  } catch (error) {
    stop();
    throw hasCode(error, 'base/timeout') ? notStarted('They did not answer in time.') : error;
  }
}

function tooSlow(limitMs: number): KilnError {
  return new KilnError('sandbox/guard-too-slow', 'The program could not be checked in time.', {
    data: { limitMs },
    hint: 'Make it smaller, or less deeply nested.',
  });
}

function notStarted(reason: string | undefined): KilnError {
  return new KilnError(
    'sandbox/not-started',
    `The guards did not start. ${reason ?? ''}`.trim().slice(0, 200),
    {
      hint: "Check that the page's Content-Security-Policy admits workers of its own origin, then reload the page.",
    },
  );
}
