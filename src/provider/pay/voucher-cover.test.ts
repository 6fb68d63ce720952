import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { buildSumTree, type PostedProof } from '../../payment/cover/sum-tree.ts';
import type { VoucherDesk } from './voucher-desk.ts';
import { OTHER, PAYEE, PAYER, VoucherWorld } from './voucher-world.fixture.ts';

let world: VoucherWorld;
beforeEach(() => {
  world = new VoucherWorld();
});
afterEach(() => world[Symbol.dispose]());

describe('a proof of collateral', () => {
  const taken = async (desk: VoucherDesk, proof: PostedProof) =>
    (await desk.takeCover(proof))?.code ?? 'taken';
  async function withVoucher(): Promise<VoucherDesk> {
    const desk = await world.openDesk();
    await desk.take(await world.sign(400n), 4);
    return desk;
  }
  test('is stored with the voucher, once, stays with the next one, and pays when all else is gone', async () => {
    const desk = await withVoucher();
    const proof = world.allocate(500n);
    expect([await taken(desk, proof), await taken(desk, proof)]).toEqual(['taken', 'taken']);
    await desk.take(await world.sign(500n), 1);
    expect(await world.held()).toMatchObject({ voucher: { amount: 500n }, proofs: [proof] });
    world.chain.withdraw(PAYER, 9_500n);
    const again = await world.openDesk();
    await again.judge();
    expect([world.uncovered, again.mayBegin(0)]).toEqual([[], true]);
    const { voucher, proofs } = (await world.held())!;
    expect([await world.chain.redeem(voucher), await world.chain.redeem(voucher, proofs![0])]).toEqual([
      0n,
      500n,
    ]);
  });
  test('of somebody else, with another limit, sum or way, or late, is neither stored nor counted', async () => {
    const desk = await withVoucher();
    const [own, foreign] = world.chain
      .allocate(world.session.terms, [
        { payee: PAYEE, limit: 10n },
        { payee: OTHER, limit: 5_000n },
      ])
      .map(({ proof }) => proof) as [PostedProof, PostedProof];
    const [sibling] = own.siblings;
    const forged: readonly PostedProof[] = [
      foreign,
      { ...own, limit: 11n },
      { ...own, limit: 5_010n, siblings: [] },
      { ...own, total: 5_011n },
      { ...own, siblings: [{ ...sibling!, isLeft: !sibling!.isLeft }] },
      { ...own, root: new Uint8Array(32).fill(9) },
    ];
    for (const proof of forged) expect(await taken(desk, proof)).toBe('payment/wrong-proof');
    // A tree that is right in itself, of which the chain knows nothing; and one that has run out.
    const invented = buildSumTree([{ payee: PAYEE, limit: 5_000n }]);
    const unknown = { ...invented.proofOf(PAYEE)!, total: 5_000n, until: own.until };
    expect(await taken(desk, unknown)).toBe('payment/not-set-aside');
    expect(await taken(desk, { ...own, until: 59 + Math.floor(world.clock.now() / 1_000) })).toBe(
      'payment/not-set-aside',
    );
    expect((await world.held())!.proofs).toEqual([]);
    expect(await taken(desk, own)).toBe('taken');
    expect((await world.held())!.proofs).toEqual([own]);
  });
  test('is one of eight at most, until one is used up', async () => {
    const desk = await withVoucher();
    for (let i = 1; i <= 8; i++) expect(await taken(desk, world.allocate(BigInt(i)))).toBe('taken');
    const ninth = world.allocate(9n);
    expect(await taken(desk, ninth)).toBe('payment/too-many-proofs');
    const { voucher, proofs } = (await world.held())!;
    world.chain.withdraw(PAYER, 9_955n);
    expect(await world.chain.redeem(voucher, proofs![3])).toBe(4n);
    expect(await taken(desk, ninth)).toBe('taken');
    expect((await world.held())!.proofs!.map(({ limit }) => limit)).toEqual([1n, 2n, 3n, 5n, 6n, 7n, 8n, 9n]);
  });
  test('waits with seven others at most, however many are sent', async () => {
    const desk = await withVoucher();
    const proof = world.allocate(1n);
    const codes = await Promise.all(Array.from({ length: 20 }, () => taken(desk, proof)));
    expect(codes.filter((code) => code === 'payment/too-many-proofs')).toHaveLength(12);
  });
  test('without any voucher covers nothing, and is not kept', async () => {
    const desk = await world.openDesk();
    expect([await taken(desk, world.allocate(5n)), await world.held()]).toEqual(['taken', undefined]);
  });
});

describe('a payer that owes more than its deposit and the credit cover', () => {
  async function overCredit(): Promise<VoucherDesk> {
    const desk = await world.openDesk();
    desk.owe(4);
    world.chain.withdraw(PAYER, 10_000n);
    await desk.take(await world.sign(400n), 4);
    return desk;
  }
  test('is asked for collateral; its voucher is kept, and no task begins', async () => {
    const desk = await overCredit();
    expect([world.uncovered, world.stops, desk.earned, desk.mayBegin(0)]).toEqual([[400n], [], 400n, false]);
    expect((await world.held())!.voucher.amount).toBe(400n);
  });
  test('is worked for again once it has set enough aside', async () => {
    const desk = await overCredit();
    world.chain.openSession({ payer: PAYER, deposit: 99n, cap: 1n });
    await desk.takeCover(world.allocate(99n));
    expect([world.uncovered, desk.mayBegin(0)]).toEqual([[400n], false]);
    await world.clock.advance(30_000);
    await desk.judge();
    expect([world.uncovered, desk.mayBegin(0)]).toEqual([[400n, 301n], false]);
    world.chain.openSession({ payer: PAYER, deposit: 1n, cap: 1n });
    await desk.takeCover(world.allocate(1n));
    expect([world.uncovered, world.stops, desk.mayBegin(0)]).toEqual([[400n, 301n], [], true]);
  });
  test('or once what it owes could be redeemed', async () => {
    const desk = await overCredit();
    world.chain.openSession({ payer: PAYER, deposit: 400n, cap: 1n });
    expect(await world.chain.redeem((await world.held())!.voucher)).toBe(400n);
    await desk.judge();
    expect([desk.isInDoubt, desk.mayBegin(0)]).toEqual([false, true]);
  });
  test('is asked for collateral while it covers all by its deposit, too, before too much depends on that', async () => {
    const desk = await world.openDesk();
    await desk.take(await world.sign(3_000n), 30);
    expect([world.uncovered, desk.mayBegin(0)]).toEqual([[], true]);
    await desk.take(await world.sign(3_001n), 0);
    expect([world.uncovered, world.stops, desk.mayBegin(0)]).toEqual([[3_001n], [], true]);
    await desk.takeCover(world.allocate(3_001n));
    await world.clock.advance(30_000);
    await desk.judge();
    expect(world.uncovered).toEqual([3_001n]);
  });
  test('is left after a minute', async () => {
    const desk = await overCredit();
    await world.clock.advance(60_000);
    await desk.judge();
    expect(world.stops).toEqual([]);
    await world.clock.advance(1);
    await desk.judge();
    expect(world.stops).toEqual([expect.stringMatching(/free deposit does not cover/)]);
  });
});
