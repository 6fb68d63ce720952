/** Work that is over by then is waited for with all haste … */
const SHORT_MS = 3;
/** … and longer work is asked after this often: a timer is not kept much more exactly. */
const INTERVAL_MS = 4;

/**
 * Waits for GPU work, and has the browser look whether it is done: when no command comes, Chromium looks only every
 * 2 ms, and Firefox every 100 ms (bugzilla.mozilla.org/show_bug.cgi?id=1870699). An empty submission makes both look.
 */
export async function hasten<T>(device: GPUDevice, work: Promise<T>, isShort: boolean): Promise<T> {
  let isDone = false;
  const end = () => (isDone = true);
  work.then(end, end);
  const shortUntilMs = performance.now() + (isShort ? SHORT_MS : 0);
  while (!isDone) {
    device.queue.submit([]);
    if (performance.now() < shortUntilMs) await oneRoundTrip(device).catch(end);
    else await Promise.race([work, new Promise((resolve) => setTimeout(resolve, INTERVAL_MS))]).catch(end);
  }
  return work;
}

/** The cheapest question that the GPU process answers; fails on a lost device, which the work itself tells better. */
async function oneRoundTrip(device: GPUDevice): Promise<void> {
  device.pushErrorScope('internal');
  await device.popErrorScope();
}
