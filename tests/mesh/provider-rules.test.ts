import { expect, test } from 'vitest';
import { newGroupKey } from '../../src/market/match/group-key.ts';
import { openOffer } from '../../src/protocol/announce.ts';
import { encodeEnvelope } from '../../src/protocol/envelope.ts';
import type { ProviderRules } from '../../src/provider/view.ts';
import { type DayProvider, MarketDay, PRICE_PER_UNIT, QUORUM_2, viewOf } from './market-day.ts';

const KEY = newGroupKey(new Uint8Array(32).fill(7));
const OTHER_KEY = newGroupKey(new Uint8Array(32).fill(8));

/** The rules that a provider follows now, changed in part. */
function changeRules({ provider }: DayProvider, change: Partial<ProviderRules>): Promise<void> {
  return provider.setRules({ ...provider.view.value.rules!, ...change });
}

async function offerOf({ peer }: DayProvider, day: MarketDay) {
  return (await openOffer(encodeEnvelope(peer.offer!), day.clock.now())).message;
}

function requestorsOf({ provider }: DayProvider): string[] {
  return provider.view.value.agreements.map(({ requestor }) => requestor);
}

test('of two demands that fit, the one of a preferred requestor is answered first', async () => {
  await using day = new MarketDay();
  // Who is answered is settled before the first task is done.
  const slow = { msPerTask: 1_000 };
  const first = await day.requestor();
  const second = await day.requestor({ number: 100 });
  const preferred = second.peer.identity.peer;
  const fans = [
    await day.provider(slow, { preferredRequestors: [preferred] }),
    await day.provider(slow, { preferredRequestors: [preferred] }),
    await day.provider(slow, { preferredRequestors: [preferred] }),
    await day.provider(slow, { preferredRequestors: [preferred] }),
  ];
  const others = [
    await day.provider(slow),
    await day.provider(slow),
    await day.provider(slow),
    await day.provider(slow),
  ];
  await day.submit(first.requestor, 400);
  await day.submit(second.requestor, 400);
  await day.clock.advance(3_000);
  expect(fans.flatMap(requestorsOf)).toEqual(fans.map(() => preferred));
  expect(new Set(others.flatMap(requestorsOf))).toEqual(new Set([first.peer.identity.peer, preferred]));
});

test('a blocked requestor gets no answer, and is left at once when it is blocked', async () => {
  await using day = new MarketDay();
  const { requestor, peer } = await day.requestor();
  const blocked = peer.identity.peer;
  const never = await day.provider({}, { blockedRequestors: [blocked] });
  const later = await day.provider({ msPerTask: 200 });
  await day.provider({ msPerTask: 200 });
  const job = await day.submit(requestor, 200);
  await day.clock.runUntil(() => (viewOf(requestor, job)?.verified ?? 0) >= 5, 60_000);
  await changeRules(later, { blockedRequestors: [blocked] });
  await day.clock.advance(60_000);
  expect(never.provider.view.value.agreements).toEqual([]);
  expect(never.provider.view.value.passed[0]?.reasons).toMatchObject([
    { code: 'requestor-blocked', by: 'provider' },
  ]);
  expect(later.provider.view.value).toMatchObject({
    status: 'idle',
    agreements: [{ state: 'ended', endReason: 'The provider no longer works for this requestor.' }],
  });
});

test('a private machine works for its group alone, and the key of the group is seen nowhere', async () => {
  await using day = new MarketDay();
  const slow = { msPerTask: 1_000 };
  const { requestor } = await day.requestor();
  const member = await day.provider(slow, { groups: [OTHER_KEY, KEY], isPrivate: true });
  const second = await day.provider(slow, { groups: [KEY] });
  const outsider = await day.provider(slow, { groups: [OTHER_KEY] });
  const open = await day.submit(requestor, 2_000);
  await day.clock.advance(5_000);
  expect(member.provider.view.value.passed[0]?.reasons).toMatchObject([{ code: 'private-only' }]);
  expect(
    viewOf(requestor, open)
      ?.providers.map(({ peer }) => peer)
      .sort(),
  ).toEqual([second, outsider].map(({ peer }) => peer.identity.peer).sort());
  await requestor.cancel(open);
  await day.clock.advance(30_000);

  const job = await day.submit(requestor, 20, QUORUM_2, undefined, { group: KEY });
  await day.clock.advance(5_000);
  expect(outsider.provider.view.value.passed[0]?.reasons).toContainEqual(
    expect.objectContaining({ code: 'not-in-group', by: 'provider' }),
  );
  const view = await day.untilEnded(requestor, job);
  expect(view).toMatchObject({ status: 'done', verified: 20 });
  expect(view.providers.map(({ peer }) => peer).sort()).toEqual(
    [member, second].map(({ peer }) => peer.identity.peer).sort(),
  );
  const seen = JSON.stringify(
    [member, second].map(({ provider }) => provider.view.value),
    (_, value: unknown) => (typeof value === 'bigint' ? `${value}` : value),
  );
  expect(seen).not.toContain('kiln-group-');
});

test('while somebody uses the machine less is lent, at once, and all of it again afterwards', async () => {
  await using day = new MarketDay();
  const one = await day.provider({ slots: 4, msPerTask: 200 }, { whileInUse: { cpuSlots: 1, gpuDuty: 0 } });
  await day.provider({ slots: 4, msPerTask: 200 });
  const { requestor } = await day.requestor();
  const job = await day.submit(requestor, 2_000);
  const running = () => one.provider.view.value.running.length;
  await day.clock.runUntil(() => running() === 4, 60_000);
  expect(await offerOf(one, day)).toMatchObject({ slots: { total: 4 }, capabilities: { cores: 4 } });

  one.activity.isInUse.set(true);
  await day.clock.advance(2_000);
  expect(running()).toBe(1);
  expect(one.provider.view.value).toMatchObject({ isHeldBack: true, slots: { total: 1 } });
  expect(await offerOf(one, day)).toMatchObject({ slots: { total: 1 }, capabilities: { cores: 1 } });

  one.activity.isInUse.set(false);
  await day.clock.advance(2_000);
  expect(running()).toBe(4);
  expect(one.provider.view.value).toMatchObject({ isHeldBack: false, slots: { total: 4 } });
  expect(viewOf(requestor, job)).toMatchObject({ rejected: [] });
});

test('a machine that lends nothing while it is used leaves its agreement politely, and comes back', async () => {
  await using day = new MarketDay();
  const one = await day.provider({ msPerTask: 200 }, { whileInUse: { cpuSlots: 0, gpuDuty: 0 } });
  await day.provider({ msPerTask: 200 });
  const { requestor } = await day.requestor();
  const job = await day.submit(requestor, 2_000);
  await day.clock.runUntil(() => (viewOf(requestor, job)?.verified ?? 0) >= 5, 60_000);
  one.activity.isInUse.set(true);
  await day.clock.advance(60_000);
  expect(one.provider.view.value).toMatchObject({
    status: 'idle',
    running: [],
    kinds: [{ kind: 'wasi', state: 'resting', reason: 'Cores are not lent while this machine is in use.' }],
    agreements: [{ state: 'ended', endReason: expect.stringContaining('Somebody uses the machine') }],
  });
  expect((await offerOf(one, day)).kinds).toEqual([]);
  expect(one.provider.view.value.passed[0]?.reasons).toMatchObject([
    { code: 'no-free-slot', text: 'no free slot for wasi while a person uses this machine' },
  ]);
  one.activity.isInUse.set(false);
  await day.clock.runUntil(() => one.provider.view.value.running.length > 0, 120_000);
  expect(viewOf(requestor, job)).toMatchObject({ rejected: [] });
});

test('a price that follows the market rises under work, falls without, and never below its floor', async () => {
  await using day = new MarketDay();
  const lazy = { msPerTask: 60_000, microUnitsPerSecond: 1_000 };
  const one = await day.provider(lazy, { pricing: 'market' });
  const fixed = await day.provider(lazy);
  const { requestor } = await day.requestor();
  const job = await day.submit(requestor, 500, QUORUM_2, day.session(10n ** 12n), {
    priceCeiling: 100n * PRICE_PER_UNIT,
    microUnitsPerTask: 60_000,
  });
  const asked = async (provider: DayProvider) => (await offerOf(provider, day)).kinds[0]!.pricePerUnit;
  await day.clock.advance(1_800_000);
  const high = await asked(one);
  expect(high).toBeGreaterThan((PRICE_PER_UNIT * 11n) / 10n);
  expect(one.provider.view.value.kinds[0]?.pricePerUnit).toBeGreaterThanOrEqual(high);
  expect(await asked(fixed)).toBe(PRICE_PER_UNIT);
  await requestor.cancel(job);
  await day.clock.advance(2 * 3_600_000);
  expect(await asked(one)).toBe(PRICE_PER_UNIT);
});

test('offers and proposals carry what the device has, since when, and what is cached', async () => {
  await using day = new MarketDay();
  const one = await day.provider({ slots: 2 });
  one.device.now = {
    ...one.device.now,
    downBitsPerSecond: 50_000_000,
    latencyMs: 15,
    gpu: { name: 'a GPU', vendor: 'other', memoryBytes: 1 << 28, features: [], limits: {} },
  };
  await one.provider.deviceChanged();
  const startedAtMs = day.clock.now();
  await day.clock.advance(60_000);
  // Lent by no rule, the GPU is nobody's business.
  expect(await offerOf(one, day)).toMatchObject({
    memoryBytes: 1 << 28,
    since: startedAtMs,
    capabilities: {
      cores: 2,
      memoryBytes: 1 << 28,
      storageBytes: 1 << 30,
      downBitsPerSecond: 50_000_000,
      latencyMs: 15,
      scores: { wasi: 100_000 },
    },
  });
  expect((await offerOf(one, day)).capabilities).not.toHaveProperty('gpu');
  await changeRules(one, { kinds: ['wasi', 'wgsl'] });
  expect((await offerOf(one, day)).capabilities).toMatchObject({ gpu: { name: 'a GPU' } });
});
