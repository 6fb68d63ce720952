import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../base/random.ts';
import { PROPOSAL } from '../../protocol/messages.fixture.ts';
import { inviteNewcomers, NEWCOMER_PATIENCE_MS, seatsKept } from './newcomers.ts';
import { type Ranked, rankProposals, type RankedInput } from './rank.ts';

describe('seats kept for newcomers', () => {
  test.each([
    [7, 0, 0, 0],
    [8, 0, 0, 1],
    [16, 0, 0, 2],
    [16, 1, 0, 1],
    [16, 5, 0, 0],
    [16, 0, NEWCOMER_PATIENCE_MS - 1, 2],
    [16, 0, NEWCOMER_PATIENCE_MS, 0],
  ])('of %i with %i newcomers after %i ms: %i', (seats, newcomersSeated, waitedMs, kept) => {
    expect(seatsKept({ seats, newcomersSeated, waitedMs })).toBe(kept);
  });
});

type Guest = RankedInput & { readonly isNewcomer: boolean };
/** Proven ones first, as their record ranks them; then newcomers. */
function ranked(proven: number, newcomers: number): Ranked<Guest>[] {
  const guests = Array.from({ length: proven + newcomers }, (_, i): Guest => {
    const isNewcomer = i >= proven;
    return {
      proposal: { ...PROPOSAL, provider: `${isNewcomer ? 'new' : 'old'} ${i}` },
      reliability: isNewcomer ? 0.2 : 0.9,
      isNewcomer,
    };
  });
  return rankProposals(guests, { priceCeiling: 1_000_000n, inputBytes: 0, nowMs: 0 });
}
const names = (list: readonly Ranked<Guest>[]) => list.map(({ input: { proposal } }) => proposal.provider);

describe('the order of seats', () => {
  const never = () => 0.999;
  test('gives kept seats to the best newcomers and loses nobody', () => {
    const order = names(inviteNewcomers(ranked(4, 3), { free: 3, kept: 2 }, never));
    expect(order.slice(0, 3)).toEqual(['new 4', 'new 5', 'old 0']);
    expect(new Set(order).size).toBe(7);
  });
  test('is that of the ranks where no newcomer asks, or none is invited', () => {
    expect(names(inviteNewcomers(ranked(3, 0), { free: 2, kept: 2 }, never))).toEqual(names(ranked(3, 0)));
    expect(names(inviteNewcomers(ranked(2, 2), { free: 2, kept: 0 }, never))).toEqual(names(ranked(2, 2)));
  });
  test('invites nobody to seats that are not free', () => {
    expect(names(inviteNewcomers(ranked(2, 2), { free: 0, kept: 2 }, never))).toEqual(names(ranked(2, 2)));
  });
  test('begins with a newcomer in one of ten small jobs, the same ones for the same seed', () => {
    const draw = (seed: number) => {
      const random = seededRandom(seed);
      return Array.from({ length: 2_000 }, () =>
        names(inviteNewcomers(ranked(3, 3), { free: 1, kept: 0 }, random))[0]!.startsWith('new'),
      );
    };
    const share = draw(1).filter(Boolean).length / 2_000;
    expect(share).toBeGreaterThan(0.08);
    expect(share).toBeLessThan(0.12);
    expect(draw(1)).toEqual(draw(1));
  });
});
