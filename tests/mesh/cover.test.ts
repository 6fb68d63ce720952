import { expect, test } from 'vitest';
import type { Address } from '../../src/protocol/primitives.ts';
import type { AgreementRecord, VoucherRecord } from '../../src/provider/records.ts';
import { type DayProvider, MarketDay, QUORUM_2, TASK_PRICE } from './market-day.ts';

/** A provider that risks one second of work without cover. */
function cautious(day: MarketDay): Promise<DayProvider> {
  return day.provider({ msPerTask: 20 }, { creditLeases: 1 });
}

/** What a provider can draw by the proofs that it holds. */
async function allocatedTo({ chain }: MarketDay, { store }: DayProvider): Promise<bigint> {
  let cover = 0n;
  for (const [, { terms, payee, proofs = [] }] of await store.collection<VoucherRecord>('vouchers').entries())
    for (const proof of proofs) cover += await chain.allocationCover(terms, payee, proof);
  return cover;
}

test('providers to whom much is owed get collateral, and are paid from it when the payer drains the rest', async () => {
  await using day = new MarketDay();
  const providers = [await cautious(day), await cautious(day)];
  const { requestor } = await day.requestor();
  const session = day.session(2_000n * TASK_PRICE);
  const job = await day.submit(requestor, 160, QUORUM_2, session);
  const view = await day.untilEnded(requestor, job);
  expect(view).toMatchObject({ status: 'done', verified: 160 });
  const covers = await Promise.all(providers.map((one) => allocatedTo(day, one)));
  for (const cover of covers) expect(cover).toBeGreaterThan(0n);

  // The attack that no thaw prevents: a voucher for an address of its own takes all that is free, in one block.
  const itself: Address = `0x${'ee'.repeat(20)}`;
  const drained = await day.chain.redeem(
    await session.sign({ payee: itself, amount: 10n ** 12n, issued: 10n ** 12n }),
  );
  expect(drained).toBeGreaterThan(0n);
  for (const [i, one] of providers.entries()) expect(await day.redeem(one)).toBe(covers[i]);
});

test('collateral of one provider does not hold up another, though the budget is spent to its last unit', async () => {
  await using day = new MarketDay();
  const providers = [];
  for (let i = 0; i < 3; i++) providers.push(await cautious(day));
  const { requestor } = await day.requestor();
  const session = day.session(600n * TASK_PRICE);
  const job = await day.submit(requestor, 300, QUORUM_2, session);
  const view = await day.untilEnded(requestor, job);
  expect(view).toMatchObject({ status: 'done', verified: 300, spent: 600n * TASK_PRICE });
  for (const { provider } of providers)
    expect(provider.view.value.agreements.map(({ endReason }) => endReason)).toEqual(['The job is done.']);
  let paid = 0n;
  for (const one of providers) paid += await day.redeem(one);
  expect(paid).toBe(600n * TASK_PRICE);
});

test('providers work on beyond their credit once a root stands behind what they are owed', async () => {
  await using day = new MarketDay();
  const providers = [await cautious(day), await cautious(day)];
  const { requestor } = await day.requestor();
  const session = day.session(2_000n * TASK_PRICE);
  const job = await day.submit(requestor, 125, QUORUM_2, session);
  const { payer } = session.terms;
  const deposit = day.chain.free(payer);
  await day.clock.runUntil(() => day.chain.free(payer) < deposit, 600_000);
  // Just enough is left for the rest of the job: less than what they are owed already, and no cover for it.
  const rest = 250n * TASK_PRICE - (deposit - day.chain.free(payer));
  for (const { store } of providers) {
    const [[, { voucher }]] = (await store.collection<VoucherRecord>('vouchers').entries()) as [
      [string, VoucherRecord],
    ];
    const [[, { agreement }]] = (await store.collection<AgreementRecord>('agreements').entries()) as [
      [string, AgreementRecord],
    ];
    expect(voucher.amount - rest).toBeGreaterThan(agreement.creditLimit);
  }
  day.chain.withdraw(payer, day.chain.free(payer) - rest);
  expect(await day.untilEnded(requestor, job)).toMatchObject({ status: 'done', verified: 125 });
  for (const { provider } of providers)
    expect(provider.view.value.agreements.map(({ endReason }) => endReason)).toEqual(['The job is done.']);
  let paid = 0n;
  for (const one of providers) paid += await day.redeem(one);
  expect(paid).toBe(250n * TASK_PRICE);
});
