import { expect, test } from 'vitest';
import { memoryStore } from '../../storage/memory-store.ts';
import type { ProviderInit } from '../provider.ts';
import { resumeWork } from './resume-work.ts';

const nothing = () => {};

test.each<[string, unknown]>([
  ['of another form', { savedAtMs: 1, digests: 7 }],
  ['that is none', null],
  ['of agreements that are gone', { savedAtMs: 1, digests: ['ab'] }],
])('a record %s is forgotten, and keeps no tab from starting', async (_, record) => {
  const store = memoryStore();
  const works = store.collection<unknown>('works');
  await works.put('a', record);
  await works.put('b', { savedAtMs: 2, digests: ['cd'] });
  const init = { works, agreements: store.collection('agreements') } as unknown as ProviderInit;
  expect(await resumeWork(init, nothing)).toEqual([]);
  expect(await works.entries()).toEqual([]);
});
