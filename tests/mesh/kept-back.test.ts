import { expect, test } from 'vitest';
import { decode } from '../../src/protocol/codec.ts';
import { MAX_WORK_FRAME_BYTES } from '../../src/protocol/constants.ts';
import type { Policy } from '../../src/protocol/policy.ts';
import { WORK } from '../../src/protocol/work.ts';
import { newRecord, note } from '../../src/reputation/record.ts';
import type { JobRecord, ResultRecord } from '../../src/requestor/records.ts';
import { type DayProvider, MarketDay } from './market-day.ts';

/** Whoever has proven itself in earlier jobs is trusted from the start. */
const TRUSTING: Policy = { kind: 'adaptive', auditRate: 0, threshold: 0.99 };

/** Lets a provider keep its results back: it commits, and what it would show is lost while `isMute` says so. */
function mute({ peer }: DayProvider, isMute: () => boolean): void {
  const open = peer.openStream.bind(peer);
  peer.openStream = async (protocol, to, signal) => {
    const stream = await open(protocol, to, signal);
    if (protocol.id !== WORK.id) return stream;
    return {
      peer: stream.peer,
      frames: stream.frames,
      close: () => stream.close(),
      abort: (error) => stream.abort(error),
      send: async (frame) => {
        const { type } = decode(WORK.toListener, frame, MAX_WORK_FRAME_BYTES);
        if (type !== 'results' || !isMute()) await stream.send(frame);
      },
    };
  };
}

test('who kept a result back is trusted no more after a reload of the requestor’s tab', async () => {
  await using day = new MarketDay();
  const one = await day.provider({ msPerTask: 500 });
  const { peer } = one.peer.identity;
  await day.requestorStore
    .collection('reputation')
    .put(`wasi/${peer}`, note(newRecord(day.clock.now()), 'valid', day.clock.now(), 50));
  let isMute = false;
  mute(one, () => isMute);
  const { requestor } = await day.requestor();
  const job = await day.submit(requestor, 400, TRUSTING);
  const results = day.requestorStore.collection<ResultRecord>('results');
  const records = async () => (await results.entries()).map(([, record]) => record);
  await day.clock.advance(10_000);
  expect((await records()).some(({ isProvisional }) => isProvisional)).toBe(true);
  isMute = true;
  await day.clock.advance(40_000);
  isMute = false;
  const stored = await day.requestorStore.collection<JobRecord>('jobs').get(job);
  const since = stored?.startedOver?.[peer];
  expect(since).toBeGreaterThan(0);
  await day.requestor();
  await day.clock.advance(15_000);
  const later = (await records()).filter(({ order = 0 }) => order >= since!);
  expect(later.length).toBeGreaterThan(0);
  // This device looks again at the first ones that it says.
  const first = later.toSorted((a, b) => a.order! - b.order!).slice(0, 3);
  expect(first.map(({ isProven, isProvisional }) => [isProven, isProvisional])).toEqual(
    first.map(() => [true, undefined]),
  );
});
