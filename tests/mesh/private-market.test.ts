import { describe, expect, test } from 'vitest';
import type { Requirements } from '../../src/protocol/capabilities.ts';
import { manifestBytes } from '../../src/job/manifest.ts';
import { newGroupKey } from '../../src/market/match/group-key.ts';
import type { SubmitTerms } from '../../src/requestor/view.ts';
import {
  makeDraft,
  MarketDay,
  MICRO_UNITS_PER_TASK,
  PRICE_PER_UNIT,
  QUORUM_2,
  viewOf,
} from './market-day.ts';

const KEY = newGroupKey(new Uint8Array(32).fill(7));
const OTHER_KEY = newGroupKey(new Uint8Array(32).fill(8));

async function submit(day: MarketDay, more: Partial<SubmitTerms>, tasks = 12) {
  const { requestor } = await day.requestor();
  const session = day.session(10n ** 9n);
  const terms: SubmitTerms = {
    budget: session.cap,
    priceCeiling: PRICE_PER_UNIT,
    microUnitsPerTask: MICRO_UNITS_PER_TASK,
    seats: 4,
    ...more,
  };
  const job = await requestor.submit(await makeDraft(tasks, QUORUM_2), terms, async () => session);
  await day.clock.settle();
  return { requestor, job };
}

/** Everything that a store holds, as text. */
async function storedText(
  day: MarketDay,
  collection: Parameters<MarketDay['requestorStore']['collection']>[0],
): Promise<string> {
  const entries = await day.requestorStore.collection<unknown>(collection).entries();
  return JSON.stringify(entries, (_, value: unknown) => (typeof value === 'bigint' ? `${value}` : value));
}

describe('a job for a private group', () => {
  test('is worked on by its members alone; the others are told why', async () => {
    await using day = new MarketDay();
    const members = [
      await day.provider({}, { groups: [OTHER_KEY, KEY], isPrivate: true }),
      await day.provider({}, { groups: [KEY] }),
    ];
    const strangers = [await day.provider(), await day.provider({}, { groups: [OTHER_KEY] })];
    const { requestor, job } = await submit(day, { group: KEY });
    const passed = () => strangers.map(({ provider }) => provider.view.value.passed[0]);
    await day.clock.runUntil(() => !passed().includes(undefined), 10_000);
    const reason = { code: 'not-in-group', text: 'for members of a private group only', by: 'provider' };
    for (const one of passed()) {
      expect(one).toMatchObject({ job });
      expect(one?.reasons).toContainEqual(reason);
    }
    const view = await day.untilEnded(requestor, job);
    expect(view).toMatchObject({ status: 'done', verified: 12 });
    expect(new Set(view.providers.map(({ peer }) => peer))).toEqual(
      new Set(members.map(({ peer }) => peer.identity.peer)),
    );
    for (const { provider } of strangers) expect(provider.view.value.agreements).toEqual([]);
    // Nothing is left to do there.
    expect(passed()).toEqual([undefined, undefined]);
  });

  test('its key appears in no view and no result, and is not sent', async () => {
    await using day = new MarketDay();
    const member = await day.provider({}, { groups: [KEY] });
    await day.provider({}, { groups: [KEY] });
    const { requestor, job } = await submit(day, { group: KEY });
    const view = await day.untilEnded(requestor, job);
    const secret = KEY.slice('kiln-group-'.length, -8);
    const shown = JSON.stringify([view, member.provider.view.value], (_, value: unknown) =>
      typeof value === 'bigint' ? `${value}` : value,
    );
    expect(shown).not.toContain(secret);
    for (const collection of ['agreements', 'results', 'traces', 'receipts'] as const)
      expect(await storedText(day, collection)).not.toContain(secret);
    expect(new TextDecoder('latin1').decode(await requestor.runRecord(job))).not.toContain(secret);
    // The job's own record has it: a reloaded tab goes on for its group.
    expect(await storedText(day, 'jobs')).toContain(secret);
  });

  test('goes on for its group after a reload', async () => {
    await using day = new MarketDay();
    const stranger = await day.provider();
    const first = await submit(day, { group: KEY });
    await day.clock.advance(5_000);
    const { requestor, peer } = await day.requestor();
    const draft = await makeDraft(12, QUORUM_2);
    for (const blob of [...draft.blobs, manifestBytes(draft.manifest)]) await peer.blobs.put(blob);
    await day.provider({}, { groups: [KEY] });
    await day.provider({}, { groups: [KEY] });
    const view = await day.untilEnded(requestor, first.job);
    expect(view).toMatchObject({ status: 'done', verified: 12 });
    expect(stranger.provider.view.value.agreements).toEqual([]);
  });

  test('a private machine passes every other job, and says so', async () => {
    await using day = new MarketDay();
    const hermit = await day.provider({}, { groups: [KEY], isPrivate: true });
    const { requestor, job } = await submit(day, {});
    await day.clock.advance(30_000);
    expect(viewOf(requestor, job)).toMatchObject({ status: 'running', providers: [] });
    expect(hermit.provider.view.value.passed[0]?.reasons).toMatchObject([{ code: 'private-only' }]);
    await requestor.cancel(job);
  });

  test.each(['kiln-group-', `${KEY}0`, 'password'])(
    '%s is no key: refused before money moves',
    async (group) => {
      await using day = new MarketDay();
      await expect(submit(day, { group })).rejects.toMatchObject({ code: 'market/bad-group-key' });
    },
  );
});

describe('a job that nobody can take', () => {
  const cases: [string, Requirements, Partial<SubmitTerms>, string[]][] = [
    ['too much memory', { memoryBytes: 2 ** 40 }, {}, ['needs 1024 GiB memory, has 0.25 GiB']],
    [
      'too many cores and a GPU',
      { cores: 64, gpuFeatures: ['shader-f16'] },
      {},
      ['needs a GPU', 'needs 64 cores, has 1'],
    ],
    [
      'too fast',
      { microUnitsPerSecond: 5_000_000 },
      {},
      ['needs 5 × the reference speed, has 0.1 × the reference'],
    ],
    [
      'a ceiling too low',
      {},
      { priceCeiling: (PRICE_PER_UNIT * 5n) / 6n },
      ['price 21 % above what the job pays'],
    ],
    [
      'all of it',
      { memoryBytes: 2 ** 40 },
      { priceCeiling: PRICE_PER_UNIT / 2n },
      ['price 100 % above what the job pays', 'needs 1024 GiB memory, has 0.25 GiB'],
    ],
  ];
  test.each(cases)('%s: every provider names every reason', async (_, requirements, more, reasons) => {
    await using day = new MarketDay();
    const providers = [await day.provider(), await day.provider()];
    const { requestor, job } = await submit(day, { requirements, ...more });
    await day.clock.advance(60_000);
    expect(viewOf(requestor, job)).toMatchObject({
      status: 'running',
      providers: [],
      waitingFor: 'providers: none has taken this job yet',
    });
    for (const { provider } of providers) {
      const [passed] = provider.view.value.passed;
      expect(passed?.reasons.map(({ text }) => text)).toEqual(reasons);
      expect(provider.view.value.idleReason).toContain(reasons[0]);
    }
    await requestor.cancel(job);
  });

  test('requirements that cannot be announced are refused before money moves', async () => {
    await using day = new MarketDay();
    await expect(submit(day, { requirements: { latencyMs: 1e9 } })).rejects.toMatchObject({
      code: 'requestor/bad-requirements',
    });
  });
});
