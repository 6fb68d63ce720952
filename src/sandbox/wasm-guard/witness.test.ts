import { expect, test } from 'vitest';
import { witness } from './fixtures/observe.fixture.ts';
import { WITNESS, WITNESS_PROGRAMS } from './fixtures/witness.fixture.ts';

test('results, memory and fuel of random programs are what they were on every other machine', async () => {
  expect(await witness(WITNESS_PROGRAMS)).toBe(WITNESS);
});
