import { expect, test } from 'vitest';
import type { Policy } from '../../src/protocol/policy.ts';
import { MarketDay, QUORUM_2, TASK_PRICE, viewOf } from './market-day.ts';
import { copyFrom, eavesdrop, joinRogue } from './rogue.ts';
import { trueOutput } from './twins/fake-sandbox.ts';

const COPIER = 200;
const TASKS = 150;

/** A lie of its own, from the n-th task that it runs on; `lies` holds the tasks it lied about. */
function liar(from: number, mask: number) {
  const lies = new Set<number>();
  let runs = 0;
  const tamper = (task: number, bytes: Uint8Array<ArrayBuffer>) => {
    if (++runs <= from) return bytes;
    lies.add(task);
    return bytes.map((byte) => byte ^ mask);
  };
  return { lies, tamper };
}

const POLICIES: readonly Policy[] = [{ kind: 'adaptive', auditRate: 0 }, QUORUM_2];

for (const policy of POLICIES) {
  test(`${policy.kind}: of five providers one always lies, one later, one copies, one stalls; the job ends right`, async () => {
    await using day = new MarketDay();
    const always = liar(0, 0xff);
    const later = liar(25, 0x55);
    const honest = await day.provider({ msPerTask: 100 });
    const always_ = await day.provider({ msPerTask: 100, tamper: always.tamper });
    const later_ = await day.provider({ msPerTask: 100, tamper: later.tamper });
    let begun = 0;
    const stalling = await day.provider({ msPerTask: () => (++begun > 10 ? 1e9 : 100) });
    const victims = [eavesdrop(honest), eavesdrop(stalling)];
    const { requestor } = await day.requestor();
    const joining = joinRogue(day, COPIER);
    const job = await day.submit(requestor, TASKS, policy);
    await day.clock.runUntil(() => (viewOf(requestor, job)?.providers.length ?? 0) === 5, 60_000);
    copyFrom(await joining, victims);
    const view = await day.untilEnded(requestor, job);

    expect(view).toMatchObject({ status: 'done', verified: TASKS, provisional: 0 });
    for (let task = 0; task < TASKS; task++)
      expect((await requestor.outputs(job, task))?.[0]?.bytes).toEqual(await trueOutput(job, task));
    const line = (peer: string) => view.providers.find((one) => one.peer === peer)!;
    const copier = (await joining).peer.identity.peer;
    expect(line(always_.peer.identity.peer)).toMatchObject({ state: 'banned', paid: 0n });
    expect(line(later_.peer.identity.peer)).toMatchObject({ state: 'banned' });
    expect(line(copier)).toMatchObject({ state: 'banned', paid: 0n });
    // The staller told no lie: it is put aside for the time that it took, and paid for what it did before.
    expect(line(stalling.peer.identity.peer)).toMatchObject({
      state: 'set-aside',
      endReason: expect.stringMatching(/let the time of \d+ tasks run out/) as string,
    });
    expect(line(stalling.peer.identity.peer).paid).toBeGreaterThan(0n);
    for (const { peer } of view.rejected) expect(line(peer).endReason).toMatch(/rejected/);
    expect(new Set(view.rejected.map(({ peer }) => peer))).toEqual(
      new Set([always_.peer.identity.peer, later_.peer.identity.peer, copier]),
    );
    // Nobody is paid for a lie: what the late liar earned is at most what it did right.
    const truths = BigInt(later_.sandbox.started - later.lies.size);
    expect(line(later_.peer.identity.peer).paid).toBeLessThanOrEqual(truths * TASK_PRICE);
    expect(await day.redeem(honest)).toBe(line(honest.peer.identity.peer).paid);
    const paid = view.providers.reduce((sum, one) => sum + one.paid, 0n);
    expect(paid).toBe(view.spent);
  });
}

test('one that stays and never delivers again holds up nothing for long, even when only one other is left', async () => {
  await using day = new MarketDay();
  const honest = await day.provider({ msPerTask: 100 });
  let runs = 0;
  const staller = await day.provider({ msPerTask: () => (++runs > 3 ? 1e9 : 100) });
  const { requestor } = await day.requestor();
  const job = await day.submit(requestor, 30, QUORUM_2);
  const startedAtMs = day.clock.now();
  const view = await day.untilEnded(requestor, job);
  expect(view).toMatchObject({ status: 'done', verified: 30, rejected: [] });
  // Half a minute until it is late, less than a minute until this device helps out.
  expect(day.clock.now() - startedAtMs).toBeLessThan(150_000);
  expect(view.notes).toContain('Too few providers are there to confirm results: this device checks them.');
  const line = view.providers.find(({ peer }) => peer === staller.peer.identity.peer);
  expect(line?.state).toBe('set-aside');
  expect(line?.endReason).toMatch(/let the time of \d+ tasks run out/);
  expect(await day.redeem(honest)).toBe(30n * TASK_PRICE);
});
