import { expect, test } from 'vitest';
import { seal } from '../../protocol/envelope.ts';
import { identityFromSeed } from '../../protocol/identity.ts';
import type { WorkUp } from '../../protocol/work.ts';
import { MAX_COMMITS_REPEATED } from '../constants.ts';
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

test('only breaks while its reveal is waited for count against a provider that says its commitment again', async () => {
  const identity = identityFromSeed(new Uint8Array(32).fill(7));
  const agreement = 'ab'.repeat(32);
  const tasks = new Map([[0, { deadlineAtMs: Infinity, isCommitted: true }]]);
  const link = {
    ...{ peer: identity.peer, digests: [agreement], executions: 0, measure: () => {} },
    leases: new Map([['a', { id: 'a', leasedAtMs: 0, tasks }]]),
  };
  const replica = { id: 'a', phase: 'committed', isAsked: false };
  let asked = 0;
  const intake = new WorkIntake({
    leases: { owner: () => link, covers: () => true, fillAll: () => {} },
    tasks: { check: () => ({ replicas: [replica] }) },
    progress: { execute: () => {} },
    askReveal: () => asked++,
  } as unknown as WorkIntakeInit);
  const entries = [{ task: 0, commitment: new Uint8Array(32) }];
  const commit = seal(identity, 'kiln/commit/1', { agreement, lease: 'a', entries });
  const say = () => intake.receive(link as unknown as ProviderLink, { type: 'commit', commit, wallMs: 1 });
  for (let i = 0; i <= MAX_COMMITS_REPEATED; i++) await say();
  expect(asked).toBe(0);
  replica.isAsked = true;
  for (let i = 0; i <= MAX_COMMITS_REPEATED; i++) await say();
  expect(asked).toBe(MAX_COMMITS_REPEATED);
});
