/**
 * Runs in a page: milliseconds of each of so many runs of a WASI program in one plain worker (`plain-workers.ts`).
 * Self-contained, because it is sent to the page as text.
 */
export async function bareWarmTimes(given: {
  readonly worker: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly tasks: number;
}): Promise<number[]> {
  const bytes = Uint8Array.from(atob(given.program), (char) => char.charCodeAt(0));
  const url = URL.createObjectURL(new Blob([given.worker], { type: 'text/javascript' }));
  const worker = new Worker(url);
  const next = (message: unknown) =>
    new Promise<void>((resolve, reject) => {
      worker.onmessage = () => resolve();
      worker.onerror = (event) => reject(new Error(event.message));
      worker.postMessage(message);
    });
  await next({ module: bytes });
  const times = [];
  for (let task = 0; task < given.tasks; task++) {
    const startedMs = performance.now();
    await next({ args: given.args });
    times.push(performance.now() - startedMs);
  }
  worker.terminate();
  URL.revokeObjectURL(url);
  return times;
}
