import { expect, test } from 'vitest';
import type { Demand } from '../../protocol/announce.ts';
import { PassedDemands } from './passed-demands.ts';

const DEMAND = { job: 'bafkjob', requestor: 'a', name: 'Sweep', kind: 'wasi' } as unknown as Demand;

test('why nothing runs is one sentence, whether or not its reasons end in full stops', () => {
  const passed = new PassedDemands();
  expect(passed.why()).toBe('No demand needs this device now.');
  const reason = (text: string) => ({ code: 'any', text, by: 'failure' as const });
  passed.add(DEMAND, [reason('The peer did not answer.'), reason('price 20 % above what the job pays')], 1);
  expect(passed.why()).toBe(
    'The last demand, “Sweep”, came to nothing: The peer did not answer; price 20 % above what the job pays.',
  );
  passed.add(DEMAND, [reason('The peer did not answer.')], 2);
  expect(passed.why()).toMatch(/did not answer\.$/);
});
