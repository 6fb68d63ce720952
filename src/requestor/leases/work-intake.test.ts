import { expect, test } from 'vitest';
import type { WorkUp } from '../../protocol/work.ts';
import type { ProviderLink } from '../seats/provider-link.ts';
import { WorkIntake, type WorkIntakeInit } from './work-intake.ts';

test('only what was committed to is waited for longer: results for anything else win their provider no time', async () => {
  const touched: number[] = [];
  const place = (isCommitted: boolean) => ({ deadlineAtMs: 1, isCommitted });
  const tasks = new Map([false, true].map((isCommitted, task) => [task, place(isCommitted)]));
  const link = { leases: new Map([['a', { id: 'a', leasedAtMs: 0, tasks }]]), failures: 0 };
  const intake = new WorkIntake({
    leases: {
      owner: () => link,
      touch: (_: unknown, __: unknown, arrived: number[]) => touched.push(...arrived),
      fillAll: () => {},
    },
    tasks: { reveal: () => Promise.resolve({ advanced: Promise.resolve(), isVoid: false }) },
  } as unknown as WorkIntakeInit);
  const result = { exit: { kind: 'ok' as const }, outputs: [] };
  const entries = [0, 1, 2].map((task) => ({ task, nonce: new Uint8Array(16), result, inline: {} }));
  const message: WorkUp = { type: 'results', lease: 'a', entries };
  await intake.receive(link as unknown as ProviderLink, message);
  expect(touched).toEqual([1]);
});
