import { expect, test } from 'vitest';
import type { Address } from '../../src/protocol/primitives.ts';
import { MarketDay, QUORUM_2, TASK_PRICE } from './market-day.ts';

test('providers to whom much is owed get collateral, and are paid from it when the payer drains the rest', async () => {
  await using day = new MarketDay();
  const providers = [await day.provider({ msPerTask: 20 }), await day.provider({ msPerTask: 20 })];
  const { requestor } = await day.requestor();
  const session = day.session(5_000n * TASK_PRICE);
  const job = await day.submit(requestor, 900, QUORUM_2, session);
  const view = await day.untilEnded(requestor, job, 1_200_000);
  expect(view).toMatchObject({ status: 'done', verified: 900 });
  const covers = await Promise.all(
    providers.map(async ({ payee }) => (await day.chain.payerView(session.terms, payee)).collateral),
  );
  for (const cover of covers) expect(cover).toBeGreaterThan(0n);

  // The attack that no thaw prevents: a voucher for an address of its own takes all that is free, in one block.
  const itself: Address = `0x${'ee'.repeat(20)}`;
  const drained = await day.chain.redeem(
    await session.sign({ payee: itself, amount: 10n ** 12n, issued: 10n ** 12n }),
  );
  expect(drained).toBeGreaterThan(0n);
  for (const [i, one] of providers.entries()) expect(await day.redeem(one)).toBe(covers[i]);
});
