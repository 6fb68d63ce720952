import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SignedVoucher } from '../../protocol/work.ts';
import type { ProviderChain } from '../slices.ts';
import { VoucherDesk } from './voucher-desk.ts';
import { codeOf, OTHER, PAYEE, PAYER, VoucherWorld } from './voucher-world.fixture.ts';

let world: VoucherWorld;
beforeEach(() => {
  world = new VoucherWorld();
});
afterEach(() => world[Symbol.dispose]());

describe('a voucher', () => {
  test('for what was accepted is stored, counted, and pays off what is owed', async () => {
    const desk = await world.openDesk();
    desk.owe(3);
    expect(desk.mayBegin(0)).toBe(false);
    await desk.take(await world.sign(200n, 900n), 2);
    expect([desk.earned, desk.mayBegin(1), desk.mayBegin(2), world.stops]).toEqual([200n, true, false, []]);
    expect((await world.held())!.voucher).toMatchObject({ amount: 200n, issued: 900n });
    await desk.take(await world.sign(300n, 1_000n), 1);
    expect([desk.earned, desk.mayBegin(2)]).toEqual([300n, true]);
  });
  test('lets more be held back for what it paid, and for nothing else', async () => {
    const desk = await world.openDesk();
    desk.deliver(8);
    desk.owe(8);
    expect(desk.mayBegin(0, 3)).toBe(false);
    await desk.take(await world.sign(800n), 8);
    // The credit covers three tasks: one held back counts against it, two more do not, as a quarter of eight was paid.
    expect([desk.mayBegin(0, 3), desk.mayBegin(1, 3), desk.mayBegin(0, 4), desk.mayBegin(0, 5)]).toEqual([
      true,
      true,
      true,
      false,
    ]);
  });
  test('keeps the time of the first one: what waits longest decides when to redeem', async () => {
    const start = world.clock.now();
    await (await world.openDesk()).take(await world.sign(100n), 1);
    await world.clock.advance(5_000);
    await (await world.openDesk()).take(await world.sign(200n), 1);
    expect(await world.held()).toMatchObject({ firstAtMs: start, receivedAtMs: start + 5_000 });
  });
  test('goes on where the last tab ended', async () => {
    const first = await world.openDesk();
    first.owe(2);
    await first.take(await world.sign(200n), 2);
    const second = await world.openDesk();
    second.owe(1);
    expect(await codeOf(second.take(await world.sign(100n), 1))).toBe('payment/wrong-amount');
    await second.take(await world.sign(300n), 1);
    expect(second.earned).toBe(100n);
  });

  const hostile: Record<string, [string, () => Promise<SignedVoucher>, number?]> = {
    'of too small an amount': ['payment/wrong-amount', () => world.sign(299n)],
    'of too small an amount for tasks that only its payer counted': [
      'payment/wrong-amount',
      () => world.sign(399n),
      4,
    ],
    'whose total is smaller than its amount': ['payment/issued-fell', () => world.sign(300n, 299n)],
    'for somebody else': ['payment/wrong-payee', () => world.sign(300n, 300n, OTHER)],
    'drawn on somebody else': [
      'payment/wrong-payer',
      async () => ({ ...(await world.sign(300n)), payer: OTHER }),
    ],
    'signed by another key': [
      'payment/wrong-signer',
      () =>
        world.chain
          .openSession({ payer: PAYER, deposit: 1n, cap: 1n })
          .sign({ payee: PAYEE, amount: 300n, issued: 300n }),
    ],
    'changed after it was signed': [
      'payment/wrong-signer',
      async () => ({ ...(await world.sign(300n)), issued: 301n }),
    ],
    'without a signature': [
      'payment/bad-signature',
      async () => ({ ...(await world.sign(300n)), signature: new Uint8Array(65) }),
    ],
  };
  test.each(Object.entries(hostile))(
    '%s is refused, and nothing changes',
    async (_, [code, voucher, tasks = 3]) => {
      const desk = await world.openDesk();
      desk.owe(3);
      expect(await codeOf(desk.take(await voucher(), tasks))).toBe(code);
      expect([await world.held(), desk.earned, desk.mayBegin(0), world.stops]).toEqual([
        undefined,
        0n,
        false,
        [],
      ]);
    },
  );
  test('of another pool than ours is refused', async () => {
    const desk = await world.openDesk({ home: { chainId: 1, pool: world.chain.pool } });
    desk.owe(1);
    expect(await codeOf(desk.take(await world.sign(100n), 1))).toBe('payment/wrong-domain');
    expect(await world.held()).toBeUndefined();
  });
  test('whose total fell below the last one is refused, and the last one stays', async () => {
    const desk = await world.openDesk();
    desk.owe(2);
    await desk.take(await world.sign(100n, 1_000n), 1);
    expect(await codeOf(desk.take(await world.sign(200n, 1_099n), 1))).toBe('payment/issued-fell');
    expect((await world.held())!.voucher.amount).toBe(100n);
    await desk.take(await world.sign(200n, 1_100n), 1);
    expect(desk.earned).toBe(200n);
  });
  test('may pay for more than was accepted here: a verdict was lost, or the balance of a former tab comes', async () => {
    const desk = await world.openDesk();
    desk.owe(2);
    await desk.take(await world.sign(400n), 4);
    expect([desk.earned, desk.mayBegin(2), world.stops]).toEqual([400n, true, []]);
    desk.owe(1);
    await desk.take(await world.sign(901n), 1);
    expect([desk.earned, (await world.held())!.voucher.amount, world.stops]).toEqual([901n, 901n, []]);
  });
  test('is stored while the chain does not answer; no more is worked for until it does', async () => {
    const desk = await world.openDesk();
    desk.owe(1);
    world.chain.isReachable = false;
    await desk.take(await world.sign(100n), 1);
    expect([desk.earned, (await world.held())!.voucher.amount]).toEqual([100n, 100n]);
    expect([desk.isInDoubt, desk.mayBegin(0), world.stops]).toEqual([true, false, []]);
    world.chain.isReachable = true;
    await desk.judge();
    expect([desk.isInDoubt, desk.mayBegin(0), world.stops]).toEqual([false, true, []]);
  });
  test('is stored before the chain has answered, and so is the next one', async () => {
    const hanging: ProviderChain = {
      payerView: () => new Promise(() => {}),
      allocationCover: (terms, payee, proof) => world.chain.allocationCover(terms, payee, proof),
      voucherSigner: (terms, voucher) => world.chain.voucherSigner(terms, voucher),
    };
    const desk = await world.openDesk({ chain: hanging });
    desk.owe(2);
    void desk.take(await world.sign(100n), 1);
    void desk.take(await world.sign(200n), 1);
    await desk.settled();
    expect((await world.held())!.voucher.amount).toBe(200n);
    await world.clock.advance(15_000);
    expect([desk.isInDoubt, world.clock.armed]).toEqual([true, 1]);
  });
  test('stays the last when the chain is silent for a minute: then the payer is left', async () => {
    const desk = await world.openDesk();
    desk.owe(1);
    world.chain.isReachable = false;
    await desk.take(await world.sign(100n), 1);
    await world.clock.advance(60_000);
    await desk.judge();
    expect(world.stops).toEqual([]);
    await world.clock.advance(1);
    await desk.judge();
    expect([world.stops, (await world.held())!.voucher.amount]).toEqual([
      ['The chain has not answered for a minute.'],
      100n,
    ]);
  });
  test('that cannot be stored is not counted', async () => {
    const desk = await world.openDesk({});
    const broken = await VoucherDesk.open({
      home: { chainId: world.chain.chainId, pool: world.chain.pool },
      agreement: world.agreement,
      chain: world.chain,
      vouchers: {
        ...world.vouchers,
        get: async () => undefined,
        put: () => Promise.reject(new Error('no room')),
      },
      clock: world.clock,
      onStop: () => {},
    });
    for (const one of [desk, broken]) one.owe(3);
    await expect(broken.take(await world.sign(300n), 3)).rejects.toThrow('no room');
    expect([broken.earned, broken.mayBegin(0)]).toEqual([0n, false]);
  });
});

describe('a payer that is no longer good is left, and its voucher kept', () => {
  const stopping: Record<string, () => Promise<unknown> | void> = {
    'its key ends too soon': () => world.clock.advance(86_400_000 - 30_000),
  };
  test.each(Object.entries(stopping))('%s', async (_, happens) => {
    const desk = await world.openDesk();
    desk.owe(4);
    await happens();
    await desk.take(await world.sign(400n), 4);
    expect([world.stops.length, desk.earned, (await world.held())!.voucher.amount]).toEqual([1, 400n, 400n]);
  });
  test('it promised more than its cap', async () => {
    const desk = await world.openDesk();
    desk.owe(1);
    await desk.take(await world.sign(100n, 10_001n), 1);
    expect([world.stops, (await world.held())!.voucher.amount]).toEqual([
      ['The session key has promised more than its cap.'],
      100n,
    ]);
  });
  test('it cannot be told, because the chain was read too long ago', async () => {
    const view = await world.chain.payerView(world.session.terms, PAYEE);
    await world.clock.advance(60_001);
    const stale: ProviderChain = {
      payerView: async () => view,
      allocationCover: (terms, payee, proof) => world.chain.allocationCover(terms, payee, proof),
      voucherSigner: (terms, voucher) => world.chain.voucherSigner(terms, voucher),
    };
    const desk = await world.openDesk({ chain: stale });
    desk.owe(1);
    await desk.take(await world.sign(100n), 1);
    expect([world.stops.length, desk.earned, (await world.held())!.voucher.amount]).toEqual([1, 100n, 100n]);
  });
});
