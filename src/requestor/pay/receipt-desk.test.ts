import { expect, test } from 'vitest';
import { ManualClock } from '../../../tests/mesh/twins/manual-clock.ts';
import { AGREEMENT, REQUESTOR } from '../../protocol/messages.fixture.ts';
import type { RequestorWorkChannel, WorkDown, WorkUp } from '../../protocol/work.ts';
import { memoryStore } from '../../storage/memory-store.ts';
import { ReceiptShelf } from '../../storage/receipt-shelf.ts';
import { ProviderLink } from '../seats/provider-link.ts';
import { ReceiptDesk } from './receipt-desk.ts';

test('who comes back after the end hears what it was told of the leases that it names, and what it missed', async () => {
  using clock = new ManualClock();
  const store = memoryStore();
  const shelf = new ReceiptShelf({
    receipts: store.collection('receipts'),
    disputes: store.collection('disputes'),
    clock,
  });
  const paymaster = { settled: () => Promise.resolve() };
  const desk = new ReceiptDesk({ identity: REQUESTOR, clock, shelf, paymaster });
  const link = new ProviderLink(clock, 'a'.repeat(64), AGREEMENT, []);
  link.told.note({ lease: 'heard', task: 1, outcome: 'accepted' });
  link.told.note({ lease: 'known', task: 2, outcome: 'accepted' });
  link.told.note({ lease: 'missed', task: 3, outcome: 'rejected' }, false);
  link.end('ended', 'Out of reach for two minutes.');
  const sent: WorkDown[] = [];
  const channel = { send: async (message: WorkDown) => void sent.push(message) } as RequestorWorkChannel;
  const nothing: AsyncIterator<WorkUp> = { next: async () => ({ done: true, value: undefined }) };
  await desk.meet(link, undefined, channel, nothing, ['heard']);
  expect(sent).toEqual([
    {
      type: 'verdict',
      entries: [
        { lease: 'heard', task: 1, outcome: 'accepted' },
        { lease: 'missed', task: 3, outcome: 'rejected' },
      ],
    },
    { type: 'drain', reason: 'This agreement has ended.' },
  ]);
});
