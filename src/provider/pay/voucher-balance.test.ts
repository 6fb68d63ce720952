import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { codeOf, VoucherWorld } from './voucher-world.fixture.ts';

let world: VoucherWorld;
beforeEach(() => {
  world = new VoucherWorld();
});
afterEach(() => world[Symbol.dispose]());

describe('a statement of the balance', () => {
  test('brings what a break has swallowed', async () => {
    const desk = await world.openDesk();
    desk.owe(3);
    await desk.take(await world.sign(200n), 0);
    expect([desk.earned, desk.mayBegin(1), desk.mayBegin(2)]).toEqual([200n, true, false]);
    await desk.take(await world.sign(300n), 1);
    expect(desk.earned).toBe(300n);
  });
  test('said twice, or of the past, changes nothing', async () => {
    const desk = await world.openDesk();
    desk.owe(3);
    await desk.take(await world.sign(200n), 0);
    await desk.take(await world.sign(200n), 0);
    await desk.take(await world.sign(100n), 0);
    expect([desk.earned, (await world.held())!.voucher.amount]).toEqual([200n, 200n]);
  });
  test('is the base of the first voucher for a payee that lost its records', async () => {
    const desk = await world.openDesk();
    await desk.take(await world.sign(700n, 900n), 0);
    desk.owe(1);
    await desk.take(await world.sign(800n, 1_000n), 1);
    expect((await world.held())!.voucher.amount).toBe(800n);
  });
  test('never lowers the total that the key has issued: a payer cannot hide promises with it', async () => {
    const desk = await world.openDesk();
    desk.owe(1);
    await desk.take(await world.sign(100n, 5_000n), 1);
    for (const voucher of [
      await world.sign(100n, 100n),
      await world.sign(100n, 4_999n),
      await world.sign(200n, 5_099n),
    ])
      expect(await codeOf(desk.take(voucher, 0))).toBe('payment/issued-fell');
    expect((await world.held())!.voucher.issued).toBe(5_000n);
    await desk.take(await world.sign(200n, 5_100n), 0);
    expect((await world.held())!.voucher.issued).toBe(5_100n);
  });
  test('has to be signed by the key like any other', async () => {
    const desk = await world.openDesk();
    const forged = { ...(await world.sign(200n)), amount: 400n, issued: 400n };
    expect(await codeOf(desk.take(forged, 0))).toBe('payment/wrong-signer');
    expect(await world.held()).toBeUndefined();
  });
});

describe('risk', () => {
  test('one task may always be tried, whatever it costs', async () => {
    const desk = await world.openDesk({ agreement: { ...world.agreement, creditLimit: 0n } });
    expect([desk.mayBegin(0), desk.mayBegin(1)]).toEqual([true, false]);
    desk.owe(1);
    expect(desk.mayBegin(0)).toBe(false);
  });
  test('is bounded by the agreed credit, to the last unit', async () => {
    const desk = await world.openDesk();
    expect([desk.mayBegin(2), desk.mayBegin(3)]).toEqual([true, false]);
    desk.owe(2);
    expect([desk.mayBegin(0), desk.mayBegin(1)]).toEqual([true, false]);
  });
  test('free work is no risk', async () => {
    const desk = await world.openDesk({
      agreement: { ...world.agreement, pricePerUnit: 0n, creditLimit: 0n },
    });
    desk.owe(1_000);
    expect(desk.mayBegin(999)).toBe(true);
  });
});

describe('results handed over and not accepted', () => {
  test('are a gift up to the credit limit; then the requestor is left', async () => {
    const desk = await world.openDesk();
    desk.giveAway(2);
    expect([world.stops, desk.mayBegin(0), desk.mayBegin(1)]).toEqual([[], true, false]);
    desk.giveAway(1);
    expect(world.stops).toEqual([expect.stringMatching(/as much as the credit limit allows is unpaid/)]);
    expect(desk.mayBegin(0)).toBe(false);
  });
  test('are made up for by accepted ones, four for each', async () => {
    const desk = await world.openDesk();
    for (let i = 0; i < 20; i++) {
      desk.giveAway(1);
      desk.owe(4);
    }
    desk.giveAway(2);
    expect(world.stops).toEqual([]);
  });
  test('cannot be every second one: the requestor is left', async () => {
    const desk = await world.openDesk();
    let given = 0;
    for (; given < 20 && world.stops.length === 0; given++) {
      desk.giveAway(1);
      desk.owe(1);
    }
    expect(world.stops).toEqual([expect.stringMatching(/as much as the credit limit allows is unpaid/)]);
    expect(given).toBe(3);
  });
  test('count beside what is owed: all of it together stays within the limit', async () => {
    const desk = await world.openDesk();
    desk.owe(1);
    desk.giveAway(1);
    expect([desk.mayBegin(0), desk.mayBegin(1)]).toEqual([true, false]);
    await desk.take(await world.sign(100n), 1);
    expect([desk.mayBegin(1), desk.mayBegin(2)]).toEqual([true, false]);
  });
  test('cost nothing where work is free', async () => {
    const desk = await world.openDesk({ agreement: { ...world.agreement, pricePerUnit: 0n } });
    desk.giveAway(1_000);
    expect(world.stops).toEqual([]);
  });
});
