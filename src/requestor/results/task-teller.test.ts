import { afterEach, expect, test, vi } from 'vitest';
import type { Envelope } from '../../protocol/envelope.ts';
import { Statements } from './statements.ts';
import type { TaskTraceEvent } from './task-events.ts';
import { TaskTeller } from './task-teller.ts';

afterEach(() => vi.restoreAllMocks());

const clock = { now: () => 7, after: () => () => {} };

test('an observer that throws keeps nobody else from hearing', () => {
  vi.spyOn(console, 'error').mockImplementation(() => {});
  const heard: TaskTraceEvent[] = [];
  const teller = new TaskTeller(clock, [
    {
      onTask: () => {
        throw new Error('broken');
      },
      onCaught: () => {},
    },
    { onTask: (event) => heard.push(event), onCaught: () => {} },
  ]);
  teller.tell(3, { type: 'own-run' });
  teller.forgotten(3);
  expect(heard).toEqual([{ type: 'own-run', task: 3, atMs: 7 }]);
  expect(console.error).toHaveBeenCalledOnce();
});

const commitOf = (domain: string): Envelope => ({
  domain,
  payload: new Uint8Array(),
  publicKey: new Uint8Array(32),
  signature: new Uint8Array(64),
});

test('the first signed word of a provider counts, and is evidence once it is opened', () => {
  const statements = new Statements();
  const opened = {
    nonce: new Uint8Array(16),
    digest: 'aa',
    result: { exit: { kind: 'ok' as const }, outputs: [] },
  };
  statements.open(1, 'l', opened);
  expect(statements.evidence(1, 'l', 'bb')).toBeUndefined();
  statements.commit(1, 'l', 'agreement', commitOf('first'));
  statements.commit(1, 'l', 'agreement', commitOf('second'));
  expect(statements.evidence(1, 'l', 'bb')).toBeUndefined();
  statements.open(1, 'l', opened);
  expect(statements.evidence(1, 'l', 'bb')).toMatchObject({
    agreement: 'agreement',
    commit: { domain: 'first' },
    claimed: 'aa',
    accepted: 'bb',
  });
  expect(statements.evidence(1, 'other', 'bb')).toBeUndefined();
  statements.forget(1);
  expect(statements.evidence(1, 'l', 'bb')).toBeUndefined();
});
