import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ManualClock } from '../../../tests/mesh/twins/manual-clock.ts';
import type { Demand } from '../../protocol/announce.ts';
import { DEMAND, identityOf, NOW_MS, PROPOSAL } from '../../protocol/messages.fixture.ts';
import type { Proposal } from '../../protocol/negotiate.ts';
import { RANKING_WINDOW_MS } from '../constants.ts';
import { SeatDesk } from './seat-desk.ts';

let clock: ManualClock;
let desk: SeatDesk;
let demand: Demand;
let seated: { peer: string; payee: string }[];
let answers: Record<string, string>;
let reliability: Record<string, number>;
const bannedPeers = new Set<string>();
const bannedPayees = new Set<string>();

beforeEach(() => {
  clock = new ManualClock(NOW_MS);
  demand = { ...DEMAND, seats: { total: 2, filled: 0 } };
  seated = [];
  answers = {};
  reliability = {};
  bannedPeers.clear();
  bannedPayees.clear();
  desk = new SeatDesk({
    clock,
    demand: () => demand,
    seated: () => seated,
    bannedPeers,
    bannedPayees,
    reliability: (peer) => reliability[peer] ?? 0.5,
  });
});
afterEach(() => clock[Symbol.dispose]());

function proposalOf(number: number, change: Partial<Proposal> = {}): Proposal {
  const payee = `0x${number.toString(16).padStart(40, '0')}`;
  return { ...PROPOSAL, provider: identityOf(number).peer, payee, ...change };
}

/** Asks; the answer appears under the name: `seat`, or the reason of the refusal. */
function ask(name: string, proposal: Proposal, signer = proposal.provider): Proposal {
  void desk.ask(proposal, signer).then((refusal) => (answers[name] = refusal?.reason ?? 'seat'));
  return proposal;
}

describe('the window', () => {
  test('waits a moment after the first proposal, then gives the seats to the best', async () => {
    ask('dear', proposalOf(2, { pricePerUnit: 900_000n }));
    await clock.advance(RANKING_WINDOW_MS - 1);
    ask('cheap', proposalOf(3, { pricePerUnit: 100_000n }));
    ask('middle', proposalOf(4, { pricePerUnit: 500_000n }));
    expect(answers).toEqual({});
    await clock.advance(1);
    expect(answers).toEqual({ cheap: 'seat', middle: 'seat', dear: 'seats-filled' });
    expect(clock.armed).toBe(0);
  });
  test('counts reliability: who has proven itself goes before who is a little cheaper', async () => {
    demand = { ...demand, seats: { total: 1, filled: 0 } };
    reliability[identityOf(3).peer] = 0.99;
    ask('new', proposalOf(2, { pricePerUnit: 400_000n }));
    ask('proven', proposalOf(3, { pricePerUnit: 500_000n }));
    await clock.advance(RANKING_WINDOW_MS);
    expect(answers).toEqual({ new: 'seats-filled', proven: 'seat' });
  });
  test('opens anew for those that come later', async () => {
    ask('first', proposalOf(2));
    await clock.advance(RANKING_WINDOW_MS);
    ask('second', proposalOf(3));
    await clock.advance(RANKING_WINDOW_MS - 1);
    expect(answers).toEqual({ first: 'seat' });
    await clock.advance(1);
    expect(answers).toEqual({ first: 'seat', second: 'seat' });
  });
  test('what changed while it was open counts: a proposal that ran out, a job that ended, a ban', async () => {
    ask('short', proposalOf(2, { expiresAt: NOW_MS + RANKING_WINDOW_MS }));
    ask('caught', proposalOf(3));
    await clock.advance(RANKING_WINDOW_MS - 1);
    bannedPayees.add(proposalOf(3).payee);
    await clock.advance(1);
    expect(answers).toEqual({ short: 'terms-differ', caught: 'banned' });
    ask('late', proposalOf(4));
    demand = { ...demand, tasksLeft: 0 };
    await clock.advance(RANKING_WINDOW_MS);
    expect(answers.late).toBe('job-ended');
  });
});

test('what cannot be is refused at once, without a window', async () => {
  bannedPeers.add(identityOf(9).peer);
  ask('banned', proposalOf(9));
  ask('forged', proposalOf(2), identityOf(3).peer);
  ask('dear', proposalOf(2, { pricePerUnit: demand.priceCeiling + 1n }));
  ask('other job', proposalOf(2, { job: 'another' }));
  await Promise.resolve();
  await Promise.resolve();
  expect(answers).toEqual({
    banned: 'banned',
    forged: 'bad-signature',
    dear: 'price-above-ceiling',
    'other job': 'job-unknown',
  });
  expect(clock.armed).toBe(0);
});

describe('a promised seat', () => {
  beforeEach(() => (demand = { ...demand, seats: { total: 1, filled: 0 } }));

  test('is kept while its agreement is made, and free again when that came to nothing', async () => {
    const first = ask('first', proposalOf(2));
    await clock.advance(RANKING_WINDOW_MS);
    ask('second', proposalOf(3));
    await clock.settle();
    expect(answers).toEqual({ first: 'seat', second: 'seats-filled' });
    desk.release(first);
    ask('third', proposalOf(4));
    await clock.advance(RANKING_WINDOW_MS);
    expect(answers.third).toBe('seat');
  });
  test('keeps its payee too, whatever the case of the letters', async () => {
    demand = { ...demand, seats: { total: 5, filled: 0 } };
    ask('first', proposalOf(2, { payee: `0x${'ab'.repeat(20)}` }));
    await clock.advance(RANKING_WINDOW_MS);
    ask('twin', proposalOf(3, { payee: `0x${'AB'.repeat(20)}` }));
    await clock.settle();
    expect(answers.twin).toBe('same-payee');
  });
  test('of two proposals of one provider is lost with the last of them, not with the first', async () => {
    const first = ask('first', proposalOf(2));
    const again = ask('again', proposalOf(2));
    await clock.advance(RANKING_WINDOW_MS);
    expect(answers).toEqual({ first: 'seat', again: 'seat' });
    desk.release(first);
    ask('other', proposalOf(3));
    await clock.settle();
    expect(answers.other).toBe('seats-filled');
    desk.release(again);
    ask('next', proposalOf(3));
    await clock.advance(RANKING_WINDOW_MS);
    expect(answers.next).toBe('seat');
  });
  test('a seated provider that proposes again takes its own seat', async () => {
    seated = [{ peer: identityOf(2).peer, payee: proposalOf(2).payee }];
    ask('reloaded', proposalOf(2));
    await clock.advance(RANKING_WINDOW_MS);
    expect(answers.reloaded).toBe('seat');
  });
});
