import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalChain, startLocalChain } from '../../../contracts/local-chain.ts';
import { orderDigest } from '../../payment/voucher/orders.ts';
import { buildSumTree } from '../../payment/cover/sum-tree.ts';
import { plainAddress, signDigest } from '../../payment/voucher/voucher.ts';
import type { Address } from '../../protocol/primitives.ts';
import { memoryStore } from '../../storage/memory-store.ts';
import { allocate, allocateOrder } from './collateral.ts';
import { coverPayees, type PostedTree } from './cover-payees.ts';
import { drawFromFaucet } from '../chain/faucet.ts';
import { thaw, withdraw } from './pool-writer.ts';
import { redeem, redeemRows } from '../voucher/redeem.ts';
import { openSession } from '../session/session-key.ts';

const DAY_MS = 86_400_000;
const payeeOf = (number: number): Address => `0x${(0xa000 + number).toString(16).padStart(40, '0')}`;

describe('collateral on a real chain', () => {
  let chain: LocalChain;
  beforeAll(async () => {
    chain = await startLocalChain();
  }, 30_000);
  afterAll(() => chain[Symbol.asyncDispose]());

  async function payer(cap: bigint) {
    const { wallet, sessions } = await chain.newWallet();
    await drawFromFaucet(chain.reader, wallet);
    const session = await openSession(chain.reader, wallet, sessions, {
      cap,
      expiresAtMs: Date.now() + DAY_MS,
    });
    const record = await sessions.records.get(`session/${session.terms.sessionKey.toLowerCase()}`);
    const privateKey = await sessions.sealer.unseal(record!.sealed, session.terms.sessionKey);
    return { wallet, session, privateKey, signer: plainAddress(session.terms.sessionKey) };
  }

  it.each([1, 2, 3, 11])(
    'of a tree of %i payees is what the contract reads from its proofs',
    async (count) => {
      const { wallet, session, signer } = await payer(10_000n);
      const leaves = Array.from({ length: count }, (_, i) => ({
        payee: payeeOf(i),
        limit: BigInt(100 + i),
      }));
      const tree = buildSumTree(leaves);
      const order = allocateOrder(wallet.address, tree, Date.now() + DAY_MS / 2);
      await allocate(chain.reader, wallet, order, { signer });
      for (const { payee, limit } of leaves) {
        const proof = tree.proofOf(payee)!;
        expect(await chain.reader.allocationCover(session.terms, payee, proof)).toBe(limit);
        const forged = { ...proof, limit: limit + 1n };
        expect(await chain.reader.allocationCover(session.terms, payee, forged)).toBe(0n);
      }
      const { free, spent } = await chain.reader.payerView(session.terms, payeeOf(0));
      expect([free, spent]).toEqual([10_000n - tree.total, tree.total]);
    },
    30_000,
  );

  it('is allocated by anybody with the session key’s signature, once, and pays when all else is gone', async () => {
    const { wallet, session, signer, privateKey } = await payer(1_000n);
    const stranger = await chain.newWallet();
    const tree = buildSumTree([
      { payee: payeeOf(1), limit: 300n },
      { payee: payeeOf(2), limit: 200n },
    ]);
    const order = allocateOrder(wallet.address, tree, Date.now() + DAY_MS / 2);
    const signature = await signDigest(orderDigest(session.terms, 'Allocate', order), privateKey);
    await allocate(chain.reader, stranger.wallet, order, { signature });
    await expect(allocate(chain.reader, stranger.wallet, order, { signature })).rejects.toMatchObject({
      code: 'wallet/refused-by-contract',
    });
    await expect(
      allocate(chain.reader, stranger.wallet, { ...order, total: 1n }, { signature }),
    ).rejects.toMatchObject({ code: 'wallet/key-unknown' });

    // The payer drains what it can: to itself by a voucher, the rest by a withdrawal.
    const toItself = await session.sign({ payee: wallet.address, amount: 400n, issued: 400n });
    expect((await redeem(chain.reader, wallet, [toItself])).paid).toBe(400n);
    await thaw(chain.reader, wallet, 100n);
    await chain.pass(60);
    expect((await withdraw(chain.reader, wallet)).amount).toBe(100n);

    const voucher = await session.sign({ payee: payeeOf(1), amount: 300n, issued: 700n });
    const before = await chain.reader.tokenBalance(payeeOf(1));
    const rows = [{ voucher, proof: tree.proofOf(payeeOf(1))! }];
    expect((await redeemRows(chain.reader, stranger.wallet, rows)).paid).toBe(300n);
    expect((await chain.reader.tokenBalance(payeeOf(1))) - before).toBe(300n);
    const proof = tree.proofOf(payeeOf(2))!;
    expect(await chain.reader.allocationCover(session.terms, payeeOf(2), proof)).toBe(200n);
    expect(await chain.reader.sessionKey(wallet.address, signer)).toMatchObject({ redeemed: 700n });
  }, 30_000);

  it('is refused beyond deposit and key', async () => {
    const { wallet, signer } = await payer(100n);
    const refused = (limit: bigint, untilMs: number) => {
      const order = allocateOrder(wallet.address, buildSumTree([{ payee: payeeOf(5), limit }]), untilMs);
      return expect(allocate(chain.reader, wallet, order, { signer })).rejects;
    };
    await refused(101n, Date.now() + DAY_MS / 2).toMatchObject({ code: 'wallet/not-enough-deposit' });
    await refused(1n, Date.now() + 3 * DAY_MS).toMatchObject({ code: 'wallet/until-out-of-range' });
  }, 30_000);

  it('covers in one root what payees were promised, again only what came since, as far as it goes', async () => {
    const { wallet, session } = await payer(100n);
    const posted = memoryStore().collection<PostedTree>('wallet');
    const init = { reader: chain.reader, account: wallet, terms: session.terms, posted };
    const cover = (amounts: readonly bigint[]) =>
      coverPayees(
        init,
        amounts.map((promised, i) => ({ payee: payeeOf(i), promised })),
        Date.now() + 30 * DAY_MS,
      );
    const block = () => chain.reader.client.getBlockNumber({ cacheTime: 0 });
    const start = await block();
    const first = await cover([20n, 30n, 0n]);
    expect(await block()).toBe(start + 1n);
    expect(first.map(({ payee, proof }) => [payee, proof.limit, proof.total])).toEqual([
      [payeeOf(1), 30n, 50n],
      [payeeOf(0), 20n, 50n],
    ]);
    const voucher = await session.sign({ payee: payeeOf(0), amount: 20n, issued: 50n });
    const row = { voucher, proof: first[1]!.proof };
    expect((await redeemRows(chain.reader, wallet, [row])).paid).toBe(20n);
    const before = await block();
    expect(await cover([20n, 30n, 0n])).toEqual([first[0]]);
    expect(await block()).toBe(before);
    const second = await cover([35n, 50n, 90n]);
    expect(second.map(({ payee, proof }) => [payee, proof.limit])).toEqual([
      [payeeOf(1), 30n],
      [payeeOf(2), 50n],
    ]);
  }, 30_000);

  it('of the same limits twice gives way by one unit, since a root is taken once', async () => {
    const { wallet, session } = await payer(100n);
    const posted = memoryStore().collection<PostedTree>('wallet');
    const init = { reader: chain.reader, account: wallet, terms: session.terms, posted };
    const cover = (promised: bigint) =>
      coverPayees(init, [{ payee: payeeOf(0), promised }], Date.now() + DAY_MS);
    const [first] = await cover(20n);
    const voucher = await session.sign({ payee: payeeOf(0), amount: 20n, issued: 20n });
    await redeemRows(chain.reader, wallet, [{ voucher, proof: first!.proof }]);
    const [second] = await cover(40n);
    expect(second!.proof.limit).toBe(19n);
  }, 30_000);
});
