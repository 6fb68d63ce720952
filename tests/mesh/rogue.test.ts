import { expect, test } from 'vitest';
import { ownBytes } from '../../src/base/bytes.ts';
import { commitment, resultDigest } from '../../src/protocol/task.ts';
import { MarketDay, QUORUM_2, viewOf } from './market-day.ts';
import { copyFrom, eavesdrop, joinRogue } from './rogue.ts';
import { trueOutput } from './twins/fake-sandbox.ts';

const ROGUE = 200;

test('a copied commitment and its copied result are worth nothing: the provider’s own name is inside', async () => {
  await using day = new MarketDay();
  const victims = [
    eavesdrop(await day.provider({ msPerTask: 100 })),
    eavesdrop(await day.provider({ msPerTask: 100 })),
  ];
  const { requestor } = await day.requestor();
  const joining = joinRogue(day, ROGUE);
  const job = await day.submit(requestor, 30);
  await day.clock.runUntil(() => (viewOf(requestor, job)?.providers.length ?? 0) === 3, 60_000);
  const rogue = await joining;
  copyFrom(rogue, victims);
  await day.clock.runUntil(() => (viewOf(requestor, job)?.rejected.length ?? 0) > 0, 120_000);
  const view = viewOf(requestor, job)!;
  expect(view.rejected[0]).toMatchObject({
    peer: rogue.peer.identity.peer,
    reason: expect.stringMatching(/committed to/) as string,
  });
  expect(view.providers.find(({ peer }) => peer === rogue.peer.identity.peer)).toMatchObject({
    state: 'banned',
    paid: 0n,
  });
});

test('a result without a commitment, or for a lease of somebody else, changes nothing', async () => {
  await using day = new MarketDay();
  await day.provider({ msPerTask: 100 });
  await day.provider({ msPerTask: 100 });
  const { requestor } = await day.requestor();
  const joining = joinRogue(day, ROGUE);
  const job = await day.submit(requestor, 10);
  await day.clock.runUntil(() => (viewOf(requestor, job)?.providers.length ?? 0) === 3, 60_000);
  const rogue = await joining;
  const nonce = new Uint8Array(16);
  const result = { exit: { kind: 'ok' as const }, outputs: [] };
  const entries = [{ task: 0, nonce, result, inline: {} }];
  for (const lease of ['0x00000000', 'zzz']) {
    await rogue.channel.send({ type: 'results', lease, entries });
    const commitment = new Uint8Array(32);
    await rogue.channel.send({
      type: 'commit',
      commit: rogue.commit({ lease, entries: [{ task: 0, commitment }] }),
      wallMs: 1,
    });
  }
  const view = await day.untilEnded(requestor, job);
  expect(view).toMatchObject({ status: 'done', verified: 10 });
  for (let task = 0; task < 10; task++) {
    expect((await requestor.outputs(job, task))?.[0]?.bytes).toEqual(await trueOutput(job, task));
  }
});

test('a work stream under another provider’s agreement is turned away', async () => {
  await using day = new MarketDay();
  const honest = await day.provider({ msPerTask: 1_000 });
  await day.provider({ msPerTask: 1_000 });
  const { requestor } = await day.requestor();
  const job = await day.submit(requestor, 50);
  await day.clock.runUntil(() => honest.provider.view.value.agreements.length > 0, 60_000);
  const stolen = honest.provider.view.value.agreements[0]!.digest;
  const joining = joinRogue(day, ROGUE, () => stolen);
  await day.clock.advance(30_000);
  const rogue = await joining;
  expect(rogue.heard).toEqual([expect.objectContaining({ type: 'drain' })]);
  expect(
    viewOf(requestor, job)?.providers.find(({ peer }) => peer === honest.peer.identity.peer)?.state,
  ).toBe('working');
});

test('two providers of one payee never check each other', async () => {
  await using day = new MarketDay();
  const payee = '0x00000000000000000000000000000000000000cc';
  await day.provider({ msPerTask: 50 }, { payee });
  await day.provider({ msPerTask: 50 }, { payee });
  const { requestor } = await day.requestor();
  const job = await day.submit(requestor, 6, QUORUM_2);
  await day.clock.advance(30_000);
  const view = viewOf(requestor, job)!;
  expect(view.verified).toBe(0);
  expect(view.waitingFor).toMatch(/paid on different accounts/);
});

test('who pads its signed word with tasks that it was not leased is left: it would fill the device, and hide a lie', async () => {
  await using day = new MarketDay();
  await day.provider({ msPerTask: 1_000 });
  const { requestor } = await day.requestor();
  const joining = joinRogue(day, ROGUE);
  const job = await day.submit(requestor, 20);
  await day.clock.runUntil(() => (viewOf(requestor, job)?.providers.length ?? 0) === 2, 60_000);
  const rogue = await joining;
  const lease = () => rogue.heard.find((message) => message.type === 'lease');
  await day.clock.runUntil(() => lease() !== undefined, 60_000);
  const { lease: name, tasks } = lease()!;
  const padding = Array.from({ length: 200 }, (_, i) => 1_000 + i);
  const entries = [...tasks, ...padding].map((task) => ({ task, commitment: new Uint8Array(32) }));
  const commit = rogue.commit({ lease: name, entries });
  await rogue.channel.send({ type: 'commit', commit, wallMs: 1 });
  const seat = () => viewOf(requestor, job)?.providers.find(({ peer }) => peer === rogue.peer.identity.peer);
  await day.clock.runUntil(() => seat()?.state === 'ended', 60_000);
  expect(seat()).toMatchObject({ executions: 0, endReason: expect.stringMatching(/not leased/) as string });
});

test('who hands in runs that came to no result, again and again, is left as who says so: both cost nothing', async () => {
  await using day = new MarketDay();
  await day.provider({ msPerTask: 500 });
  await day.provider({ msPerTask: 500 });
  const { requestor } = await day.requestor();
  const joining = joinRogue(day, ROGUE);
  const job = await day.submit(requestor, 60);
  await day.clock.runUntil(() => (viewOf(requestor, job)?.providers.length ?? 0) === 3, 60_000);
  const rogue = await joining;
  const result = { exit: { kind: 'timeout' as const, message: 'slow' }, outputs: [] };
  const nonce = new Uint8Array(16);
  const digest = await resultDigest(result);
  let answered = 0;
  const answer = async () => {
    for (const message of rogue.heard.slice(answered)) {
      answered++;
      if (message.type !== 'lease' && message.type !== 'reveal') continue;
      const { lease, tasks } = message;
      const { job: cid, provider } = rogue.agreement;
      const entries = await Promise.all(
        tasks.map(async (task) => ({
          task,
          commitment: ownBytes(await commitment(cid, task, provider, nonce, digest)),
        })),
      );
      if (message.type === 'lease')
        await rogue.channel.send({ type: 'commit', commit: rogue.commit({ lease, entries }), wallMs: 1 });
      else {
        const shown = tasks.map((task) => ({ task, nonce, result, inline: {} }));
        await rogue.channel.send({ type: 'results', lease, entries: shown });
      }
    }
  };
  let last = Promise.resolve();
  rogue.onHeard = () => void (last = last.then(answer).catch(() => {}));
  rogue.onHeard();
  const view = await day.untilEnded(requestor, job);
  expect(view).toMatchObject({ status: 'done', verified: 60 });
  const seat = view.providers.find(({ peer }) => peer === rogue.peer.identity.peer)!;
  expect(seat.endReason).toMatch(/none: they can neither be compared/);
});
