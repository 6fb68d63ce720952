import type { Bytes } from '../../base/bytes.ts';
import { type ErrorData, toKilnError } from '../../base/errors.ts';
import { type ModelFacts, readModel } from '../onnx/read-model.ts';
import { type GuardedWasm, guardWasm, type WasmLimits } from '../wasm-guard/guard-wasm.ts';
import { type GuardedWgsl, guardWgsl, type WgslLimits } from '../wgsl-guard/guard-wgsl.ts';

/** What a guard said, as plain data: comlink would carry an error's message across, but not its code and hint. */
export type GuardAnswer<T> = { readonly value: T } | { readonly error: ErrorData };

/** The guards as calls whose answers can cross to another thread. */
export interface GuardCalls {
  wasm(bytes: Bytes, limits: WasmLimits): GuardAnswer<GuardedWasm>;
  wgsl(bytes: Bytes, limits: WgslLimits): GuardAnswer<GuardedWgsl>;
  model(bytes: Bytes): GuardAnswer<ModelFacts>;
}

/** What the worker answers: the guards, and that it is there. */
export interface GuardWorker extends GuardCalls {
  isReady(): boolean;
}

/** The guards themselves, on the thread that calls them. */
export const guardCalls: GuardCalls = {
  wasm: (bytes, limits) => answer(() => guardWasm(bytes, limits)),
  wgsl: (bytes, limits) => answer(() => guardWgsl(bytes, limits)),
  model: (bytes) => answer(() => readModel(bytes)),
};

/** A guard that fails in an unforeseen way refuses what it was given too. */
function answer<T>(guard: () => T): GuardAnswer<T> {
  try {
    return { value: guard() };
  } catch (thrown) {
    return { error: toKilnError(thrown, 'sandbox/guard-failed').toJSON() };
  }
}
