import { afterEach, beforeEach, expect, test } from 'vitest';
import { MarketDay } from '../../tests/mesh/market-day.ts';
import type { KilnError } from '../base/errors.ts';
import { dialerChannel } from '../protocol/channel.ts';
import { MAX_OPEN_NEGOTIATIONS, NEGOTIATION_TIMEOUT_MS } from '../protocol/constants.ts';
import { seal } from '../protocol/envelope.ts';
import { PROPOSAL } from '../protocol/messages.fixture.ts';
import { NEGOTIATE } from '../protocol/negotiate.ts';

let day: MarketDay;
beforeEach(() => (day = new MarketDay()));
afterEach(() => day[Symbol.asyncDispose]());

/** Dials a requestor for a negotiation and tells how the stream ended, once it did. */
async function dial(number: number, requestor: string): Promise<{ send: () => Promise<string> }> {
  const peer = day.network.join(number);
  const stream = await peer.openStream(NEGOTIATE, { peer: requestor, addresses: [] });
  const channel = dialerChannel(NEGOTIATE, stream);
  const proposal = seal(peer.identity, 'kiln/proposal/1', { ...PROPOSAL, provider: peer.identity.peer });
  return {
    send: async () => {
      try {
        await channel.send({ type: 'proposal', proposal });
        for await (const message of channel.messages)
          return message.type === 'refusal' ? message.reason : message.type;
        return 'closed';
      } catch (error) {
        return (error as KilnError).code;
      }
    },
  };
}

test('negotiations beyond the limit are cut off; when silent ones run out, others are heard again', async () => {
  const { peer } = await day.requestor();
  const requestor = peer.identity.peer;
  const silent = Array.from({ length: MAX_OPEN_NEGOTIATIONS }, (_, i) => day.network.join(10 + i));
  const dials = silent.map((one) => one.openStream(NEGOTIATE, { peer: requestor, addresses: [] }));
  await day.clock.advance(100);
  await Promise.all(dials);

  const dialing = dial(200, requestor);
  await day.clock.advance(100);
  const refused = (await dialing).send();
  await day.clock.advance(100);
  expect(await refused).toBe('network/stream-broken');

  await day.clock.advance(NEGOTIATION_TIMEOUT_MS);
  const again = dial(201, requestor);
  await day.clock.advance(100);
  const heard = (await again).send();
  await day.clock.advance(100);
  expect(await heard).toBe('job-unknown');
});

test('a provider negotiates once at a time', async () => {
  const { peer } = await day.requestor();
  const requestor = peer.identity.peer;
  const one = day.network.join(9);
  const silent = one.openStream(NEGOTIATE, { peer: requestor, addresses: [] });
  const second = one.openStream(NEGOTIATE, { peer: requestor, addresses: [] });
  await day.clock.advance(100);
  await silent;
  const read = (async () => {
    for await (const frame of (await second).frames) return frame;
    return 'closed';
  })();
  await expect(read).rejects.toMatchObject({ code: 'network/stream-broken' });
});
