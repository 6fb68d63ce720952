import { expect, test } from 'vitest';
import { makeDraft, QUORUM_2 } from '../../tests/mesh/market-day.ts';
import { FakeSandbox } from '../../tests/mesh/twins/fake-sandbox.ts';
import { ManualClock } from '../../tests/mesh/twins/manual-clock.ts';
import { MemoryNetwork } from '../../tests/mesh/twins/memory-network.ts';
import { SOME_CID } from '../protocol/messages.fixture.ts';
import { OwnDevice } from './own-device.ts';

const { manifest, blobs } = await makeDraft(3, QUORUM_2);

test('a job that could not be opened once is opened at the next use; closing never throws', async () => {
  using clock = new ManualClock();
  const peer = new MemoryNetwork(clock, 5).join(1);
  const device = new OwnDevice(SOME_CID, manifest, new FakeSandbox({ clock }), peer.blobs);
  const { signal } = new AbortController();
  // The program is not there yet: reading it fails.
  const first = device.recompute(0, signal);
  first.catch(() => {});
  await clock.advance(60_000);
  await expect(first).rejects.toThrow();
  await peer.blobs.put(blobs[0]!);
  const second = device.recompute(0, signal);
  await clock.advance(60_000);
  expect((await second).result.exit).toEqual({ kind: 'ok' });
  await device[Symbol.asyncDispose]();

  const empty = new MemoryNetwork(clock, 5).join(1);
  const failing = new OwnDevice(SOME_CID, manifest, new FakeSandbox({ clock }), empty.blobs);
  failing.recompute(0, signal).catch(() => {});
  const closed = failing[Symbol.asyncDispose]();
  await clock.advance(60_000);
  await closed;
});
