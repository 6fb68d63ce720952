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
];
