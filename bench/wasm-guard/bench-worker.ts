/*
 * Runs in a worker of its own in the browser: guards modules, and runs them bare and guarded by turns.
 */
import { guardWasm, type WasmLimits } from '../../src/sandbox/wasm-guard/guard-wasm.ts';
import { FUEL_EXPORT } from '../../src/sandbox/wasm-guard/reserved-exports.ts';

/** What the page asks for. */
export type BenchRequest =
  | { readonly ask: 'guard'; readonly module: Uint8Array; readonly limits: WasmLimits }
  | {
      readonly ask: 'compare';
      readonly module: Uint8Array;
      readonly limits: WasmLimits;
      readonly args: readonly string[];
      readonly rounds: number;
    };

/** What it gets: milliseconds of each run, and the fuel of one. */
export interface BenchAnswer {
  readonly bareMs: readonly number[];
  readonly guardedMs: readonly number[];
  readonly bytes: number;
  readonly fuel: number;
}

const FUEL = 10n ** 15n;

globalThis.onmessage = ({ data }: MessageEvent<BenchRequest>) => {
  globalThis.postMessage(data.ask === 'guard' ? guardOnce(data) : compare(data));
};

function guardOnce({ module, limits }: BenchRequest): BenchAnswer {
  const startedMs = performance.now();
  const guarded = guardWasm(module, limits).module;
  return { bareMs: [], guardedMs: [performance.now() - startedMs], bytes: guarded.byteLength, fuel: 0 };
}

function compare(request: BenchRequest & { readonly ask: 'compare' }): BenchAnswer {
  const source = guardWasm(request.module, request.limits).module;
  const bare = new WebAssembly.Module(new Uint8Array(request.module));
  const guarded = new WebAssembly.Module(source);
  const bareMs: number[] = [];
  const guardedMs: number[] = [];
  let fuel = 0;
  for (let round = 0; round < request.rounds; round++) {
    bareMs.push(runOnce(bare, request.args).tookMs);
    const run = runOnce(guarded, request.args);
    guardedMs.push(run.tookMs);
    fuel = run.fuel;
  }
  return { bareMs, guardedMs, bytes: source.byteLength, fuel };
}

/** Runs a command in a fresh instance with the least of WASI that the kernels call. */
function runOnce(module: WebAssembly.Module, args: readonly string[]): { tookMs: number; fuel: number } {
  const texts = ['kernel', ...args].map((text) => new TextEncoder().encode(`${text}\0`));
  const view = () => new DataView((instance.exports['memory'] as WebAssembly.Memory).buffer);
  const known: Record<string, (...numbers: number[]) => number> = {
    args_sizes_get(count, size) {
      view().setUint32(count!, texts.length, true);
      view().setUint32(
        size!,
        texts.reduce((sum, text) => sum + text.length, 0),
        true,
      );
      return 0;
    },
    args_get(list, buffer) {
      let at = buffer!;
      for (const [i, text] of texts.entries()) {
        view().setUint32(list! + 4 * i, at, true);
        new Uint8Array(view().buffer, at).set(text);
        at += text.length;
      }
      return 0;
    },
    fd_write(_, vectors, count, written) {
      let bytes = 0;
      for (let i = 0; i < count!; i++) bytes += view().getUint32(vectors! + 8 * i + 4, true);
      view().setUint32(written!, bytes, true);
      return 0;
    },
    fd_fdstat_get: () => 0,
    fd_close: () => 0,
    fd_seek: () => 70,
    proc_exit(code) {
      throw new Error(`The kernel ended with ${code}.`);
    },
  };
  const instance = new WebAssembly.Instance(module, { wasi_snapshot_preview1: known });
  const tank = instance.exports[FUEL_EXPORT] as WebAssembly.Global | undefined;
  if (tank !== undefined) tank.value = FUEL;
  const startedMs = performance.now();
  (instance.exports['_start'] as () => void)();
  const tookMs = performance.now() - startedMs;
  return { tookMs, fuel: tank === undefined ? 0 : Number(FUEL - (tank.value as bigint)) };
}
