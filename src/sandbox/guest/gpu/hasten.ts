/** So long around the expected end the work is waited for with all haste … */
const LEAD_MS = 3;
const LAG_MS = 3;
/** … and before and after it is asked for this often: a timer is not kept much more exactly. */
const INTERVAL_MS = 4;

/**
 * Waits for GPU work that should take so long, and has the browser look whether it is done: when no command comes,
 * Chromium looks only every 2 ms, and Firefox every 100 ms (bugzilla.mozilla.org/show_bug.cgi?id=1870699). An empty
 * submission makes both look.
 */
export async function hasten<T>(device: GPUDevice, work: Promise<T>, expectedMs: number): Promise<T> {
  let isDone = false;
  const end = () => (isDone = true);
  work.then(end, end);
  const expectedAtMs = performance.now() + expectedMs;
  while (!isDone) {
    device.queue.submit([]);
    const leftMs = expectedAtMs - performance.now();
    if (leftMs < LEAD_MS && leftMs > -LAG_MS) await oneRoundTrip(device).catch(end);
    else {
      const ms = leftMs > LEAD_MS ? Math.min(INTERVAL_MS, leftMs - LEAD_MS) : INTERVAL_MS;
      await Promise.race([work, new Promise((resolve) => setTimeout(resolve, ms))]).catch(end);
    }
  }
  return work;
}

/** The cheapest question that the GPU process answers; fails on a lost device, which the work itself tells better. */
async function oneRoundTrip(device: GPUDevice): Promise<void> {
  device.pushErrorScope('internal');
  await device.popErrorScope();
}
