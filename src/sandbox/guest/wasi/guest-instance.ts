import { GuestFault } from '../../messages.ts';
import type { Wasi } from '../../wasi/create-wasi.ts';
import { DENIED_EXPORT, START_EXPORT } from '../../wasm-guard/reserved-exports.ts';
import { FuelTank } from './fuel-tank.ts';

/** One instance of a guarded program with fuel in its tank; nothing of it has run yet. */
export class GuestInstance {
  readonly fuel: FuelTank;
  readonly memory: WebAssembly.Memory;
  readonly #exports: WebAssembly.Exports;

  constructor(module: WebAssembly.Module, wasi: Wasi, imports: Wasi['imports'], fuel: number) {
    const instance = instantiate(module, imports);
    this.#exports = instance.exports;
    const { memory } = instance.exports;
    if (!(memory instanceof WebAssembly.Memory)) {
      throw new GuestFault('refused', 'The module exports no memory under the name "memory".');
    }
    this.memory = memory;
    this.fuel = new FuelTank(instance.exports, fuel);
    wasi.attach(memory);
  }

  /** Did the engine deny it memory or table elements that it may have? This device's doing, not the program's. */
  get isDenied(): boolean {
    const denied = this.#exports[DENIED_EXPORT];
    return denied instanceof WebAssembly.Global && denied.value !== 0;
  }

  /** Runs the module's start function, which the guard has made an export. */
  start(): void {
    this.find(START_EXPORT)?.();
  }

  /** An exported function, if there is one of that name. */
  find(name: string): ((...given: number[]) => unknown) | undefined {
    const found = this.#exports[name];
    return typeof found === 'function' ? (found as (...given: number[]) => unknown) : undefined;
  }

  /** An exported function that must be there. */
  get(name: string, hint: string): (...given: number[]) => unknown {
    const found = this.find(name);
    if (found === undefined)
      throw new GuestFault('refused', `The module exports no function "${name}". ${hint}`);
    return found;
  }
}

/** A module that was compiled fails with a RangeError only for want of memory for what it begins with. */
function instantiate(module: WebAssembly.Module, imports: Wasi['imports']): WebAssembly.Instance {
  try {
    return new WebAssembly.Instance(module, { wasi_snapshot_preview1: imports });
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown;
    throw new GuestFault(
      'out-of-memory',
      'This device could not give the program the memory it begins with.',
    );
  }
}
