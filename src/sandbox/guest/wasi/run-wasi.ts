import type { WasiLoad } from '../../messages.ts';
import { attempt } from './attempt.ts';
import type { Runner } from '../runner.ts';
import { WarmUp } from './warm-up.ts';

/** Compiles a guarded program once; each run gets a fresh instance, memory and file system. */
export async function loadWasi(load: WasiLoad): Promise<Runner> {
  const module = await WebAssembly.compile(load.module);
  const imports = WebAssembly.Module.imports(module).map(({ name }) => name);
  const warmUp = new WarmUp();
  return {
    async run(task, _onProgress, host) {
      const limit = load.limits.fuel;
      // A trace is of one run from its beginning to its end: no rounds before it.
      if (host.onCalls !== undefined) warmUp.giveUp();
      for (;;) {
        const { fuel = limit, waitMs, limitMs } = warmUp.next();
        const sinceMs = performance.now();
        if (waitMs > 0) await delay(waitMs);
        const startedMs = performance.now();
        const end = await attempt({
          module,
          imports,
          load,
          task,
          host,
          fuel: Math.min(fuel, limit),
          limitMs,
        });
        const endedMs = performance.now();
        if (end.kind === 'done') {
          host.leaveOut(startedMs - sinceMs);
          warmUp.ended();
          return end.result;
        }
        host.leaveOut(endedMs - sinceMs);
        if (end.kind === 'spent') warmUp.dropped(endedMs - startedMs);
        else warmUp.giveUp();
      }
    },
  };
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
