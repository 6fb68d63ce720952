import type { BenchModule } from './report.ts';

/** Every bench by name; its file is loaded only when it runs. */
export const BENCHES: readonly {
  readonly name: string;
  readonly what: string;
  readonly load: () => Promise<BenchModule>;
}[] = [];
