import type { BenchModule } from './report.ts';

/** Every bench by name; its file is loaded only when it runs. */
export const BENCHES: readonly {
  readonly name: string;
  readonly what: string;
  readonly load: () => Promise<BenchModule>;
}[] = [
  {
    name: 'overhead',
    what: 'the network against the same WASM program in plain workers of one page',
    load: () => import('./overhead/overhead.bench.ts'),
  },
  {
    name: 'slot',
    what: 'round trips, cold starts and payloads of a sandbox slot against plain workers',
    load: () => import('./slot/slot.bench.ts'),
  },
  {
    name: 'wasi-write',
    what: "many small writes in the sandbox against Node's WASI",
    load: () => import('./wasi-write/wasi-write.bench.ts'),
  },
  {
    name: 'wasm-guard',
    what: 'what fuel costs guarded programs, and how fast the guard rewrites them',
    load: () => import('./wasm-guard/wasm-guard.bench.ts'),
  },
  {
    name: 'wasm-speed',
    what: 'long calls in the sandbox against native programs and plain workers',
    load: () => import('./wasm-speed/wasm-speed.bench.ts'),
  },
  {
    name: 'wgsl-guard',
    what: 'what loop counters cost guarded shaders, and how fast the guard rewrites them',
    load: () => import('./wgsl-guard/wgsl-guard.bench.ts'),
  },
  {
    name: 'market-sim',
    what: 'the rules of verification on a simulated market of cheats, against plain quorums and BOINC',
    load: () => import('./market-sim/market-sim.bench.ts'),
  },
  {
    name: 'vouchers',
    what: "signing and verifying vouchers against viem's own functions, in the browser",
    load: () => import('./vouchers/vouchers.bench.ts'),
  },
];
