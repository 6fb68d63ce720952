import { expect, test } from 'vitest';
import { vendorBucket } from './probe-gpu.ts';

test.each([
  ['nvidia ampere', false, 'nvidia'],
  ['Intel(R) UHD Graphics 620', false, 'intel'],
  ['apple metal-3', false, 'apple'],
  ['arm valhall', false, 'arm'],
  ['qualcomm adreno-7xx', false, 'qualcomm'],
  ['amd rdna-2', false, 'amd'],
  ['imagination b-series', false, 'other'],
  ['farmland graphics', false, 'other'],
  ['google SwiftShader Device', true, 'software'],
])('%s: %s is %s', (words, isSoftware, vendor) => {
  expect(vendorBucket(words, isSoftware)).toBe(vendor);
});
