import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright';
import { build } from 'vite';
import type { WasmLimits } from '../../src/sandbox/wasm-guard/guard-wasm.ts';
import type { BenchAnswer } from './bench-worker.ts';

/** A request as the page is given it: bytes as base64. */
export type PageRequest =
  | { readonly ask: 'guard'; readonly module: string; readonly limits: WasmLimits }
  | {
      readonly ask: 'compare';
      readonly module: string;
      readonly limits: WasmLimits;
      readonly args: readonly string[];
      readonly rounds: number;
    };

/** The bench's worker with the guard inside, as one script. */
export async function bundleWorker(): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: 'warn',
    build: {
      write: false,
      target: 'es2024',
      lib: {
        entry: fileURLToPath(new URL('bench-worker.ts', import.meta.url)),
        formats: ['iife'],
        name: 'bench',
      },
    },
  });
  const [bundle] = Array.isArray(built) ? built : [built];
  if (bundle === undefined || !('output' in bundle)) throw new Error('The worker was not built.');
  return bundle.output[0].code;
}

/** Asks one question of a fresh worker in the page. */
export function askWorker(page: Page, script: string, request: PageRequest): Promise<BenchAnswer> {
  return page.evaluate(
    async ({ script, request }) => {
      const url = URL.createObjectURL(new Blob([script], { type: 'text/javascript' }));
      const worker = new Worker(url);
      try {
        return await new Promise<BenchAnswer>((resolve, reject) => {
          worker.onmessage = ({ data }) => resolve(data as BenchAnswer);
          worker.onerror = (event) => reject(new Error(event.message));
          const module = Uint8Array.from(atob(request.module), (char) => char.charCodeAt(0));
          worker.postMessage({ ...request, module });
        });
      } finally {
        worker.terminate();
        URL.revokeObjectURL(url);
      }
    },
    { script, request },
  );
}
