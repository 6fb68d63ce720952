import type { Policy } from '../../src/protocol/policy.ts';
import type { JobView } from '../../src/requestor/view.ts';
import type { KilnWindow, Tab } from './tab.ts';

/** What the requestor found out before it submitted. */
export interface Submitted {
  readonly job: string;
  readonly tryOutMs: number;
  readonly budget: bigint;
}

/** The parts of a job's view that the demo shows and reports. */
export type JobProgress = Omit<JobView, 'manifest' | 'phases'> & { readonly tasks: number };

/** Waits until the board shows this many offers; the requestor's estimate reads it. */
export async function waitForOffers({ page }: Tab, count: number, timeoutMs: number): Promise<void> {
  await page.waitForFunction(
    (wanted) => (globalThis as unknown as KilnWindow).kiln!.board.value.offers.length >= wanted,
    count,
    { timeout: timeoutMs },
  );
}

/**
 * Builds the example's job, tries one task on this tab, and submits it at the board's price. Every task is computed
 * at least twice and audits may ask for more, so the budget is four times the price of one pass.
 *
 * @param policy How results are checked. @default what the example says
 */
export function submitExample(
  { page }: Tab,
  example: string,
  options: Readonly<Record<string, number | string>>,
  seats: number,
  policy?: Policy,
): Promise<Submitted> {
  return page.evaluate(
    async ({ example, options, seats, policy }) => {
      const { kiln, kilnExamples } = globalThis as unknown as KilnWindow;
      const { requestor, wallet } = kiln!;
      const meta = kilnExamples![example]!;
      const inputs: Record<string, Uint8Array> = {};
      for (const { name, url } of meta.inputs) {
        const response = await fetch(url);
        if (!response.ok) throw new Error(`The example's input ${url.href} is missing (${response.status}).`);
        inputs[name] = new Uint8Array(await response.arrayBuffer());
      }
      const built = await meta.build(inputs, options);
      const draft = { ...built, manifest: { ...built.manifest, policy: policy ?? built.manifest.policy } };
      const tryOut = await requestor.tryOut(draft, 0, { signal: new AbortController().signal });
      if (tryOut.exit !== 'ok') throw new Error(`The try-out ended with: ${tryOut.exit}`);
      const { microUnitsPerTask } = tryOut;
      const estimate = requestor.estimate(draft, microUnitsPerTask);
      const budget = estimate.total * 4n;
      await wallet.refresh();
      if (wallet.view.value.tokenBalance < budget) await wallet.faucet();
      const job = await requestor.submit(draft, {
        budget,
        // Room for a provider that asks more than the board's median.
        priceCeiling: estimate.pricePerUnit * 2n,
        microUnitsPerTask,
        seats,
      });
      // Views follow with a short delay.
      await new Promise<void>((resolve) => {
        const stop = requestor.jobs.subscribe((jobs) => {
          if (jobs.every((one) => one.job !== job)) return;
          queueMicrotask(() => stop());
          resolve();
        });
      });
      return { job, tryOutMs: tryOut.wallMs, budget };
    },
    { example, options, seats, policy },
  );
}

/** The job as the requestor sees it now. */
export function readJob({ page }: Tab, job: string): Promise<JobProgress> {
  return page.evaluate((job) => {
    const view = (globalThis as unknown as KilnWindow).kiln!.requestor.jobs.value.find(
      (one) => one.job === job,
    );
    if (view === undefined) throw new Error(`The requestor does not know job ${job}.`);
    const { manifest: _manifest, phases, ...rest } = view;
    return { ...rest, tasks: phases.length };
  }, job);
}

/** The signed record of the job's run, as the page saves it. */
export async function readRecord({ page }: Tab, job: string): Promise<Buffer> {
  const base64 = await page.evaluate(async (job) => {
    const bytes = await (globalThis as unknown as KilnWindow).kiln!.requestor.runRecord(job);
    return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
  }, job);
  return Buffer.from(base64, 'base64');
}

/** Assembles the deliverable in the tab; resolves with its files. */
export async function assembleFiles(
  { page }: Tab,
  job: string,
): Promise<{ readonly name: string; readonly mediaType: string; readonly bytes: Buffer }[]> {
  const files = await page.evaluate(async (job) => {
    const { requestor } = (globalThis as unknown as KilnWindow).kiln!;
    const made = await requestor.assemble(job, { signal: new AbortController().signal });
    return Promise.all(
      made.map(async ({ name, mediaType, bytes }) => {
        const reader = new FileReader();
        const text = new Promise<string>((resolve, reject) => {
          reader.onload = () => resolve(String(reader.result));
          reader.onerror = () => reject(reader.error ?? new Error('unreadable'));
        });
        reader.readAsDataURL(new Blob([bytes]));
        return { name, mediaType, base64: (await text).replace(/^[^,]*,/, '') };
      }),
    );
  }, job);
  return files.map(({ name, mediaType, base64 }) => ({
    name,
    mediaType,
    bytes: Buffer.from(base64, 'base64'),
  }));
}
