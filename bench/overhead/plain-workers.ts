import { PLAIN_WASI } from '../plain-wasi.ts';

/** What one run in plain workers measured. */
export interface PlainRun {
  /** Milliseconds from the first to the last finished task. */
  readonly spanMs: number;
  /** Tasks finished after the first one. */
  readonly tasks: number;
}

/**
 * Source of a plain worker, to be handed to {@link runPlain}: compiles the module once, makes a fresh instance for each task, with the least of WASI
 * that bench-spin calls. What a page without Kiln would do.
 */
export const PLAIN_WORKER = `
${PLAIN_WASI}
let module;
self.onmessage = async ({ data }) => {
  if (data.module) { module = await WebAssembly.compile(data.module); return self.postMessage('ready'); }
  const imports = plainWasi(data.args);
  const instance = await WebAssembly.instantiate(module, imports);
  imports.attach(instance);
  callStart(instance);
  self.postMessage('done');
};`;

/**
 * Runs in a page: `tasks` runs of a WASI program spread over `slots` plain workers, each taking the next when it is
 * free. Self-contained, because it is sent to the page as text.
 */
export async function runPlain(given: {
  readonly worker: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly slots: number;
  readonly tasks: number;
}): Promise<PlainRun> {
  const bytes = Uint8Array.from(atob(given.program), (char) => char.charCodeAt(0));
  const url = URL.createObjectURL(new Blob([given.worker], { type: 'text/javascript' }));
  const workers = Array.from({ length: given.slots }, () => new Worker(url));
  const next = (worker: Worker, message: unknown) =>
    new Promise<void>((resolve, reject) => {
      worker.onmessage = () => resolve();
      worker.onerror = (event) => reject(new Error(event.message));
      worker.postMessage(message);
    });
  await Promise.all(workers.map((worker) => next(worker, { module: bytes })));
  let left = given.tasks;
  let firstMs: number | undefined;
  let lastMs = 0;
  await Promise.all(
    workers.map(async (worker) => {
      while (left-- > 0) {
        await next(worker, { args: given.args });
        lastMs = performance.now();
        firstMs ??= lastMs;
      }
    }),
  );
  for (const worker of workers) worker.terminate();
  URL.revokeObjectURL(url);
  return { spanMs: lastMs - (firstMs ?? lastMs), tasks: given.tasks - 1 };
}
