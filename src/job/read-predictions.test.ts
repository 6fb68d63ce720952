import { expect, test } from 'vitest';
import { predictionsToCsv, readPredictions } from './read-predictions.ts';

const scores = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer);
const LABELS = ['cat', 'dog', 'fox, red'];

test('the best and the second-best label of each picture, over all tasks', () => {
  const predictions = readPredictions(LABELS, 3, [
    scores(0.125, 0.75, 0.125, 0, 0.25, 0.75),
    scores(0.5, 0.25, 0.25),
  ]);
  expect(predictions.map(({ label, runnerUp }) => [label, runnerUp])).toEqual([
    ['dog', 'cat'],
    ['fox, red', 'dog'],
    ['cat', 'dog'],
  ]);
  expect(predictionsToCsv(predictions)).toBe(
    [
      'image,label,confidence,runner_up,runner_up_confidence',
      '1,dog,0.7500,cat,0.1250',
      '2,"fox, red",0.7500,dog,0.2500',
      '3,cat,0.5000,dog,0.2500',
      '',
    ].join('\n'),
  );
});

test('scores that are no numbers lose, and all are kept within 0 and 1', () => {
  expect(readPredictions(LABELS, 1, [scores(NaN, -1, 7)])).toEqual([
    { label: 'fox, red', confidence: 1, runnerUp: 'dog', runnerUpConfidence: 0 },
  ]);
  expect(readPredictions(LABELS, 1, [scores(NaN, NaN, NaN)])[0]).toMatchObject({
    label: 'cat',
    confidence: 0,
  });
});

test('an odd place in memory is no trouble', () => {
  const shifted = new Uint8Array(13);
  shifted.set(scores(0, 1, 0), 1);
  expect(readPredictions(LABELS, 1, [shifted.subarray(1)])[0]!.label).toBe('dog');
});

test.each([
  ['a row cut short', [scores(1, 2)], /task 1 ends within a row/],
  ['a picture too few', [scores(1, 2, 3)], /1 rows for 2 pictures/],
  ['a picture too many', [scores(1, 2, 3, 1, 2, 3, 1, 2, 3)], /3 rows for 2 pictures/],
])('%s is refused', (_, outputs, message) => {
  expect(() => readPredictions(LABELS, 2, outputs)).toThrow(
    expect.objectContaining({ code: 'job/scores-do-not-fit', message: expect.stringMatching(message) }),
  );
});
