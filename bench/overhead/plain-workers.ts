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
let module;
self.onmessage = async ({ data }) => {
  if (data.module) { module = await WebAssembly.compile(data.module); return self.postMessage('ready'); }
  const args = data.args.map((text) => new TextEncoder().encode(text + '\\0'));
  let memory;
  const view = () => new DataView(memory.buffer);
  const wasi = {
    args_sizes_get(count, size) {
      view().setUint32(count, args.length, true);
      view().setUint32(size, args.reduce((sum, arg) => sum + arg.length, 0), true);
      return 0;
    },
    args_get(list, buffer) {
      for (const [i, arg] of args.entries()) {
        view().setUint32(list + 4 * i, buffer, true);
        new Uint8Array(memory.buffer, buffer).set(arg);
        buffer += arg.length;
      }
      return 0;
    },
    fd_write(fd, vectors, count, written) {
      let bytes = 0;
      for (let i = 0; i < count; i++) bytes += view().getUint32(vectors + 8 * i + 4, true);
      view().setUint32(written, bytes, true);
      return 0;
    },
    fd_fdstat_get() { return 0; },
    fd_close() { return 0; },
    fd_seek() { return 70; },
    proc_exit(code) { throw { code }; },
  };
  const imports = { wasi_snapshot_preview1: new Proxy(wasi, { get: (known, name) => known[name] ?? (() => 52) }) };
  const instance = await WebAssembly.instantiate(module, imports);
  memory = instance.exports.memory;
  try { instance.exports._start(); } catch (exit) { if (exit.code !== 0) throw exit; }
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
