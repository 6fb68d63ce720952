import { ALL_FORMATS, BufferSource, EncodedPacketSink, Input } from 'mediabunny';
import { expect, test } from 'vitest';
import { assembleFiles, submitExample, waitForOffers } from '../../scripts/demo/requestor-tab.ts';
import type { KilnWindow } from '../../scripts/demo/tab.ts';
import type { Comparator } from '../../src/protocol/policy.ts';
import { JOB_KINDS } from '../../src/protocol/primitives.ts';
import { compareResults } from '../../src/verification/compare.ts';
import { readOutputs, waitForEnd } from './fixtures/job.ts';
import { openLender } from './fixtures/lend.ts';
import { openMarket } from './fixtures/market.ts';
import { expectSettled } from './fixtures/money.ts';
import { type MeanColor, meanColor, playVideo, tryFrame } from './fixtures/picture.ts';
import type { Tab } from './fixtures/tab.ts';

const OFFERS_TIMEOUT_MS = 60_000;
const EXAMPLE = 'clay-workshop';
const FRAMES = 3;
const WIDTH = 256;
const HEIGHT = 144;
const OPTIONS = { frames: FRAMES, size: `${WIDTH}x${HEIGHT}`, samplesPerPixel: 1, maxBounces: 2 };
/** Mean colour may move this far (of 255) through a lossy codec and its colour space. */
const CODEC_TOLERANCE = 8;

test('two tabs render an animation: frames are checked pictures, the video plays them', async () => {
  await using market = await openMarket();
  const [requestor, ...lenders] = await Promise.all([
    market.openTab('requestor'),
    openLender(market, 'first', { kinds: JOB_KINDS }),
    openLender(market, 'second', { kinds: JOB_KINDS }),
  ]);
  await waitForOffers(requestor, 2, OFFERS_TIMEOUT_MS);
  const { job } = await submitExample(requestor, EXAMPLE, OPTIONS, 2);
  const view = await waitForEnd(requestor, job);
  expect(view).toMatchObject({ tasks: FRAMES, verified: FRAMES, rejected: [] });

  const frames = await readOutputs(requestor, job, 'frame.rgba');
  const means = frames.map(meanColor);
  for (const [i, frame] of frames.entries()) {
    expect(frame.byteLength, `frame ${i}`).toBe(WIDTH * HEIGHT * 4);
    expect(Math.max(...means[i]!), `frame ${i} is not black`).toBeGreaterThan(10);
    for (const other of frames.slice(0, i)) expect(Buffer.compare(frame, other)).not.toBe(0);
  }

  const own = await tryFrame(requestor, EXAMPLE, OPTIONS, 1);
  const result = (bytes: Uint8Array) => ({
    exit: { kind: 'ok' } as const,
    outputs: [{ path: 'frame.rgba', bytes }],
  });
  expect(
    compareResults(await readComparator(requestor, job), result(frames[1]!), result(own), () => 'u8'),
  ).toEqual({
    agrees: true,
  });

  const files = await assembleFiles(requestor, job);
  const video = files.find(({ mediaType }) => mediaType.startsWith('video/'))!;
  expect(await measure(video.bytes)).toEqual({ frames: FRAMES, width: WIDTH, height: HEIGHT });
  const played = await playVideo(requestor, video, FRAMES);
  for (const [i, color] of played.entries()) {
    expect(distance(color, means[i]!), `played frame ${i}: ${color}, rendered ${means[i]}`).toBeLessThan(
      CODEC_TOLERANCE,
    );
  }
  await expectSettled(market, requestor, job, lenders);
  for (const { complaints } of [requestor, ...lenders.map(({ tab }) => tab)]) expect(complaints).toEqual([]);
});

function distance(a: MeanColor, b: MeanColor): number {
  return Math.max(...a.map((value, channel) => Math.abs(value - b[channel]!)));
}

/** The comparator under which the job's frames count. */
function readComparator({ page }: Tab, job: string): Promise<Comparator> {
  return page.evaluate((job) => {
    const views = (globalThis as unknown as KilnWindow).kiln!.requestor.jobs.value;
    return views.find((one) => one.job === job)!.manifest.comparator;
  }, job);
}

async function measure(bytes: Buffer) {
  using input = new Input({ formats: ALL_FORMATS, source: new BufferSource(new Uint8Array(bytes)) });
  const track = (await input.getPrimaryVideoTrack())!;
  let frames = 0;
  for await (const _packet of new EncodedPacketSink(track).packets()) frames++;
  return { frames, width: track.displayWidth, height: track.displayHeight };
}
