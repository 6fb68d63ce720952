import { expect, test } from 'vitest';
import type { Policy } from '../../src/protocol/policy.ts';
import type { SubmitTerms } from '../../src/requestor/view.ts';
import { makeDraft, MarketDay, PRICE_PER_UNIT, QUORUM_2, viewOf } from './market-day.ts';

async function submit(day: MarketDay, tasks: number, more: Partial<SubmitTerms>, policy: Policy = QUORUM_2) {
  const { requestor } = await day.requestor();
  const session = day.session(10n ** 9n);
  const terms: SubmitTerms = {
    budget: session.cap,
    priceCeiling: PRICE_PER_UNIT,
    microUnitsPerTask: 100_000,
    seats: 4,
    ...more,
  };
  const job = await requestor.submit(await makeDraft(tasks, policy), terms, async () => session);
  await day.clock.settle();
  return { requestor, job };
}

/** A task states 0.1 units: a second of these devices by their score; they are in use and take longer. */
const HONEST = { msPerTask: 2_500 };
/** Says that it is 500 times faster than it is, at every turn. */
const BOASTS = { msPerTask: 10_000, saidMsPerTask: 2, microUnitsPerSecond: 50_000_000 };

test('a benchmark that is many times what is seen is named once, and holds nobody up', async () => {
  await using day = new MarketDay();
  const boaster = await day.provider(BOASTS);
  const honest = [await day.provider(HONEST), await day.provider(HONEST)];
  const { requestor, job } = await submit(day, 60, {});
  const view = await day.untilEnded(requestor, job);
  expect(view).toMatchObject({ status: 'done', verified: 60, rejected: [] });
  // The honest two alone would take 150 s: who says that its tasks take no time is leased no more than it can do.
  expect(view.endedAtMs! - view.createdAtMs).toBeLessThan(160_000);
  const name = boaster.peer.identity.peer.slice(-8);
  expect(view.notes?.filter((note) => note.includes('benchmark'))).toEqual([
    expect.stringMatching(
      `provider …${name} is not believed: it does 0\\.01 × the reference, its benchmark says 50 ×`,
    ),
  ]);
  for (const { peer } of honest) expect(view.notes?.join()).not.toContain(peer.identity.peer.slice(-8));
});

test('a job that asks for a speed ends the seat of who does not reach a quarter of it, with the reason', async () => {
  await using day = new MarketDay();
  const boaster = await day.provider(BOASTS);
  await day.provider(HONEST);
  await day.provider(HONEST);
  const { requestor, job } = await submit(day, 90, { requirements: { microUnitsPerSecond: 100_000 } });
  const view = await day.untilEnded(requestor, job);
  expect(view).toMatchObject({ status: 'done', verified: 90, rejected: [] });
  expect(view.providers.find(({ peer }) => peer === boaster.peer.identity.peer)).toMatchObject({
    state: 'ended',
    endReason: expect.stringMatching(/^Too slow: it does 0\.01 × the reference, the job asks for 0\.1 ×\.$/),
  });
  expect(boaster.provider.view.value.agreements[0]?.endReason).toContain('Too slow');
  expect(view.refused).toMatchObject([
    {
      peer: boaster.peer.identity.peer,
      reason: 'requirements-not-met',
      detail: expect.stringContaining('it does 0.01 ×'),
    },
  ]);
});

test('a machine that is three times slower than its benchmark, as busy ones are, keeps its seat and its name', async () => {
  await using day = new MarketDay();
  await day.provider({ msPerTask: 3_000 });
  await day.provider({ msPerTask: 3_000 });
  const { requestor, job } = await submit(day, 60, { requirements: { microUnitsPerSecond: 100_000 } });
  const view = await day.untilEnded(requestor, job);
  expect(view).toMatchObject({ status: 'done', verified: 60 });
  expect(view.notes ?? []).toEqual([]);
});

test('who found no seat is shown to the requestor with the reason it was told', async () => {
  await using day = new MarketDay();
  const providers = [await day.provider(HONEST), await day.provider(HONEST), await day.provider(HONEST)];
  const { requestor, job } = await submit(day, 100, { seats: 2 });
  await day.clock.advance(5_000);
  const view = viewOf(requestor, job)!;
  const seated = new Set(view.providers.map(({ peer }) => peer));
  expect(seated.size).toBe(2);
  const [left] = providers.filter(({ peer }) => !seated.has(peer.identity.peer));
  expect(view.refused).toMatchObject([
    { peer: left!.peer.identity.peer, reason: 'seats-filled', detail: 'all 2 seats are filled' },
  ]);
  expect(JSON.stringify(left!.provider.view.value.passed[0]?.reasons)).toContain('all 2 seats are filled');
  await requestor.cancel(job);
});
