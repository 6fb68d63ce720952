import { expect, test } from 'vitest';
import type { Policy } from '../../src/protocol/policy.ts';
import type { Requestor } from '../../src/requestor/requestor.ts';
import { type DayProvider, MarketDay, QUORUM_2, viewOf } from './market-day.ts';
import { lieAbout, trueOutput } from './twins/fake-sandbox.ts';

/* Providers that are reached in one network, and may be one person. */

const HOME = '203.0.113.0/24';
const LIAR = { msPerTask: 50, tamper: lieAbout(() => true) };
const HONEST = { msPerTask: 50 };

function at(day: MarketDay, network: string, ...providers: readonly DayProvider[]): void {
  for (const { peer } of providers) day.network.prefixes.set(peer.identity.peer, network);
}

async function expectTruth(requestor: Requestor, job: string, tasks: number): Promise<void> {
  for (let task = 0; task < tasks; task++)
    expect((await requestor.outputs(job, task))?.[0]?.bytes).toEqual(await trueOutput(job, task));
}

for (const policy of [QUORUM_2, { kind: 'adaptive', auditRate: 0 }] satisfies Policy[])
  test(`${policy.kind}: two that lie alike under two payees in one network never confirm each other`, async () => {
    await using day = new MarketDay();
    const twins = [await day.provider(LIAR), await day.provider(LIAR)];
    const honest = [await day.provider(HONEST), await day.provider(HONEST)];
    at(day, HOME, ...twins);
    at(day, '198.51.100.0/24', honest[0]!);
    const { requestor } = await day.requestor(HONEST);
    const job = await day.submit(requestor, 16, policy);
    const view = await day.untilEnded(requestor, job);
    expect(view).toMatchObject({ status: 'done', verified: 16 });
    await expectTruth(requestor, job, 16);
    for (const twin of twins) expect(await day.redeem(twin)).toBe(0n);
    for (const one of honest) expect(await day.redeem(one)).toBeGreaterThan(0n);
  });

test('with nobody else there, this device finds out what neighbours say, and says that it does', async () => {
  await using day = new MarketDay();
  const twins = [await day.provider(LIAR), await day.provider(LIAR)];
  at(day, HOME, ...twins);
  const { requestor } = await day.requestor(HONEST);
  const job = await day.submit(requestor, 6);
  await day.clock.advance(5_000);
  expect(viewOf(requestor, job)).toMatchObject({ verified: 0, waitingFor: expect.stringMatching(/network/) });
  await day.clock.advance(60_000);
  for (const twin of twins) expect(await day.redeem(twin)).toBe(0n);
  expect(viewOf(requestor, job)!.providers.map(({ state }) => state)).toEqual(['banned', 'banned']);
  expect(viewOf(requestor, job)!.notes?.[0]).toMatch(/in one network .* this device checks/);
});

test('an office behind one address gets its job done, and nothing that is kept or shown says where it is', async () => {
  await using day = new MarketDay();
  const office = [await day.provider(HONEST), await day.provider(HONEST), await day.provider(HONEST)];
  at(day, HOME, ...office);
  const { requestor } = await day.requestor(HONEST);
  const job = await day.submit(requestor, 30, { kind: 'adaptive', auditRate: 0 });
  const view = await day.untilEnded(requestor, job);
  expect(view).toMatchObject({ status: 'done', verified: 30, rejected: [] });
  await expectTruth(requestor, job, 30);
  const kept: unknown[] = [view];
  const collections = [
    'jobs',
    'results',
    'agreements',
    'ledgers',
    'receipts',
    'reputation',
    'traces',
  ] as const;
  for (const name of collections) kept.push(...(await day.requestorStore.collection(name).entries()));
  expect(kept.length).toBeGreaterThan(30);
  // Where somebody sits is nobody else's business.
  const text = JSON.stringify(kept, (_, value: unknown) => (typeof value === 'bigint' ? `${value}` : value));
  expect(text).not.toContain('203.0.113');
});

test('where this device cannot compute the job, neighbours confirm each other rather than wait for ever', async () => {
  await using day = new MarketDay();
  const office = [await day.provider(HONEST), await day.provider(HONEST)];
  at(day, HOME, ...office);
  const { requestor } = await day.requestor({
    exit: () => ({ kind: 'out-of-memory', message: 'too large' }),
  });
  const job = await day.submit(requestor, 10);
  await day.clock.advance(8_000);
  expect(viewOf(requestor, job)!.verified).toBe(0);
  const view = await day.untilEnded(requestor, job);
  expect(view).toMatchObject({ status: 'done', verified: 10, rejected: [] });
  expect(view.notes).toContainEqual(expect.stringMatching(/they confirm each other/));
});
