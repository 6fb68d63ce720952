import { createWasi } from '../../src/sandbox/wasi/create-wasi.ts';
import { ProgramExit } from '../../src/sandbox/wasi/process.ts';
import { Trace } from '../../src/sandbox/wasi/trace.ts';
import type { Engine } from './engine.ts';

const BUDGET = { fileBytes: 2 ** 26, stdoutBytes: 2 ** 20, names: 10_000 };

/** Runs programs on the same WASI in this process: quick, for work on it; the gate is the sandbox. */
export function openNodeEngine(): Engine {
  return {
    async run(program, isTraced) {
      const calls: string[] = [];
      const trace = isTraced ? new Trace((lines) => calls.push(...lines)) : undefined;
      const { args, env, directories, preopens } = program;
      const files = program.files.map(({ path, bytes }) => ({ path, bytes: new Uint8Array(bytes) }));
      const seed = new Uint8Array(32).fill(7);
      const wasi = createWasi({ args, env, files, directories, preopens, seed, budget: BUDGET, trace });
      let exit: number | string = 0;
      try {
        const module = await WebAssembly.compile(new Uint8Array(program.module));
        const instance = new WebAssembly.Instance(module, { wasi_snapshot_preview1: wasi.imports });
        wasi.attach(instance.exports['memory'] as WebAssembly.Memory);
        (instance.exports['_start'] as () => void)();
      } catch (thrown) {
        exit = thrown instanceof ProgramExit ? thrown.code : String(thrown);
      }
      trace?.close();
      const stdout = new TextDecoder().decode(wasi.takeOutputs(['stdout'])[0]?.bytes);
      return { exit, stdout, calls };
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
