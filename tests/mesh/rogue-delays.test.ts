import { expect, test } from 'vitest';
import { MarketDay, viewOf } from './market-day.ts';
import { joinRogue } from './rogue.ts';

test('who says its commitment again and again, and never opens it, keeps nobody waiting', async () => {
  await using day = new MarketDay();
  const { requestor } = await day.requestor();
  const joining = joinRogue(day, 200);
  const job = await day.submit(requestor, 4);
  const isEnded = () => viewOf(requestor, job)?.status === 'done';
  await day.clock.runUntil(() => (viewOf(requestor, job)?.providers.length ?? 0) === 1, 60_000);
  const rogue = await joining;
  const given = () => rogue.heard.find((message) => message.type === 'lease');
  await day.clock.runUntil(() => given() !== undefined, 60_000);
  await day.provider({ msPerTask: 100 });
  await day.provider({ msPerTask: 100 });
  const { lease, tasks } = given()!;
  const entries = tasks.map((task) => ({ task, commitment: new Uint8Array(32) }));
  for (let second = 0; second < 600 && !isEnded(); second += 10) {
    const commit = rogue.commit({ lease, entries });
    void rogue.channel.send({ type: 'commit', commit, wallMs: 1 }).catch(() => {});
    await day.clock.advance(10_000);
  }
  expect(isEnded()).toBe(true);
});
