import { expect, test } from 'vitest';
import { decode, encode } from '../../protocol/codec.ts';
import { MAX_FRAUD_PROOF_BYTES, MAX_WORK_FRAME_BYTES } from '../../protocol/constants.ts';
import { identityOf } from '../../protocol/messages.fixture.ts';
import { commitSchema, type WorkUp } from '../../protocol/work.ts';
import { LeaseBook } from './lease-book.ts';
import { TaskPump, type TaskPumpInit } from './task-pump.ts';

test('many tiny results travel in commits of which two fit a fraud proof', async () => {
  const book = new LeaseBook();
  const tasks = Array.from({ length: 600 }, (_, i) => 900_000 + i);
  book.add('l', tasks);
  const result = { exit: { kind: 'ok' as const }, outputs: [] };
  for (let place = book.takeNext(); place !== undefined; place = book.takeNext())
    book.finish(place, { nonce: new Uint8Array(16), result, inline: {} });
  const sent: WorkUp[] = [];
  const pump = new TaskPump({
    book,
    digest: () => 'd'.repeat(64),
    agreement: { job: 'job' },
    identity: identityOf(1),
    send: (message: WorkUp) => void sent.push(message),
  } as unknown as TaskPumpInit);
  await pump.recommit();
  const commits = sent.flatMap((message) => (message.type === 'commit' ? [message.commit] : []));
  const named = commits.flatMap(({ payload }) => decode(commitSchema, payload, MAX_WORK_FRAME_BYTES).entries);
  expect(named.map(({ task }) => task)).toEqual(tasks);
  for (const commit of commits)
    expect(2 * encode(commit).byteLength).toBeLessThan(MAX_FRAUD_PROOF_BYTES * 0.7);
});
