import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DEFAULT_RANK_WEIGHTS } from '../../market/choose/rank.ts';
import { newGroupKey, parseGroupKey } from '../../market/match/group-key.ts';
import { proveMember } from '../../market/match/group-proof.ts';
import { identityOf, NOW_MS } from '../../protocol/messages.fixture.ts';
import { MAX_REFUSED_SHOWN, RANKING_WINDOW_MS } from '../constants.ts';
import { proposalOf, SeatWorld } from './seat-world.fixture.ts';

let world: SeatWorld;
beforeEach(() => {
  world = new SeatWorld();
});
afterEach(() => world[Symbol.dispose]());

describe('the window', () => {
  test('waits a moment after the first proposal, then gives the seats to the best', async () => {
    world.ask('dear', proposalOf(2, { pricePerUnit: 900_000n }));
    await world.clock.advance(RANKING_WINDOW_MS - 1);
    world.ask('cheap', proposalOf(3, { pricePerUnit: 100_000n }));
    world.ask('middle', proposalOf(4, { pricePerUnit: 500_000n }));
    expect(world.answers).toEqual({});
    await world.clock.advance(1);
    expect(world.answers).toEqual({ cheap: 'seat', middle: 'seat', dear: 'seats-filled' });
    expect(world.clock.armed).toBe(0);
  });
  test('counts reliability: who has proven itself goes before who is a little cheaper', async () => {
    world.demand = { ...world.demand, seats: { total: 1, filled: 0 } };
    world.reliability[identityOf(3).peer] = 0.99;
    world.ask('new', proposalOf(2, { pricePerUnit: 400_000n }));
    world.ask('proven', proposalOf(3, { pricePerUnit: 500_000n }));
    await world.clock.advance(RANKING_WINDOW_MS);
    expect(world.answers).toEqual({ new: 'seats-filled', proven: 'seat' });
  });
  test('opens anew for those that come later', async () => {
    world.ask('first', proposalOf(2));
    await world.clock.advance(RANKING_WINDOW_MS);
    world.ask('second', proposalOf(3));
    await world.clock.advance(RANKING_WINDOW_MS - 1);
    expect(world.answers).toEqual({ first: 'seat' });
    await world.clock.advance(1);
    expect(world.answers).toEqual({ first: 'seat', second: 'seat' });
  });
  test('a cheat that named the account of a proven provider does not shut it out, but nobody else comes under it', async () => {
    world.desk = world.openDesk({ isProven: (peer) => peer !== identityOf(4).peer });
    world.bannedPayees.add(proposalOf(3).payee);
    world.bannedPeers.add(identityOf(5).peer);
    world.ask('victim', proposalOf(3));
    world.ask('again', proposalOf(4, { payee: proposalOf(3).payee }));
    world.ask('caught', proposalOf(5));
    await world.clock.advance(RANKING_WINDOW_MS);
    expect(world.answers).toEqual({ victim: 'seat', again: 'banned', caught: 'banned' });
  });
  test('what changed while it was open counts: a proposal that ran out, a job that ended, a ban', async () => {
    world.ask('short', proposalOf(2, { expiresAt: NOW_MS + RANKING_WINDOW_MS }));
    world.ask('caught', proposalOf(3));
    await world.clock.advance(RANKING_WINDOW_MS - 1);
    world.bannedPayees.add(proposalOf(3).payee);
    await world.clock.advance(1);
    expect(world.answers).toEqual({ short: 'terms-differ', caught: 'banned' });
    world.ask('late', proposalOf(4));
    world.demand = { ...world.demand, tasksLeft: 0 };
    await world.clock.advance(RANKING_WINDOW_MS);
    expect(world.answers.late).toBe('job-ended');
  });
});

test('what cannot be is refused at once, without a window', async () => {
  world.bannedPeers.add(identityOf(9).peer);
  world.ask('banned', proposalOf(9));
  world.ask('forged', proposalOf(2), identityOf(3).peer);
  world.ask('dear', proposalOf(2, { pricePerUnit: world.demand.priceCeiling + 1n }));
  world.ask('other job', proposalOf(2, { job: 'another' }));
  await Promise.resolve();
  await Promise.resolve();
  expect(world.answers).toEqual({
    banned: 'banned',
    forged: 'bad-signature',
    dear: 'price-above-ceiling',
    'other job': 'job-unknown',
  });
  expect(world.clock.armed).toBe(0);
});

describe('a promised seat', () => {
  beforeEach(() => (world.demand = { ...world.demand, seats: { total: 1, filled: 0 } }));

  test('is kept while its agreement is made, and free again when that came to nothing', async () => {
    const first = world.ask('first', proposalOf(2));
    await world.clock.advance(RANKING_WINDOW_MS);
    world.ask('second', proposalOf(3));
    await world.clock.settle();
    expect(world.answers).toEqual({ first: 'seat', second: 'seats-filled' });
    world.desk.release(first);
    world.ask('third', proposalOf(4));
    await world.clock.advance(RANKING_WINDOW_MS);
    expect(world.answers.third).toBe('seat');
  });
  test('keeps its payee too, whatever the case of the letters', async () => {
    world.demand = { ...world.demand, seats: { total: 5, filled: 0 } };
    world.ask('first', proposalOf(2, { payee: `0x${'ab'.repeat(20)}` }));
    await world.clock.advance(RANKING_WINDOW_MS);
    world.ask('twin', proposalOf(3, { payee: `0x${'AB'.repeat(20)}` }));
    await world.clock.settle();
    expect(world.answers.twin).toBe('same-payee');
  });
  test('of two proposals of one provider is lost with the last of them, not with the first', async () => {
    const first = world.ask('first', proposalOf(2));
    const again = world.ask('again', proposalOf(2));
    await world.clock.advance(RANKING_WINDOW_MS);
    expect(world.answers).toEqual({ first: 'seat', again: 'seat' });
    world.desk.release(first);
    world.ask('other', proposalOf(3));
    await world.clock.settle();
    expect(world.answers.other).toBe('seats-filled');
    world.desk.release(again);
    world.ask('next', proposalOf(3));
    await world.clock.advance(RANKING_WINDOW_MS);
    expect(world.answers.next).toBe('seat');
  });
  test('a world.seated provider that proposes again takes its own seat', async () => {
    world.seated = [{ peer: identityOf(2).peer, payee: proposalOf(2).payee }];
    world.ask('reloaded', proposalOf(2));
    await world.clock.advance(RANKING_WINDOW_MS);
    expect(world.answers.reloaded).toBe('seat');
  });
});

describe('the best', () => {
  beforeEach(() => (world.demand = { ...world.demand, seats: { total: 1, filled: 0 } }));
  const connections = {
    [identityOf(2).peer]: { rttMs: 400, isRelayed: true },
    [identityOf(3).peer]: { rttMs: 10, isRelayed: false },
  };

  test('is the better connected of equals, as the weights of the job say', async () => {
    world.desk = world.openDesk({ connectionTo: async (peer) => connections[peer] });
    world.ask('far', proposalOf(2));
    world.ask('near', proposalOf(3));
    await world.clock.advance(RANKING_WINDOW_MS);
    expect(world.answers).toEqual({ far: 'seats-filled', near: 'seat' });
  });
  test('follows other weights', async () => {
    const weights = { ...DEFAULT_RANK_WEIGHTS, connection: 0 };
    world.desk = world.openDesk({ connectionTo: async (peer) => connections[peer], weights });
    world.ask('far', proposalOf(2));
    world.ask('near', proposalOf(3));
    await world.clock.advance(RANKING_WINDOW_MS);
    expect(world.answers).toEqual({ far: 'seat', near: 'seats-filled' });
  });
  test('is not waited for when its connection tells nothing, or fails to', async () => {
    world.desk = world.openDesk({
      connectionTo: (peer) =>
        peer === identityOf(2).peer ? Promise.reject(new Error('gone')) : new Promise(() => {}),
    });
    world.ask('first', proposalOf(2));
    world.ask('second', proposalOf(3));
    await world.clock.advance(RANKING_WINDOW_MS);
    expect(world.answers).toEqual({ first: 'seat', second: 'seats-filled' });
  });
  test('is who does much, not who says so', async () => {
    world.desk = world.openDesk({ seenSpeed: (peer) => (peer === identityOf(2).peer ? 10 : undefined) });
    world.ask('boaster', proposalOf(2, { microUnitsPerSecond: 1e12 }));
    world.ask('worker', proposalOf(3, { microUnitsPerSecond: 1_000 }));
    await world.clock.advance(RANKING_WINDOW_MS);
    expect(world.answers).toEqual({ boaster: 'seats-filled', worker: 'seat' });
  });
});

describe('refusals', () => {
  test('are kept, the newest of each provider, and forgotten once it has a seat', async () => {
    world.ask('dear', proposalOf(2, { pricePerUnit: world.demand.priceCeiling * 2n }));
    await world.clock.advance(5);
    world.ask('other job', proposalOf(3, { job: 'another' }));
    await world.clock.advance(5);
    world.ask('dear again', proposalOf(2, { pricePerUnit: world.demand.priceCeiling + 1n }));
    await world.clock.settle();
    expect(world.desk.refused).toEqual([
      {
        peer: identityOf(2).peer,
        reason: 'price-above-ceiling',
        detail: 'price 1 % above what the job pays',
        atMs: NOW_MS + 10,
      },
      {
        peer: identityOf(3).peer,
        reason: 'job-unknown',
        detail: 'the proposal is for another job',
        atMs: NOW_MS + 5,
      },
    ]);
    world.ask('cheaper', proposalOf(2));
    await world.clock.advance(RANKING_WINDOW_MS);
    expect(world.desk.refused.map(({ peer }) => peer)).toEqual([identityOf(3).peer]);
  });
  test('are bounded, whoever asks', async () => {
    for (let i = 0; i < MAX_REFUSED_SHOWN + 20; i++) {
      world.ask(`${i}`, { ...proposalOf(2), provider: `stranger ${i}`, job: 'another' });
    }
    await world.clock.settle();
    expect(world.desk.refused).toHaveLength(MAX_REFUSED_SHOWN);
    expect(world.desk.refused[0]?.peer).toBe(`stranger ${MAX_REFUSED_SHOWN + 19}`);
  });
});

test('a job for a private group seats its members only', async () => {
  const groupKey = newGroupKey(new Uint8Array(32).fill(4));
  world.desk = world.openDesk({ groupKey });
  const member = proposalOf(2);
  const { provider: peer, job, expiresAt } = member;
  const group = proveMember(parseGroupKey(groupKey), { role: 'provider', peer, job, expiresAt });
  world.ask('member', { ...member, group });
  world.ask('thief', proposalOf(3, { group }));
  world.ask('stranger', proposalOf(4));
  await world.clock.advance(RANKING_WINDOW_MS);
  expect(world.answers).toEqual({ member: 'seat', thief: 'not-in-group', stranger: 'not-in-group' });
  expect(JSON.stringify(world.desk.refused)).not.toContain(groupKey.slice(-20));
});
