import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { NEWCOMER_PATIENCE_MS } from '../../market/choose/newcomers.ts';
import { DEFAULT_RANK_WEIGHTS } from '../../market/choose/rank.ts';
import { newGroupKey, parseGroupKey } from '../../market/match/group-key.ts';
import { proveMember } from '../../market/match/group-proof.ts';
import { ManualClock } from '../../../tests/mesh/twins/manual-clock.ts';
import type { Demand } from '../../protocol/announce.ts';
import { DEMAND, identityOf, NOW_MS, PROPOSAL } from '../../protocol/messages.fixture.ts';
import type { Proposal } from '../../protocol/negotiate.ts';
import { MAX_REFUSED_SHOWN, RANKING_WINDOW_MS } from '../constants.ts';
import { SeatDesk, type SeatDeskInit } from './seat-desk.ts';

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
  demand = { ...DEMAND, requirements: {}, seats: { total: 2, filled: 0 } };
  seated = [];
  answers = {};
  reliability = {};
  bannedPeers.clear();
  bannedPayees.clear();
  desk = openDesk();
});
afterEach(() => clock[Symbol.dispose]());

function openDesk(more: Partial<SeatDeskInit> = {}): SeatDesk {
  return new SeatDesk({
    clock,
    demand: () => demand,
    seated: () => seated,
    bannedPeers,
    bannedPayees,
    reliability: (peer) => reliability[peer] ?? 0.5,
    ...more,
  });
}

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
  test('a cheat that named the account of a proven provider does not shut it out, but nobody else comes under it', async () => {
    desk = openDesk({ isProven: (peer) => peer !== identityOf(4).peer });
    bannedPayees.add(proposalOf(3).payee);
    bannedPeers.add(identityOf(5).peer);
    ask('victim', proposalOf(3));
    ask('again', proposalOf(4, { payee: proposalOf(3).payee }));
    ask('caught', proposalOf(5));
    await clock.advance(RANKING_WINDOW_MS);
    expect(answers).toEqual({ victim: 'seat', again: 'banned', caught: 'banned' });
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

describe('the best', () => {
  beforeEach(() => (demand = { ...demand, seats: { total: 1, filled: 0 } }));
  const connections = {
    [identityOf(2).peer]: { rttMs: 400, isRelayed: true },
    [identityOf(3).peer]: { rttMs: 10, isRelayed: false },
  };

  test('is the better connected of equals, as the weights of the job say', async () => {
    desk = openDesk({ connectionTo: async (peer) => connections[peer] });
    ask('far', proposalOf(2));
    ask('near', proposalOf(3));
    await clock.advance(RANKING_WINDOW_MS);
    expect(answers).toEqual({ far: 'seats-filled', near: 'seat' });
  });
  test('follows other weights', async () => {
    const weights = { ...DEFAULT_RANK_WEIGHTS, connection: 0 };
    desk = openDesk({ connectionTo: async (peer) => connections[peer], weights });
    ask('far', proposalOf(2));
    ask('near', proposalOf(3));
    await clock.advance(RANKING_WINDOW_MS);
    expect(answers).toEqual({ far: 'seat', near: 'seats-filled' });
  });
  test('is not waited for when its connection tells nothing, or fails to', async () => {
    desk = openDesk({
      connectionTo: (peer) =>
        peer === identityOf(2).peer ? Promise.reject(new Error('gone')) : new Promise(() => {}),
    });
    ask('first', proposalOf(2));
    ask('second', proposalOf(3));
    await clock.advance(RANKING_WINDOW_MS);
    expect(answers).toEqual({ first: 'seat', second: 'seats-filled' });
  });
  test('is who does much, not who says so', async () => {
    desk = openDesk({ seenSpeed: (peer) => (peer === identityOf(2).peer ? 10 : undefined) });
    ask('boaster', proposalOf(2, { microUnitsPerSecond: 1e12 }));
    ask('worker', proposalOf(3, { microUnitsPerSecond: 1_000 }));
    await clock.advance(RANKING_WINDOW_MS);
    expect(answers).toEqual({ boaster: 'seats-filled', worker: 'seat' });
  });
});

describe('newcomers', () => {
  const isNewcomer = (peer: string) => peer === identityOf(9).peer;
  beforeEach(() => {
    demand = { ...demand, seats: { total: 8, filled: 0 } };
    desk = openDesk({ isNewcomer });
    for (let i = 2; i < 10; i++) reliability[identityOf(i).peer] = 0.99;
  });
  const fill = async (from: number, to: number) => {
    for (let i = from; i <= to; i++) ask(`old ${i}`, proposalOf(i));
    await clock.advance(RANKING_WINDOW_MS);
  };

  test('find a seat kept for them, though eight with a record asked before', async () => {
    await fill(10, 17);
    expect(Object.values(answers).filter((answer) => answer === 'seats-filled')).toHaveLength(1);
    ask('new', proposalOf(9));
    await clock.advance(RANKING_WINDOW_MS);
    expect(answers.new).toBe('seat');
  });
  test('come first when they ask at the same time', async () => {
    ask('new', proposalOf(9, { pricePerUnit: 999_999n }));
    await fill(10, 17);
    expect(answers.new).toBe('seat');
    expect(Object.values(answers).filter((answer) => answer === 'seat')).toHaveLength(8);
  });
  test('are not waited for forever', async () => {
    await fill(10, 17);
    await clock.advance(NEWCOMER_PATIENCE_MS);
    await fill(18, 18);
    expect(answers['old 18']).toBe('seat');
  });
  test('who was seated keeps its seat when it asks again', async () => {
    seated = Array.from({ length: 7 }, (_, i) => ({ peer: identityOf(i + 10).peer, payee: `0x${i}` }));
    ask('again', proposalOf(10));
    await clock.advance(RANKING_WINDOW_MS);
    expect(answers.again).toBe('seat');
  });
});

describe('refusals', () => {
  test('are kept, the newest of each provider, and forgotten once it has a seat', async () => {
    ask('dear', proposalOf(2, { pricePerUnit: demand.priceCeiling * 2n }));
    await clock.advance(5);
    ask('other job', proposalOf(3, { job: 'another' }));
    await clock.advance(5);
    ask('dear again', proposalOf(2, { pricePerUnit: demand.priceCeiling + 1n }));
    await clock.settle();
    expect(desk.refused).toEqual([
      {
        peer: identityOf(2).peer,
        reason: 'price-above-ceiling',
        detail: 'price 1 % above ceiling',
        atMs: NOW_MS + 10,
      },
      {
        peer: identityOf(3).peer,
        reason: 'job-unknown',
        detail: 'the proposal is for another job',
        atMs: NOW_MS + 5,
      },
    ]);
    ask('cheaper', proposalOf(2));
    await clock.advance(RANKING_WINDOW_MS);
    expect(desk.refused.map(({ peer }) => peer)).toEqual([identityOf(3).peer]);
  });
  test('are bounded, whoever asks', async () => {
    for (let i = 0; i < MAX_REFUSED_SHOWN + 20; i++) {
      ask(`${i}`, { ...proposalOf(2), provider: `stranger ${i}`, job: 'another' });
    }
    await clock.settle();
    expect(desk.refused).toHaveLength(MAX_REFUSED_SHOWN);
    expect(desk.refused[0]?.peer).toBe(`stranger ${MAX_REFUSED_SHOWN + 19}`);
  });
});

test('a job for a private group seats its members only', async () => {
  const groupKey = newGroupKey(new Uint8Array(32).fill(4));
  desk = openDesk({ groupKey });
  const member = proposalOf(2);
  const { provider: peer, job, expiresAt } = member;
  const group = proveMember(parseGroupKey(groupKey), { role: 'provider', peer, job, expiresAt });
  ask('member', { ...member, group });
  ask('thief', proposalOf(3, { group }));
  ask('stranger', proposalOf(4));
  await clock.advance(RANKING_WINDOW_MS);
  expect(answers).toEqual({ member: 'seat', thief: 'not-in-group', stranger: 'not-in-group' });
  expect(JSON.stringify(desk.refused)).not.toContain(groupKey.slice(-20));
});

describe('a full job of eight seats', () => {
  let left: string[];
  let results: number;
  beforeEach(async () => {
    left = [];
    results = 0;
    demand = { ...demand, seats: { total: 8, filled: 0 } };
    desk = openDesk({
      isNewcomer: (peer) => reliability[peer] === undefined,
      resultsOf: () => results,
      giveWay: (peer, reason) => {
        left.push(`${peer}: ${reason}`);
        seated = seated.filter((one) => one.peer !== peer);
      },
    });
    seated = Array.from({ length: 8 }, (_, i) => ({
      peer: identityOf(i + 20).peer,
      payee: proposalOf(i + 20).payee,
    }));
    for (const { peer } of seated) reliability[peer] = 0.9;
    await clock.advance(NEWCOMER_PATIENCE_MS);
  });
  async function seat(number: number): Promise<string | undefined> {
    const proposal = ask(`${number}`, proposalOf(number));
    await clock.advance(RANKING_WINDOW_MS);
    desk.release(proposal);
    const { provider: peer, payee } = proposal;
    if (answers[number] === 'seat') seated = [...seated, { peer, payee }];
    return answers[number];
  }

  test('makes one way for a newcomer, nobody for who has a record', async () => {
    reliability[identityOf(2).peer] = 0.99;
    expect([await seat(2), left]).toEqual(['seats-filled', []]);
    expect(desk.isOpenForNewcomers(8)).toBe(true);
    expect(await seat(3)).toBe('seat');
    expect(left).toEqual([expect.stringMatching(/: All seats are taken, and newcomers get a turn too\.$/)]);
    expect(seated).toHaveLength(8);
  });
  test('makes no second one way while the first newcomer is on trial, and sends that one after it', async () => {
    await seat(3);
    expect([desk.isOpenForNewcomers(8), await seat(4)]).toEqual([false, 'seats-filled']);
    results = 10;
    expect(await seat(5)).toBe('seat');
    expect(left[1]).toMatch(identityOf(3).peer);
  });
  test('gives nobody’s seat for a newcomer that is refused', async () => {
    ask('dear', proposalOf(3, { pricePerUnit: demand.priceCeiling + 1n }));
    ask('twin', proposalOf(4, { payee: seated[1]!.payee }));
    await clock.advance(RANKING_WINDOW_MS);
    expect([answers, left]).toEqual([{ dear: 'price-above-ceiling', twin: 'same-payee' }, []]);
  });
});
