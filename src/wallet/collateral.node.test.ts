import { parseEventLogs } from 'viem';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toHex } from '../base/bytes.ts';
import { type LocalChain, startLocalChain } from '../../contracts/local-chain.ts';
import { orderDigest } from '../payment/orders.ts';
import { buildSumTree } from '../payment/sum-tree.ts';
import { plainAddress, signDigest } from '../payment/voucher.ts';
import type { Address } from '../protocol/primitives.ts';
import { POOL_ABI } from './chain.ts';
import { allocate, allocateOrder, allocationCover, contractProof, reserve } from './collateral.ts';
import { coverPayees } from './cover-payees.ts';
import { drawFromFaucet } from './faucet.ts';
import { thaw, withdraw } from './pool-writer.ts';
import { redeem } from './redeem.ts';
import { openSession } from './session-key.ts';
import { transact } from './transact.ts';

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
        expect(await allocationCover(chain.reader, session.terms, payee, proof)).toBe(limit);
        const forged = { ...proof, limit: limit + 1n };
        expect(await allocationCover(chain.reader, session.terms, payee, forged)).toBe(0n);
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
    const row = { ...voucher, payer: plainAddress(voucher.payer), payee: payeeOf(1) };
    const receipt = await transact(chain.reader, stranger.wallet, {
      address: chain.config.pool,
      abi: POOL_ABI,
      functionName: 'redeemCovered',
      args: [
        [{ ...row, signature: `0x${toHex(voucher.signature)}` }],
        [contractProof(tree.proofOf(payeeOf(1))!)],
      ],
      action: 'redeem the vouchers',
    });
    expect(parseEventLogs({ abi: POOL_ABI, eventName: 'Redeemed', logs: receipt.logs })).toHaveLength(1);
    expect((await chain.reader.tokenBalance(payeeOf(1))) - before).toBe(300n);
    const proof = tree.proofOf(payeeOf(2))!;
    expect(await allocationCover(chain.reader, session.terms, payeeOf(2), proof)).toBe(200n);
    expect(await chain.reader.sessionKey(wallet.address, signer)).toMatchObject({ redeemed: 700n });
  }, 30_000);

  it('reserved for one payee is redeemed like any voucher, and refused beyond deposit, cap and key', async () => {
    const { wallet, session, signer } = await payer(100n);
    const untilMs = Date.now() + DAY_MS / 2;
    const order = { signer, payees: [payeeOf(5)], amounts: [60n], untilMs };
    await reserve(chain.reader, wallet, order);
    const refused = (change: Partial<typeof order>) =>
      expect(reserve(chain.reader, wallet, { ...order, ...change })).rejects;
    await refused({ amounts: [41n] }).toMatchObject({ code: 'wallet/not-enough-deposit' });
    await refused({ amounts: [1n], untilMs: Date.now() + 3 * DAY_MS }).toMatchObject({
      code: 'wallet/until-out-of-range',
    });
    await thaw(chain.reader, wallet, 40n);
    const voucher = await session.sign({ payee: payeeOf(5), amount: 60n, issued: 60n });
    expect((await redeem(chain.reader, wallet, [voucher])).paid).toBe(60n);
  }, 30_000);

  it('covers in one transaction what payees were promised, again only what came since, as far as it goes', async () => {
    const { wallet, session } = await payer(100n);
    const cover = (amounts: readonly bigint[]) =>
      coverPayees(
        chain.reader,
        wallet,
        session.terms,
        amounts.map((promised, i) => ({ payee: payeeOf(i), promised })),
        Date.now() + 30 * DAY_MS,
      );
    const covers = () =>
      Promise.all(
        [0, 1, 2].map(async (i) => (await chain.reader.payerView(session.terms, payeeOf(i))).collateral),
      );
    await cover([20n, 30n, 0n]);
    expect(await covers()).toEqual([20n, 30n, 0n]);
    const voucher = await session.sign({ payee: payeeOf(0), amount: 20n, issued: 50n });
    expect((await redeem(chain.reader, wallet, [voucher])).paid).toBe(20n);
    const block = await chain.reader.client.getBlockNumber({ cacheTime: 0 });
    await cover([20n, 30n, 0n]);
    expect(await chain.reader.client.getBlockNumber({ cacheTime: 0 })).toBe(block);
    await cover([35n, 50n, 90n]);
    expect(await covers()).toEqual([0n, 30n, 50n]);
  }, 30_000);
});
