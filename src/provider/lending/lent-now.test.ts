import { expect, test } from 'vitest';
import type { ProviderRules } from '../view.ts';
import { lentNow } from './lent-now.ts';

const rules: ProviderRules = {
  kinds: ['wasi', 'wgsl'],
  cpuSlots: 4,
  pricePerUnit: { wasi: 1n, wgsl: 1n, onnx: 1n },
  payee: '0x00000000000000000000000000000000000000aa',
  creditLeases: 3,
  blockedRequestors: [],
};
const limited = { ...rules, whileInUse: { cpuSlots: 1, gpuDuty: 0.25 } };

test.each([
  ['all of it', rules, true, true, { slots: { cpu: 4, gpu: 1 }, isHeldBack: false }],
  ['no GPU, none lent', rules, false, false, { slots: { cpu: 4, gpu: 0 }, isHeldBack: false }],
  ['nobody there', limited, true, false, { slots: { cpu: 4, gpu: 1 }, isHeldBack: false }],
  ['in use', limited, true, true, { slots: { cpu: 1, gpu: 1 }, gpuDuty: 0.25, isHeldBack: true }],
  [
    'in use, nothing',
    { ...rules, whileInUse: { cpuSlots: 0, gpuDuty: 0 } },
    true,
    true,
    { slots: { cpu: 0, gpu: 0 }, isHeldBack: true },
  ],
  [
    'in use, more than ever',
    { ...rules, kinds: ['wasi' as const], whileInUse: { cpuSlots: 9, gpuDuty: 0 } },
    true,
    true,
    { slots: { cpu: 4, gpu: 0 }, isHeldBack: false },
  ],
])('%s', (_, theRules, hasGpu, isInUse, lent) => {
  expect(lentNow(theRules, { hasGpu, isInUse })).toEqual(lent);
});
