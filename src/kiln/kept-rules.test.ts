import { expect, test } from 'vitest';
import type { ProviderRules } from '../provider/view.ts';
import { memoryStore } from '../storage/memory-store.ts';
import { keepRules, keptRules } from './kept-rules.ts';

const OWN = '0x00000000000000000000000000000000000000aa';
const OTHER = '0x00000000000000000000000000000000000000bb';
const suggested: ProviderRules = {
  kinds: ['wasi', 'onnx'],
  cpuSlots: 4,
  pricePerUnit: { wasi: 1n, wgsl: 2n, onnx: 3n },
  payee: OWN,
  creditLeases: 3,
  blockedRequestors: [],
};
const changed: ProviderRules = {
  ...suggested,
  kinds: ['wasi', 'wgsl'],
  cpuSlots: 7,
  pricePerUnit: { wasi: 10n, wgsl: 20n, onnx: 30n },
  preferredRequestors: ['12D3KooWQYV9dGMFoRzNStwpXztXaBUjtPqi6aU76ZgUriHhKust'],
  groups: ['kiln-group-00'],
  isPrivate: true,
  whileInUse: { cpuSlots: 1, gpuDuty: 0.25 },
  pricing: 'market',
};

function settings() {
  return memoryStore().collection<unknown>('settings');
}

test('the first visit has the suggestion, the next the rules of the last', async () => {
  const kept = settings();
  expect(await keptRules(kept, suggested, 8)).toEqual(suggested);
  await keepRules(kept, { ...changed, payee: OTHER }, OWN);
  expect(await keptRules(kept, suggested, 8)).toEqual({ ...changed, payee: OTHER, kinds: ['wasi'] });
});

test('who is paid to the own wallet is paid to the next one too', async () => {
  const kept = settings();
  await keepRules(kept, changed, OWN);
  expect((await keptRules(kept, { ...suggested, payee: OTHER }, 8)).payee).toBe(OTHER);
});

test('a smaller machine lends what it has; what cannot be read is left', async () => {
  const kept = settings();
  await keepRules(kept, changed, OWN);
  expect((await keptRules(kept, suggested, 2)).cpuSlots).toBe(2);
  await kept.put('provider/rules', { ...changed, cpuSlots: -1 });
  expect(await keptRules(kept, suggested, 8)).toEqual(suggested);
});
