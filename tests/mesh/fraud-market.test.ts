import { expect, test } from 'vitest';
import { decodeEnvelope } from '../../src/protocol/envelope.ts';
import type { FraudRecord } from '../../src/requestor/evidence/fraud-record.ts';
import {
  CHEAT,
  proofBytes,
  proofOf,
  resultSaying,
  statementOf,
} from '../../src/verification/fraud-proof.fixture.ts';
import { MarketDay, QUORUM_2, viewOf } from './market-day.ts';
import { joinRogue } from './rogue.ts';
import { lieAbout, trueOutput } from './twins/fake-sandbox.ts';

/** Numbers of peers beside those that the day gives: a second requestor, and the fixture's cheat and accuser. */
const [SECOND, CHEAT_NUMBER, ACCUSER] = [100, 11, 12];
const everyTask = lieAbout(() => true);

test('a liar that one requestor caught works for no other that heard of it, and is paid by nobody', async () => {
  await using day = new MarketDay();
  await day.provider();
  await day.provider();
  const liar = await day.provider({ tamper: everyTask });
  const first = await day.requestor();
  const second = await day.requestor({ number: SECOND });
  const job = await day.submit(first.requestor, 20);
  await day.untilEnded(first.requestor, job);
  await day.clock.advance(5_000);
  expect(first.fraud.view.value).toMatchObject([
    { provider: liar.peer.identity.peer, kind: 'refuted', state: 'proven', isOwn: true },
  ]);
  expect(second.fraud.view.value).toMatchObject([{ state: 'claimed', isOwn: false }]);

  const next = await day.submit(second.requestor, 20);
  const view = await day.untilEnded(second.requestor, next);
  expect(view.status).toBe('done');
  expect(second.fraud.view.value).toMatchObject([{ state: 'proven' }]);
  expect(second.fraud.refusal(liar.peer.identity.peer)?.reason).toBe('banned');
  const seat = view.providers.find(({ peer }) => peer === liar.peer.identity.peer);
  expect(seat?.state ?? 'banned').toBe('banned');
  expect(seat?.paid ?? 0n).toBe(0n);
  expect(await day.redeem(liar)).toBe(0n);
});

test('an equivocation ends its maker’s agreements at once, and bars it from requestors that never met it', async () => {
  await using day = new MarketDay();
  const honest = await day.provider({ msPerTask: 400 });
  await day.provider({ msPerTask: 400 });
  const { requestor } = await day.requestor();
  const joining = joinRogue(day, CHEAT_NUMBER);
  const job = await day.submit(requestor, 40);
  await day.clock.runUntil(() => (viewOf(requestor, job)?.providers.length ?? 0) === 3, 60_000);
  const rogue = await joining;
  expect(rogue.peer.identity.peer).toBe(CHEAT.peer);
  const accuser = day.network.join(ACCUSER);
  const second = await day.requestor({ number: SECOND });
  // It named another's account as its own: nobody but itself may suffer for that.
  const agreement = { payee: honest.payee };
  const said = [1, 2].map((fill) => statementOf({ result: resultSaying(fill), agreement }));
  const proof = proofOf(await Promise.all(said));
  await accuser.publishFraudProof(decodeEnvelope(proofBytes(proof), 100_000));
  await day.clock.advance(1_000);
  expect(viewOf(requestor, job)?.providers.find(({ peer }) => peer === CHEAT.peer)).toMatchObject({
    state: 'banned',
    paid: 0n,
  });
  const refused = joinRogue(day, CHEAT_NUMBER).then(
    () => 'seated',
    (error: unknown) => String(error),
  );
  await day.submit(second.requestor, 5);
  await day.clock.advance(10_000);
  expect(await refused).toContain('a fraud proof convicts this provider');
  const view = await day.untilEnded(requestor, job);
  expect(view.status).toBe('done');
  expect(view.providers.find(({ peer }) => peer === honest.peer.identity.peer)).toMatchObject({
    state: 'ended',
  });
  expect(await day.redeem(honest)).toBeGreaterThan(0n);
});

test('an honest provider that colluders outvoted is accused of nothing, and they are caught instead', async () => {
  await using day = new MarketDay();
  const honest = await day.provider({ msPerTask: 120 });
  const colluders = [
    await day.provider({ tamper: everyTask, msPerTask: 100 }),
    await day.provider({ tamper: everyTask, msPerTask: 100 }),
  ];
  const { requestor, fraud, sandbox } = await day.requestor();
  const heard: FraudRecord[] = [];
  const { fraud: other } = await day.requestor({ number: SECOND });
  other.view.subscribe((records) => heard.push(...records));
  const job = await day.submit(requestor, 40, QUORUM_2);
  const view = await day.untilEnded(requestor, job, 1_800_000);
  const victim = honest.peer.identity.peer;
  expect(view).toMatchObject({ status: 'done', verified: 40 });
  for (let task = 0; task < 40; task++)
    expect((await requestor.outputs(job, task))?.[0]?.bytes, `task ${task}`).toEqual(
      await trueOutput(job, task),
    );
  const line = (peer: string) => view.providers.find((one) => one.peer === peer);
  for (const { peer } of colluders) expect(line(peer.identity.peer)?.state).toBe('banned');
  expect(line(victim)?.state).not.toBe('banned');
  expect(view.rejected.some(({ peer }) => peer === victim)).toBe(false);
  expect(view.notes?.[0]).toMatch(/this device finds another result than the one that was accepted/);
  expect(await day.redeem(honest)).toBeGreaterThan(0n);
  expect(sandbox.started).toBeGreaterThan(0); // it looked for itself
  expect(fraud.view.value.filter(({ provider }) => provider === victim)).toEqual([]);
  expect(heard.filter(({ provider }) => provider === victim)).toEqual([]);
});
