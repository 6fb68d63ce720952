import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Agreement } from '../../protocol/negotiate.ts';
import { checkCover } from './check-cover.ts';
import { codeOf, OTHER, PAYER, VoucherWorld } from './voucher-world.fixture.ts';

let world: VoucherWorld;
beforeEach(() => {
  world = new VoucherWorld();
});
afterEach(() => world[Symbol.dispose]());

describe('before signing, the cover', () => {
  const check = (change: Partial<Agreement> = {}) =>
    codeOf(
      checkCover({ chain: world.chain, clock: world.clock, agreement: { ...world.agreement, ...change } }),
    );
  test('of a good payer suffices', async () => {
    expect(await check()).toBe('taken');
  });
  test('of an empty deposit does not, unless the work is free', async () => {
    world.chain.withdraw(PAYER, 10_000n);
    expect([await check(), await check({ pricePerUnit: 0n })]).toEqual(['negotiate/not-covered', 'taken']);
  });
  test('of a key that nobody authorised does not', async () => {
    expect(await check({ payment: { ...world.session.terms, sessionKey: OTHER } })).toBe(
      'negotiate/not-covered',
    );
  });
  test('of a key that ends within an hour and a broken stream does not', async () => {
    await world.clock.advance(86_400_000 - 3_720_000);
    expect(await check()).toBe('taken');
    await world.clock.advance(1);
    expect(await check()).toBe('negotiate/not-covered');
  });
});
