import { expect, test } from 'vitest';
import { verifyRecord } from '../../src/kiln/record/verify-record.ts';
import { standingOf } from '../../src/protocol/task-trace.ts';
import { MarketDay, QUORUM_2, TASK_PRICE, viewOf } from './market-day.ts';
import { lieAbout, trueOutput } from './twins/fake-sandbox.ts';

test('the record of a day with a liar holds offline, and names the liar with what it signed', async () => {
  await using day = new MarketDay();
  const liar = await day.provider({ tamper: lieAbout(() => true) });
  await day.provider();
  await day.provider();
  const { requestor } = await day.requestor();
  const job = await day.submit(requestor, 12);
  const view = await day.untilEnded(requestor, job);
  expect(view.status).toBe('done');
  const file = await requestor.runRecord(job);
  const outputs = [];
  for (let task = 0; task < 12; task++)
    outputs.push({ task, path: 'stdout', bytes: await trueOutput(job, task) });
  const { findings, refuted, record, checked } = await verifyRecord(file, outputs);
  expect(findings).toEqual([]);
  expect(checked).toMatchObject({ agreements: 3, vouchers: 2, outputFiles: 12 });
  expect(record.traces.map(standingOf)).toEqual(Array(12).fill('verified'));
  expect(record.issued).toBe(24n * TASK_PRICE);
  const liarPeer = liar.peer.identity.peer;
  expect(refuted.length).toBeGreaterThan(0);
  for (const lie of refuted) {
    expect(lie).toMatchObject({ peer: liarPeer, isProven: true });
    expect(lie.claimed).not.toBe(lie.accepted);
  }
  expect(record.caught).toMatchObject([{ peer: liarPeer, task: refuted[0]!.task }]);
});
