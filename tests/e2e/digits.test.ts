import { expect, test } from 'vitest';
import { DIGIT_SIZE } from '../../examples/digits/draw-digit.ts';
import { drawSet } from '../../examples/digits/draw-set.ts';
import type { DigitsSettings } from '../../examples/digits/job.ts';
import { readLocally } from '../../examples/digits/read-locally.node.ts';
import { assembleFiles, submitExample, waitForOffers } from '../../scripts/demo/requestor-tab.ts';
import { predictionsToCsv, readPredictions } from '../../src/job/read-predictions.ts';
import { expectAccessible, showRoute } from './fixtures/accessible.ts';
import { readOutputs, waitForEnd } from './fixtures/job.ts';
import { openLender } from './fixtures/lend.ts';
import { openMarket } from './fixtures/market.ts';
import { expectSettled } from './fixtures/money.ts';

const OFFERS_TIMEOUT_MS = 30_000;
const SETTINGS: DigitsSettings = { drawings: 48, drawingsPerTask: 8, seed: 4_711 };
const LABELS = Array.from({ length: 10 }, (_, digit) => String(digit));

test('two tabs read drawings with a model: the same answers as in Node, on one sheet, all of it paid', async () => {
  await using market = await openMarket();
  const [requestor, ...lenders] = await Promise.all([
    market.openTab('requestor'),
    openLender(market, 'first', { kinds: ['onnx'] }),
    openLender(market, 'second', { kinds: ['onnx'] }),
  ]);
  await waitForOffers(requestor, 2, OFFERS_TIMEOUT_MS);
  const { job } = await submitExample(requestor, 'digits', { ...SETTINGS }, 2);

  const view = await waitForEnd(requestor, job);
  expect(view).toMatchObject({ tasks: 6, verified: 6, rejected: [] });
  expect(view.executions).toBeGreaterThanOrEqual(12);
  const { images } = drawSet(SETTINGS.drawings, SETTINGS.seed);
  const scores = await readLocally(images);
  const outputs = await readOutputs(requestor, job, 'probabilities.f32');
  const delivered = outputs.flatMap((bytes) => [...new Float32Array(bytes.slice().buffer)]);
  expect(delivered).toEqual([...scores]);

  const [png, csv] = await assembleFiles(requestor, job);
  const predictions = readPredictions(LABELS, SETTINGS.drawings, [new Uint8Array(scores.slice().buffer)]);
  expect(csv).toMatchObject({ name: 'handwritten-digits.csv', mediaType: 'text/csv' });
  expect(csv!.bytes.toString()).toBe(predictionsToCsv(predictions));
  expect(png).toMatchObject({ name: 'handwritten-digits.png', mediaType: 'image/png' });
  // The signature, then the size in the header (PNG specification, 5.2 and 11.2.2): room for 48 drawings at least.
  expect(png!.bytes.subarray(0, 8).toString('hex')).toBe('89504e470d0a1a0a');
  const area = png!.bytes.readUInt32BE(16) * png!.bytes.readUInt32BE(20);
  expect(area).toBeGreaterThan(SETTINGS.drawings * (2 * DIGIT_SIZE) ** 2);
  await showRoute(requestor.page, `#/job/${job}`);
  await requestor.page.getByRole('img', { name: /Handwritten digits: 48 pictures/ }).waitFor();
  await expectAccessible(requestor.page, 'a contact sheet');
  await expectSettled(market, requestor, job, lenders);
  for (const { complaints } of [requestor, ...lenders.map(({ tab }) => tab)]) expect(complaints).toEqual([]);
});
