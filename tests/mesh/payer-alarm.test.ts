import { expect, test } from 'vitest';
import type { Address } from '../../src/protocol/primitives.ts';
import { type DayProvider, MarketDay, QUORUM_2, TASK_PRICE, viewOf } from './market-day.ts';

const NOBODY: Address = `0x${'ee'.repeat(20)}`;

/** A job under way, with two providers that were paid for some of it. */
async function jobUnderWay(day: MarketDay) {
  const providers = [await day.provider({ msPerTask: 200 }), await day.provider({ msPerTask: 200 })];
  const { requestor } = await day.requestor();
  const session = day.session(10n ** 9n, 1_000n * TASK_PRICE);
  const job = await day.submit(requestor, 400, QUORUM_2, session);
  await day.clock.runUntil(() => (viewOf(requestor, job)?.verified ?? 0) >= 10, 120_000);
  return { providers, session };
}

function states(providers: readonly DayProvider[]): (string | undefined)[] {
  return providers.map(({ provider }) => provider.view.value.agreements[0]?.endReason);
}

const alarms: Record<
  string,
  [RegExp, (day: MarketDay, session: ReturnType<MarketDay['session']>) => unknown]
> = {
  'takes its deposit back': [/taking its deposit back/, (day, { terms }) => day.chain.thaw(terms.payer, 1n)],
  'ends its key': [/ending the session key/, (day, { terms }) => day.chain.revoke(terms)],
  'cannot pay somebody': [
    /could not pay somebody/,
    async (day, session) => {
      day.chain.withdraw(session.terms.payer, 100n * TASK_PRICE);
      const amount = 950n * TASK_PRICE;
      await day.chain.redeem(await session.sign({ payee: NOBODY, amount, issued: 2n * amount }));
    },
  ],
  'has hidden promises': [
    /hidden promises/,
    async (day, session) => {
      const amount = 5n;
      for (const payee of [NOBODY, `0x${'dd'.repeat(20)}` as const])
        await day.chain.redeem(await session.sign({ payee, amount, issued: amount }));
    },
  ],
};

test.each(Object.entries(alarms))(
  'a payer that %s is left at once, and redeemed from',
  async (_, [why, act]) => {
    await using day = new MarketDay();
    const { providers, session } = await jobUnderWay(day);
    await act(day, session);
    await day.clock.advance(1_000);
    for (const reason of states(providers)) expect(reason).toMatch(why);
    for (const one of providers) {
      const { earned } = one.provider.view.value;
      expect(earned).toBeGreaterThan(0n);
      if (why.source !== 'could not pay somebody') expect(await day.redeem(one)).toBe(earned);
    }
  },
);

test('another payer, or another key that ends, is no reason to stop', async () => {
  await using day = new MarketDay();
  const { providers } = await jobUnderWay(day);
  day.chain.thaw(NOBODY, 1n);
  day.chain.revoke(day.session(1n).terms);
  await day.clock.advance(1_000);
  expect(states(providers)).toEqual([undefined, undefined]);
});
