import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ALL_FORMATS, BufferSource, EncodedPacketSink, Input } from 'mediabunny';
import { chromium } from 'playwright';
import { verifyRecord } from '../../src/kiln/record/verify-record.ts';
import { chromiumArgs, chromiumPath } from '../chromium.ts';
import { startStack } from '../stack.ts';
import { ProgressLine, progressText } from './progress-line.ts';
import { heldVouchers, startProviding, stopAndRedeem } from './provider-tab.ts';
import { costTable, makeReport } from './report.ts';
import {
  assembleFiles,
  type JobProgress,
  readJob,
  readRecord,
  submitExample,
  waitForOffers,
} from './requestor-tab.ts';
import { claimedOnChain, findFaults, type Settlement } from './settlement.ts';
import { openTab, type Tab } from './tab.ts';

/** Options of {@link runDemo}. */
export interface DemoOptions {
  readonly out: string;
  readonly providers: number;
  readonly frames: number;
  readonly signal: AbortSignal;
}

const EXAMPLE = 'clay-workshop';
/** The signed record of the run; `npm run kiln -- verify-record` checks it again. */
const RECORD_NAME = 'clay-workshop.kiln-run';
/**
 * Fewer than the example's own 8: the denoiser makes up for it, and without a GPU (about seven core-seconds a result,
 * two results a frame) the default demo then ends within three minutes on four cores.
 */
const SAMPLES_PER_PIXEL = 3;
const POLL_MS = 500;
/** Offers reach the relay's board and come back within seconds. */
const OFFERS_TIMEOUT_MS = 60_000;
/** The last vouchers follow the last verdict at once. */
const LAST_VOUCHERS_TIMEOUT_MS = 20_000;
/** A frame that takes longer than this on average will not end today. */
const MAX_MS_PER_FRAME = 60_000;

/**
 * Renders the example animation through the whole market: fresh chain and relay, N provider tabs and a requestor
 * tab in contexts of their own. Writes the video, the signed record and `report.json`; resolves with 0 only when every
 * frame was verified, paid and redeemed on chain, and the record holds offline.
 */
export async function runDemo(options: DemoOptions): Promise<number> {
  const { providers, signal } = options;
  mkdirSync(options.out, { recursive: true });
  await using stack = await startStack({ onStep: (step) => console.log(`${step} …`) });
  console.log('Starting Chromium …');
  const browser = await chromium.launch({
    executablePath: chromiumPath(),
    args: [...chromiumArgs],
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
  });
  const stop = () => void browser.close();
  signal.addEventListener('abort', stop, { once: true });
  try {
    console.log(`Opening ${providers} provider tabs and a requestor tab …`);
    const names = Array.from({ length: providers }, (_, i) => `provider ${i + 1}`);
    const [requestor, ...lenders] = await Promise.all([
      openTab(browser, stack.url, 'requestor'),
      ...names.map((name) => openTab(browser, stack.url, name)),
    ]);
    try {
      return await walk(requestor!, lenders, stack.config.chain, options);
    } catch (error) {
      for (const { name, complaints } of [requestor!, ...lenders]) {
        if (complaints.length > 0) console.error(`${name} reported:\n  ${complaints.join('\n  ')}`);
      }
      throw error;
    }
  } catch (error) {
    if (signal.aborted) return 130;
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
    await browser.close();
  }
}

type Chain = Parameters<typeof claimedOnChain>[0];

async function walk(
  requestor: Tab,
  lenders: readonly Tab[],
  chain: Chain,
  options: DemoOptions,
): Promise<number> {
  console.log('Measuring the providers, starting to lend …');
  const started = await Promise.all(lenders.map((tab) => startProviding(tab)));
  await waitForOffers(requestor, lenders.length, OFFERS_TIMEOUT_MS);

  console.log('Building the job, trying one frame on the requestor, submitting …');
  const { job, tryOutMs } = await submitExample(
    requestor,
    EXAMPLE,
    { frames: options.frames, samplesPerPixel: SAMPLES_PER_PIXEL },
    lenders.length,
  );
  console.log(`One frame took ${(tryOutMs / 1_000).toFixed(1)} s here.`);
  await followJob(requestor, job, options);

  console.log('Assembling the video …');
  const files = await assembleFiles(requestor, job);
  for (const { name, bytes } of files) writeFileSync(join(options.out, name), bytes);
  const video = files.find(({ mediaType }) => mediaType.startsWith('video/'));
  if (video === undefined) throw new Error('No video came out of the job.');

  console.log('Redeeming the vouchers …');
  const settlements = await settle(requestor, job, lenders, started, chain);
  const record = await readRecord(requestor, job);
  writeFileSync(join(options.out, RECORD_NAME), record);
  const { findings } = await verifyRecord(record);
  const view = await readJob(requestor, job);
  const report = makeReport(
    view,
    settlements,
    { path: join(options.out, video.name), ...(await measureVideo(video.bytes)) },
    [...findFaults(view, settlements), ...findings.map(({ message }) => `The record of the run: ${message}`)],
  );
  writeFileSync(join(options.out, 'report.json'), `${JSON.stringify(report, null, 2)}\n`);
  console.log(`\n${costTable(report)}\n`);
  console.log(
    `${report.verified} of ${report.tasks} frames verified in ${report.wallSeconds.toFixed(1)} s, ${report.executions} results, ${report.rejected.length} rejected.`,
  );
  console.log(
    `Video:  ${report.video.path}\nReport: ${join(options.out, 'report.json')}\nRecord: ${join(options.out, RECORD_NAME)}`,
  );
  for (const fault of report.faults) console.error(`Fault: ${fault}`);
  return report.faults.length === 0 ? 0 : 1;
}

async function followJob(requestor: Tab, job: string, options: DemoOptions): Promise<JobProgress> {
  const line = new ProgressLine();
  const deadlineMs = performance.now() + options.frames * MAX_MS_PER_FRAME;
  for (;;) {
    const view = await readJob(requestor, job);
    if (view.status !== 'running') {
      line.end(progressText(view));
      if (view.status === 'done') return view;
      throw new Error(`The job ended as "${view.status}": ${view.error ?? 'no reason given'}`);
    }
    line.show(progressText(view));
    if (performance.now() > deadlineMs) throw new Error(`The job made no end: ${progressText(view)}`);
    await requestor.page.waitForTimeout(POLL_MS);
  }
}

/** Waits for the last vouchers, redeems them all, and reads what the pool's books say. */
async function settle(
  requestor: Tab,
  job: string,
  lenders: readonly Tab[],
  started: readonly { readonly peer: string; readonly payee: `0x${string}` }[],
  chain: Chain,
): Promise<Settlement[]> {
  return Promise.all(
    lenders.map(async (tab, index) => {
      const { peer, payee } = started[index]!;
      const deadlineMs = performance.now() + LAST_VOUCHERS_TIMEOUT_MS;
      for (;;) {
        const mine = (await readJob(requestor, job)).providers.filter((one) => one.peer === peer);
        const paid = mine.reduce((sum, one) => sum + one.paid, 0n);
        const vouchers = await heldVouchers(tab);
        const held = vouchers.reduce((sum, { amount }) => sum + amount, 0n);
        if (held === paid || performance.now() > deadlineMs) {
          await stopAndRedeem(tab);
          const tasks = mine.reduce((sum, one) => sum + one.tasksPaid, 0);
          return { peer, payee, tasks, paid, redeemed: await claimedOnChain(chain, payee, vouchers) };
        }
        await requestor.page.waitForTimeout(POLL_MS);
      }
    }),
  );
}

/** Reads the written file back: how many frames it really holds, and their size. */
async function measureVideo(
  bytes: Buffer,
): Promise<{ readonly frames: number; readonly width: number; readonly height: number }> {
  const input = new Input({ formats: ALL_FORMATS, source: new BufferSource(new Uint8Array(bytes)) });
  const track = await input.getPrimaryVideoTrack();
  if (track === null) throw new Error('The video file holds no video track.');
  let frames = 0;
  for await (const _packet of new EncodedPacketSink(track).packets()) frames++;
  return { frames, width: track.displayWidth, height: track.displayHeight };
}
