import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { NEWCOMER_PATIENCE_MS } from '../../market/choose/newcomers.ts';
import { identityOf } from '../../protocol/messages.fixture.ts';
import { RANKING_WINDOW_MS } from '../constants.ts';
import { proposalOf, SeatWorld } from './seat-world.fixture.ts';

let world: SeatWorld;
beforeEach(() => {
  world = new SeatWorld();
});
afterEach(() => world[Symbol.dispose]());

describe('newcomers', () => {
  const isNewcomer = (peer: string) => peer === identityOf(9).peer;
  beforeEach(() => {
    world.demand = { ...world.demand, seats: { total: 8, filled: 0 } };
    world.desk = world.openDesk({ isNewcomer });
    for (let i = 2; i < 10; i++) world.reliability[identityOf(i).peer] = 0.99;
  });
  const fill = async (from: number, to: number) => {
    for (let i = from; i <= to; i++) world.ask(`old ${i}`, proposalOf(i));
    await world.clock.advance(RANKING_WINDOW_MS);
  };

  test('find a seat kept for them, though eight with a record asked before', async () => {
    await fill(10, 17);
    expect(Object.values(world.answers).filter((answer) => answer === 'seats-filled')).toHaveLength(1);
    world.ask('new', proposalOf(9));
    await world.clock.advance(RANKING_WINDOW_MS);
    expect(world.answers.new).toBe('seat');
  });
  test('come first when they ask at the same time', async () => {
    world.ask('new', proposalOf(9, { pricePerUnit: 999_999n }));
    await fill(10, 17);
    expect(world.answers.new).toBe('seat');
    expect(Object.values(world.answers).filter((answer) => answer === 'seat')).toHaveLength(8);
  });
  test('are not waited for forever', async () => {
    await fill(10, 17);
    await world.clock.advance(NEWCOMER_PATIENCE_MS);
    await fill(18, 18);
    expect(world.answers['old 18']).toBe('seat');
  });
  test('who was world.seated keeps its seat when it asks again', async () => {
    world.seated = Array.from({ length: 7 }, (_, i) => ({ peer: identityOf(i + 10).peer, payee: `0x${i}` }));
    world.ask('again', proposalOf(10));
    await world.clock.advance(RANKING_WINDOW_MS);
    expect(world.answers.again).toBe('seat');
  });
});

describe('a full job of eight seats', () => {
  let left: string[];
  let results: number;
  beforeEach(async () => {
    left = [];
    results = 0;
    world.demand = { ...world.demand, seats: { total: 8, filled: 0 } };
    world.desk = world.openDesk({
      isNewcomer: (peer) => world.reliability[peer] === undefined,
      resultsOf: () => results,
      giveWay: (peer, reason) => {
        left.push(`${peer}: ${reason}`);
        world.seated = world.seated.filter((one) => one.peer !== peer);
      },
    });
    world.seated = Array.from({ length: 8 }, (_, i) => ({
      peer: identityOf(i + 20).peer,
      payee: proposalOf(i + 20).payee,
    }));
    for (const { peer } of world.seated) world.reliability[peer] = 0.9;
    await world.clock.advance(NEWCOMER_PATIENCE_MS);
  });
  async function seat(number: number): Promise<string | undefined> {
    const proposal = world.ask(`${number}`, proposalOf(number));
    await world.clock.advance(RANKING_WINDOW_MS);
    world.desk.release(proposal);
    const { provider: peer, payee } = proposal;
    if (world.answers[number] === 'seat') world.seated = [...world.seated, { peer, payee }];
    return world.answers[number];
  }

  test('makes one way for a newcomer, nobody for who has a record', async () => {
    world.reliability[identityOf(2).peer] = 0.99;
    expect([await seat(2), left]).toEqual(['seats-filled', []]);
    expect(world.desk.isOpenForNewcomers(8)).toBe(true);
    expect(await seat(3)).toBe('seat');
    expect(left).toEqual([expect.stringMatching(/: All seats are taken, and newcomers get a turn too\.$/)]);
    expect(world.seated).toHaveLength(8);
  });
  test('makes no second one way while the first newcomer is on trial, and sends that one after it', async () => {
    await seat(3);
    expect([world.desk.isOpenForNewcomers(8), await seat(4)]).toEqual([false, 'seats-filled']);
    results = 10;
    expect(await seat(5)).toBe('seat');
    expect(left[1]).toMatch(identityOf(3).peer);
  });
  test('gives nobody’s seat for a newcomer that is refused', async () => {
    world.ask('dear', proposalOf(3, { pricePerUnit: world.demand.priceCeiling + 1n }));
    world.ask('twin', proposalOf(4, { payee: world.seated[1]!.payee }));
    await world.clock.advance(RANKING_WINDOW_MS);
    expect([world.answers, left]).toEqual([{ dear: 'price-above-ceiling', twin: 'same-payee' }, []]);
  });
});
