import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ManualClock } from '../../../tests/mesh/twins/manual-clock.ts';
import { MemoryChain } from '../../../tests/mesh/twins/memory-chain.ts';
import type { KilnError } from '../../base/errors.ts';
import { AGREEMENT } from '../../protocol/messages.fixture.ts';
import { buildSumTree, type PostedProof } from '../../payment/cover/sum-tree.ts';
import type { Agreement } from '../../protocol/negotiate.ts';
import type { Address } from '../../protocol/primitives.ts';
import type { SignedVoucher } from '../../protocol/work.ts';
import type { PaymentSession } from '../../requestor/slices.ts';
import { memoryStore } from '../../storage/memory-store.ts';
import { type VoucherRecord, voucherKey } from '../records.ts';
import type { Collection } from '../../base/collection.ts';
import type { ProviderChain } from '../slices.ts';
import { checkCover } from './check-cover.ts';
import { VoucherDesk } from './voucher-desk.ts';

const PAYER: Address = `0x${'aa'.repeat(20)}`;
const PAYEE: Address = `0x${'bb'.repeat(20)}`;
const OTHER: Address = `0x${'cc'.repeat(20)}`;

let clock: ManualClock;
let chain: MemoryChain;
let session: PaymentSession;
let agreement: Agreement;
let vouchers: Collection<VoucherRecord>;
let stops: string[];
let uncovered: bigint[];

beforeEach(() => {
  clock = new ManualClock();
  chain = new MemoryChain(clock);
  session = chain.openSession({ payer: PAYER, deposit: 10_000n, cap: 10_000n });
  // A task costs 100; three of them may be unpaid.
  agreement = {
    ...AGREEMENT,
    payee: PAYEE,
    payment: session.terms,
    pricePerUnit: 10_000n,
    microUnitsPerTask: 10_000,
    creditLimit: 300n,
  };
  vouchers = memoryStore().collection('vouchers');
  stops = [];
  uncovered = [];
});
afterEach(() => clock[Symbol.dispose]());

function openDesk(
  change: { chain?: ProviderChain; agreement?: Agreement; home?: object } = {},
): Promise<VoucherDesk> {
  return VoucherDesk.open({
    home: { chainId: chain.chainId, pool: chain.pool },
    agreement,
    chain,
    vouchers,
    clock,
    onUncovered: (missing) => uncovered.push(missing),
    onStop: (reason) => stops.push(reason),
    ...change,
  } as Parameters<typeof VoucherDesk.open>[0]);
}

function sign(amount: bigint, issued = amount, payee = PAYEE): Promise<SignedVoucher> {
  return session.sign({ payee, amount, issued });
}

function held(): Promise<VoucherRecord | undefined> {
  return vouchers.get(voucherKey(session.terms, PAYEE));
}

async function codeOf(taking: Promise<void>): Promise<string> {
  return taking.then(
    () => 'taken',
    (error: KilnError) => error.code,
  );
}

describe('a voucher', () => {
  test('for what was accepted is stored, counted, and pays off what is owed', async () => {
    const desk = await openDesk();
    desk.owe(3);
    expect(desk.mayBegin(0)).toBe(false);
    await desk.take(await sign(200n, 900n), 2);
    expect([desk.earned, desk.mayBegin(1), desk.mayBegin(2), stops]).toEqual([200n, true, false, []]);
    expect((await held())!.voucher).toMatchObject({ amount: 200n, issued: 900n });
    await desk.take(await sign(300n, 1_000n), 1);
    expect([desk.earned, desk.mayBegin(2)]).toEqual([300n, true]);
  });
  test('keeps the time of the first one: what waits longest decides when to redeem', async () => {
    const start = clock.now();
    await (await openDesk()).take(await sign(100n), 1);
    await clock.advance(5_000);
    await (await openDesk()).take(await sign(200n), 1);
    expect(await held()).toMatchObject({ firstAtMs: start, receivedAtMs: start + 5_000 });
  });
  test('goes on where the last tab ended', async () => {
    const first = await openDesk();
    first.owe(2);
    await first.take(await sign(200n), 2);
    const second = await openDesk();
    second.owe(1);
    expect(await codeOf(second.take(await sign(100n), 1))).toBe('payment/wrong-amount');
    await second.take(await sign(300n), 1);
    expect(second.earned).toBe(100n);
  });

  const hostile: Record<string, [string, () => Promise<SignedVoucher>, number?]> = {
    'of too small an amount': ['payment/wrong-amount', () => sign(299n)],
    'of too small an amount for tasks that only its payer counted': [
      'payment/wrong-amount',
      () => sign(399n),
      4,
    ],
    'whose total is smaller than its amount': ['payment/issued-fell', () => sign(300n, 299n)],
    'for somebody else': ['payment/wrong-payee', () => sign(300n, 300n, OTHER)],
    'drawn on somebody else': ['payment/wrong-payer', async () => ({ ...(await sign(300n)), payer: OTHER })],
    'signed by another key': [
      'payment/wrong-signer',
      () =>
        chain
          .openSession({ payer: PAYER, deposit: 1n, cap: 1n })
          .sign({ payee: PAYEE, amount: 300n, issued: 300n }),
    ],
    'changed after it was signed': [
      'payment/wrong-signer',
      async () => ({ ...(await sign(300n)), issued: 301n }),
    ],
    'without a signature': [
      'payment/bad-signature',
      async () => ({ ...(await sign(300n)), signature: new Uint8Array(65) }),
    ],
  };
  test.each(Object.entries(hostile))(
    '%s is refused, and nothing changes',
    async (_, [code, voucher, tasks = 3]) => {
      const desk = await openDesk();
      desk.owe(3);
      expect(await codeOf(desk.take(await voucher(), tasks))).toBe(code);
      expect([await held(), desk.earned, desk.mayBegin(0), stops]).toEqual([undefined, 0n, false, []]);
    },
  );
  test('of another pool than ours is refused', async () => {
    const desk = await openDesk({ home: { chainId: 1, pool: chain.pool } });
    desk.owe(1);
    expect(await codeOf(desk.take(await sign(100n), 1))).toBe('payment/wrong-domain');
    expect(await held()).toBeUndefined();
  });
  test('whose total fell below the last one is refused, and the last one stays', async () => {
    const desk = await openDesk();
    desk.owe(2);
    await desk.take(await sign(100n, 1_000n), 1);
    expect(await codeOf(desk.take(await sign(200n, 1_099n), 1))).toBe('payment/issued-fell');
    expect((await held())!.voucher.amount).toBe(100n);
    await desk.take(await sign(200n, 1_100n), 1);
    expect(desk.earned).toBe(200n);
  });
  test('may pay for more than was accepted here: a verdict was lost, or the balance of a former tab comes', async () => {
    const desk = await openDesk();
    desk.owe(2);
    await desk.take(await sign(400n), 4);
    expect([desk.earned, desk.mayBegin(2), stops]).toEqual([400n, true, []]);
    desk.owe(1);
    await desk.take(await sign(901n), 1);
    expect([desk.earned, (await held())!.voucher.amount, stops]).toEqual([901n, 901n, []]);
  });
  test('is stored while the chain does not answer; no more is worked for until it does', async () => {
    const desk = await openDesk();
    desk.owe(1);
    chain.isReachable = false;
    await desk.take(await sign(100n), 1);
    expect([desk.earned, (await held())!.voucher.amount]).toEqual([100n, 100n]);
    expect([desk.isInDoubt, desk.mayBegin(0), stops]).toEqual([true, false, []]);
    chain.isReachable = true;
    await desk.judge();
    expect([desk.isInDoubt, desk.mayBegin(0), stops]).toEqual([false, true, []]);
  });
  test('is stored before the chain has answered, and so is the next one', async () => {
    const hanging: ProviderChain = {
      payerView: () => new Promise(() => {}),
      allocationCover: (terms, payee, proof) => chain.allocationCover(terms, payee, proof),
      voucherSigner: (terms, voucher) => chain.voucherSigner(terms, voucher),
    };
    const desk = await openDesk({ chain: hanging });
    desk.owe(2);
    void desk.take(await sign(100n), 1);
    void desk.take(await sign(200n), 1);
    await desk.settled();
    expect((await held())!.voucher.amount).toBe(200n);
    await clock.advance(15_000);
    expect([desk.isInDoubt, clock.armed]).toEqual([true, 1]);
  });
  test('stays the last when the chain is silent for a minute: then the payer is left', async () => {
    const desk = await openDesk();
    desk.owe(1);
    chain.isReachable = false;
    await desk.take(await sign(100n), 1);
    await clock.advance(60_000);
    await desk.judge();
    expect(stops).toEqual([]);
    await clock.advance(1);
    await desk.judge();
    expect([stops, (await held())!.voucher.amount]).toEqual([
      ['The chain has not answered for a minute.'],
      100n,
    ]);
  });
  test('that cannot be stored is not counted', async () => {
    const desk = await openDesk({});
    const broken = await VoucherDesk.open({
      home: { chainId: chain.chainId, pool: chain.pool },
      agreement,
      chain,
      vouchers: { ...vouchers, get: async () => undefined, put: () => Promise.reject(new Error('no room')) },
      clock,
      onStop: () => {},
    });
    for (const one of [desk, broken]) one.owe(3);
    await expect(broken.take(await sign(300n), 3)).rejects.toThrow('no room');
    expect([broken.earned, broken.mayBegin(0)]).toEqual([0n, false]);
  });
});

describe('a payer that is no longer good is left, and its voucher kept', () => {
  const stopping: Record<string, () => Promise<unknown> | void> = {
    'its key ends too soon': () => clock.advance(86_400_000 - 30_000),
  };
  test.each(Object.entries(stopping))('%s', async (_, happens) => {
    const desk = await openDesk();
    desk.owe(4);
    await happens();
    await desk.take(await sign(400n), 4);
    expect([stops.length, desk.earned, (await held())!.voucher.amount]).toEqual([1, 400n, 400n]);
  });
  test('it promised more than its cap', async () => {
    const desk = await openDesk();
    desk.owe(1);
    await desk.take(await sign(100n, 10_001n), 1);
    expect([stops, (await held())!.voucher.amount]).toEqual([
      ['The session key has promised more than its cap.'],
      100n,
    ]);
  });
  test('it cannot be told, because the chain was read too long ago', async () => {
    const view = await chain.payerView(session.terms, PAYEE);
    await clock.advance(60_001);
    const stale: ProviderChain = {
      payerView: async () => view,
      allocationCover: (terms, payee, proof) => chain.allocationCover(terms, payee, proof),
      voucherSigner: (terms, voucher) => chain.voucherSigner(terms, voucher),
    };
    const desk = await openDesk({ chain: stale });
    desk.owe(1);
    await desk.take(await sign(100n), 1);
    expect([stops.length, desk.earned, (await held())!.voucher.amount]).toEqual([1, 100n, 100n]);
  });
});

/** The payer sets so much aside for one payee. */
function allocate(limit: bigint, payee = PAYEE): PostedProof {
  const leaves = [{ payee, limit }];
  return chain.allocate(session.terms, leaves)[0]!.proof;
}

describe('a proof of collateral', () => {
  const taken = async (desk: VoucherDesk, proof: PostedProof) =>
    (await desk.takeCover(proof))?.code ?? 'taken';
  async function withVoucher(): Promise<VoucherDesk> {
    const desk = await openDesk();
    await desk.take(await sign(400n), 4);
    return desk;
  }
  test('is stored with the voucher, once, stays with the next one, and pays when all else is gone', async () => {
    const desk = await withVoucher();
    const proof = allocate(500n);
    expect([await taken(desk, proof), await taken(desk, proof)]).toEqual(['taken', 'taken']);
    await desk.take(await sign(500n), 1);
    expect(await held()).toMatchObject({ voucher: { amount: 500n }, proofs: [proof] });
    chain.withdraw(PAYER, 9_500n);
    const again = await openDesk();
    await again.judge();
    expect([uncovered, again.mayBegin(0)]).toEqual([[], true]);
    const { voucher, proofs } = (await held())!;
    expect([await chain.redeem(voucher), await chain.redeem(voucher, proofs![0])]).toEqual([0n, 500n]);
  });
  test('of somebody else, with another limit, sum or way, or late, is neither stored nor counted', async () => {
    const desk = await withVoucher();
    const [own, foreign] = chain
      .allocate(session.terms, [
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
    expect(await taken(desk, { ...own, until: 59 + Math.floor(clock.now() / 1_000) })).toBe(
      'payment/not-set-aside',
    );
    expect((await held())!.proofs).toEqual([]);
    expect(await taken(desk, own)).toBe('taken');
    expect((await held())!.proofs).toEqual([own]);
  });
  test('is one of eight at most, until one is used up', async () => {
    const desk = await withVoucher();
    for (let i = 1; i <= 8; i++) expect(await taken(desk, allocate(BigInt(i)))).toBe('taken');
    const ninth = allocate(9n);
    expect(await taken(desk, ninth)).toBe('payment/too-many-proofs');
    const { voucher, proofs } = (await held())!;
    chain.withdraw(PAYER, 9_955n);
    expect(await chain.redeem(voucher, proofs![3])).toBe(4n);
    expect(await taken(desk, ninth)).toBe('taken');
    expect((await held())!.proofs!.map(({ limit }) => limit)).toEqual([1n, 2n, 3n, 5n, 6n, 7n, 8n, 9n]);
  });
  test('waits with seven others at most, however many are sent', async () => {
    const desk = await withVoucher();
    const proof = allocate(1n);
    const codes = await Promise.all(Array.from({ length: 20 }, () => taken(desk, proof)));
    expect(codes.filter((code) => code === 'payment/too-many-proofs')).toHaveLength(12);
  });
  test('without any voucher covers nothing, and is not kept', async () => {
    const desk = await openDesk();
    expect([await taken(desk, allocate(5n)), await held()]).toEqual(['taken', undefined]);
  });
});

describe('a payer that owes more than its deposit and the credit cover', () => {
  async function overCredit(): Promise<VoucherDesk> {
    const desk = await openDesk();
    desk.owe(4);
    chain.withdraw(PAYER, 10_000n);
    await desk.take(await sign(400n), 4);
    return desk;
  }
  test('is asked for collateral; its voucher is kept, and no task begins', async () => {
    const desk = await overCredit();
    expect([uncovered, stops, desk.earned, desk.mayBegin(0)]).toEqual([[400n], [], 400n, false]);
    expect((await held())!.voucher.amount).toBe(400n);
  });
  test('is worked for again once it has set enough aside', async () => {
    const desk = await overCredit();
    chain.openSession({ payer: PAYER, deposit: 99n, cap: 1n });
    await desk.takeCover(allocate(99n));
    expect([uncovered, desk.mayBegin(0)]).toEqual([[400n], false]);
    await clock.advance(30_000);
    await desk.judge();
    expect([uncovered, desk.mayBegin(0)]).toEqual([[400n, 301n], false]);
    chain.openSession({ payer: PAYER, deposit: 1n, cap: 1n });
    await desk.takeCover(allocate(1n));
    expect([uncovered, stops, desk.mayBegin(0)]).toEqual([[400n, 301n], [], true]);
  });
  test('or once what it owes could be redeemed', async () => {
    const desk = await overCredit();
    chain.openSession({ payer: PAYER, deposit: 400n, cap: 1n });
    expect(await chain.redeem((await held())!.voucher)).toBe(400n);
    await desk.judge();
    expect([desk.isInDoubt, desk.mayBegin(0)]).toEqual([false, true]);
  });
  test('is asked for collateral while it covers all by its deposit, too, before too much depends on that', async () => {
    const desk = await openDesk();
    await desk.take(await sign(3_000n), 30);
    expect([uncovered, desk.mayBegin(0)]).toEqual([[], true]);
    await desk.take(await sign(3_001n), 0);
    expect([uncovered, stops, desk.mayBegin(0)]).toEqual([[3_001n], [], true]);
    await desk.takeCover(allocate(3_001n));
    await clock.advance(30_000);
    await desk.judge();
    expect(uncovered).toEqual([3_001n]);
  });
  test('is left after a minute', async () => {
    const desk = await overCredit();
    await clock.advance(60_000);
    await desk.judge();
    expect(stops).toEqual([]);
    await clock.advance(1);
    await desk.judge();
    expect(stops).toEqual([expect.stringMatching(/free deposit does not cover/)]);
  });
});

describe('a statement of the balance', () => {
  test('brings what a break has swallowed', async () => {
    const desk = await openDesk();
    desk.owe(3);
    await desk.take(await sign(200n), 0);
    expect([desk.earned, desk.mayBegin(1), desk.mayBegin(2)]).toEqual([200n, true, false]);
    await desk.take(await sign(300n), 1);
    expect(desk.earned).toBe(300n);
  });
  test('said twice, or of the past, changes nothing', async () => {
    const desk = await openDesk();
    desk.owe(3);
    await desk.take(await sign(200n), 0);
    await desk.take(await sign(200n), 0);
    await desk.take(await sign(100n), 0);
    expect([desk.earned, (await held())!.voucher.amount]).toEqual([200n, 200n]);
  });
  test('is the base of the first voucher for a payee that lost its records', async () => {
    const desk = await openDesk();
    await desk.take(await sign(700n, 900n), 0);
    desk.owe(1);
    await desk.take(await sign(800n, 1_000n), 1);
    expect((await held())!.voucher.amount).toBe(800n);
  });
  test('never lowers the total that the key has issued: a payer cannot hide promises with it', async () => {
    const desk = await openDesk();
    desk.owe(1);
    await desk.take(await sign(100n, 5_000n), 1);
    for (const voucher of [await sign(100n, 100n), await sign(100n, 4_999n), await sign(200n, 5_099n)])
      expect(await codeOf(desk.take(voucher, 0))).toBe('payment/issued-fell');
    expect((await held())!.voucher.issued).toBe(5_000n);
    await desk.take(await sign(200n, 5_100n), 0);
    expect((await held())!.voucher.issued).toBe(5_100n);
  });
  test('has to be signed by the key like any other', async () => {
    const desk = await openDesk();
    const forged = { ...(await sign(200n)), amount: 400n, issued: 400n };
    expect(await codeOf(desk.take(forged, 0))).toBe('payment/wrong-signer');
    expect(await held()).toBeUndefined();
  });
});

describe('risk', () => {
  test('one task may always be tried, whatever it costs', async () => {
    const desk = await openDesk({ agreement: { ...agreement, creditLimit: 0n } });
    expect([desk.mayBegin(0), desk.mayBegin(1)]).toEqual([true, false]);
    desk.owe(1);
    expect(desk.mayBegin(0)).toBe(false);
  });
  test('is bounded by the agreed credit, to the last unit', async () => {
    const desk = await openDesk();
    expect([desk.mayBegin(2), desk.mayBegin(3)]).toEqual([true, false]);
    desk.owe(2);
    expect([desk.mayBegin(0), desk.mayBegin(1)]).toEqual([true, false]);
  });
  test('free work is no risk', async () => {
    const desk = await openDesk({ agreement: { ...agreement, pricePerUnit: 0n, creditLimit: 0n } });
    desk.owe(1_000);
    expect(desk.mayBegin(999)).toBe(true);
  });
});

describe('results handed over and not accepted', () => {
  test('are a gift up to the credit limit; then the requestor is left', async () => {
    const desk = await openDesk();
    desk.giveAway(2);
    expect([stops, desk.mayBegin(0), desk.mayBegin(1)]).toEqual([[], true, false]);
    desk.giveAway(1);
    expect(stops).toEqual([expect.stringMatching(/as much as the credit limit allows is unpaid/)]);
    expect(desk.mayBegin(0)).toBe(false);
  });
  test('are made up for by accepted ones', async () => {
    const desk = await openDesk();
    for (let i = 0; i < 20; i++) {
      desk.giveAway(1);
      desk.owe(1);
    }
    desk.giveAway(2);
    expect(stops).toEqual([]);
  });
  test('count beside what is owed: all of it together stays within the limit', async () => {
    const desk = await openDesk();
    desk.owe(1);
    desk.giveAway(1);
    expect([desk.mayBegin(0), desk.mayBegin(1)]).toEqual([true, false]);
    await desk.take(await sign(100n), 1);
    expect([desk.mayBegin(1), desk.mayBegin(2)]).toEqual([true, false]);
  });
  test('cost nothing where work is free', async () => {
    const desk = await openDesk({ agreement: { ...agreement, pricePerUnit: 0n } });
    desk.giveAway(1_000);
    expect(stops).toEqual([]);
  });
});

describe('before signing, the cover', () => {
  const check = (change: Partial<Agreement> = {}) =>
    codeOf(checkCover({ chain, clock, agreement: { ...agreement, ...change } }));
  test('of a good payer suffices', async () => {
    expect(await check()).toBe('taken');
  });
  test('of an empty deposit does not, unless the work is free', async () => {
    chain.withdraw(PAYER, 10_000n);
    expect([await check(), await check({ pricePerUnit: 0n })]).toEqual(['negotiate/not-covered', 'taken']);
  });
  test('of a key that nobody authorised does not', async () => {
    expect(await check({ payment: { ...session.terms, sessionKey: OTHER } })).toBe('negotiate/not-covered');
  });
  test('of a key that ends within an hour and a broken stream does not', async () => {
    await clock.advance(86_400_000 - 3_720_000);
    expect(await check()).toBe('taken');
    await clock.advance(1);
    expect(await check()).toBe('negotiate/not-covered');
  });
});
