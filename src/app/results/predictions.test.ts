import { expect, test } from 'vitest';
import { summarisePredictions } from './predictions.ts';

test('labels are counted, most often first, and the least sure picture is named', () => {
  const rows = [
    ['1', '7', '0.9900', '1', '0.0100'],
    ['2', '3', '0.5100', '8', '0.4900'],
    ['3', '7', '0.9000', '1', '0.0500'],
    ['4', '1', '0.5100', '7', '0.4900'],
  ];
  expect(summarisePredictions(rows)).toEqual({
    pictures: 4,
    counts: [
      { label: '7', count: 2 },
      { label: '1', count: 1 },
      { label: '3', count: 1 },
    ],
    leastSure: { picture: '2', label: '3', confidence: 0.51 },
  });
});

test('no rows are no pictures', () => expect(summarisePredictions([])).toEqual({ pictures: 0, counts: [] }));
