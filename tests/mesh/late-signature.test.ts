import type * as v from 'valibot';
import { expect, test } from 'vitest';
import { dialerChannel } from '../../src/protocol/channel.ts';
import { seal, sealBytes } from '../../src/protocol/envelope.ts';
import { NEGOTIATE, type Proposal } from '../../src/protocol/negotiate.ts';
import type { RequestorAgreementRecord } from '../../src/requestor/records.ts';
import { MarketDay, viewOf } from './market-day.ts';
import { joinRogue, type Rogue } from './rogue.ts';

type Negotiation = ReturnType<typeof dialerChannel<typeof NEGOTIATE.toListener, typeof NEGOTIATE.toDialer>>;

/** Asks for its own seat once more, as a reloaded tab does. */
async function proposeAgain(day: MarketDay, { peer, agreement }: Rogue): Promise<Negotiation> {
  const { job, requestor, provider, payee, kind, pricePerUnit, slots, creditLimit } = agreement;
  const nowMs = day.clock.now();
  const proposal: Proposal = {
    ...{ job, requestor, provider, payee, kind, pricePerUnit, slots, creditLimit },
    addresses: [...peer.addresses()],
    microUnitsPerSecond: 1_000_000,
    cachedBytes: 0,
    issuedAt: nowMs,
    expiresAt: nowMs + 30_000,
  };
  const channel = dialerChannel(
    NEGOTIATE,
    await peer.openStream(NEGOTIATE, { peer: requestor, addresses: [] }),
  );
  await channel.send({ type: 'proposal', proposal: seal(peer.identity, 'kiln/proposal/1', proposal) });
  return channel;
}

type Answer = v.InferOutput<typeof NEGOTIATE.toDialer>;

/** Asks for a seat, and hands the counter-signature over only when told to. */
function ask(day: MarketDay, rogue: Rogue) {
  const answers: Answer[] = [];
  const proposing = proposeAgain(day, rogue);
  void (async () => {
    for await (const message of (await proposing).messages) answers.push(message);
  })().catch(() => {});
  const sign = async () => {
    const [offer] = answers;
    if (offer?.type !== 'agreement') throw new Error('no agreement');
    const agreement = sealBytes(rogue.peer.identity, 'kiln/agreement/1', offer.agreement.payload);
    await (await proposing).send({ type: 'counter-signature', agreement }).catch(() => {});
  };
  return { answers, sign };
}

/** A market with a rogue on a seat that has heard of its first lease. */
async function seatRogue(day: MarketDay, msPerTask: number) {
  await day.provider({ msPerTask });
  await day.provider({ msPerTask });
  const { requestor } = await day.requestor();
  const joining = joinRogue(day, 200);
  const job = await day.submit(requestor, 300);
  const rows = () => viewOf(requestor, job)?.providers ?? [];
  await day.clock.runUntil(() => rows().length === 3, 60_000);
  const rogue = await joining;
  const states = () =>
    rows().flatMap(({ peer, state }) => (peer === rogue.peer.identity.peer ? [state] : []));
  await day.clock.runUntil(() => rogue.heard.some(({ type }) => type === 'lease'), 60_000);
  return { rogue, states };
}

test('who is caught while its signature is waited for gets no seat by it', async () => {
  await using day = new MarketDay();
  const { rogue, states } = await seatRogue(day, 100);
  const { answers, sign } = ask(day, rogue);
  await day.clock.runUntil(() => answers.length === 1, 10_000);
  const result = { exit: { kind: 'ok' as const }, outputs: [] };
  const nonce = new Uint8Array(16);
  for (const message of [...rogue.heard]) {
    if (message.type !== 'lease') continue;
    const { lease, tasks } = message;
    const entries = tasks.map((task) => ({ task, commitment: new Uint8Array(32) }));
    await rogue.channel.send({ type: 'commit', commit: rogue.commit({ lease, entries }), wallMs: 1 });
  }
  await day.clock.runUntil(() => rogue.heard.some(({ type }) => type === 'reveal'), 10_000);
  for (const message of [...rogue.heard]) {
    if (message.type !== 'reveal') continue;
    const entries = message.tasks.map((task) => ({ task, nonce, result, inline: {} }));
    await rogue.channel.send({ type: 'results', lease: message.lease, entries });
  }
  await day.clock.runUntil(() => states().includes('banned'), 10_000);
  await sign();
  await day.clock.advance(5_000);
  expect(answers.map(({ type }) => type)).toEqual(['agreement', 'refusal']);
  expect(states()).toEqual(['banned']);
});

test('who is put aside while its signature is waited for gets no seat by it', async () => {
  await using day = new MarketDay();
  const { rogue, states } = await seatRogue(day, 4_000);
  let asked = ask(day, rogue);
  for (let i = 0; i < 300 && !states().includes('set-aside'); i++) {
    await day.clock.advance(1_000);
    // Its requestor waits for a signature for some seconds only.
    if (i % 10 === 9 && !states().includes('set-aside')) asked = ask(day, rogue);
  }
  await asked.sign();
  await day.clock.advance(5_000);
  expect(asked.answers.map(({ type }) => type)).toEqual(['agreement', 'refusal']);
  expect(states()).toEqual(['set-aside']);
  const stored = await day.requestorStore.collection<RequestorAgreementRecord>('agreements').entries();
  const own = stored.filter(([, { agreement }]) => agreement.provider === rogue.peer.identity.peer);
  expect(own).toHaveLength(1);
});
