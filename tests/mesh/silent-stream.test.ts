import { expect, test } from 'vitest';
import { NEGOTIATION_TIMEOUT_MS } from '../../src/protocol/constants.ts';
import { WORK } from '../../src/protocol/work.ts';
import { MarketDay } from './market-day.ts';

test('a work stream that never says hello is ended', async () => {
  await using day = new MarketDay();
  const { peer } = await day.requestor();
  const opening = day.network.join(9).openStream(WORK, { peer: peer.identity.peer, addresses: [] });
  await day.clock.advance(100);
  await opening;
  expect(day.network.openStreams(WORK.id)).toBe(1);
  await day.clock.advance(NEGOTIATION_TIMEOUT_MS + 1_000);
  expect(day.network.openStreams(WORK.id)).toBe(0);
});
