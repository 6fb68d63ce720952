import { GuestFault } from '../messages.ts';
import type { Wasi } from '../wasi/create-wasi.ts';
import { START_EXPORT } from '../wasm-guard/reserved-exports.ts';
import { FuelTank } from './fuel-tank.ts';

/** One instance of a guarded program with fuel in its tank; nothing of it has run yet. */
export class GuestInstance {
  readonly fuel: FuelTank;
  readonly memory: WebAssembly.Memory;
  readonly #exports: WebAssembly.Exports;

  constructor(module: WebAssembly.Module, wasi: Wasi, imports: Wasi['imports'], fuel: number) {
    const instance = new WebAssembly.Instance(module, { wasi_snapshot_preview1: imports });
    this.#exports = instance.exports;
    const { memory } = instance.exports;
    if (!(memory instanceof WebAssembly.Memory)) {
      throw new GuestFault('refused', 'The module exports no memory under the name "memory".');
    }
    this.memory = memory;
    this.fuel = new FuelTank(instance.exports, fuel);
    wasi.attach(memory);
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
