import { afterAll, beforeAll, expect, it } from 'vitest';
import { type LocalChain, startLocalChain } from '../../../../contracts/local-chain.ts';
import type { Address } from '../../../protocol/primitives.ts';
import { type VoucherRecord, voucherKey } from '../../../provider/records.ts';
import { memoryStore } from '../../../storage/memory-store.ts';
import { coverPayees, type PostedTree } from '../../../wallet/pool/cover-payees.ts';
import { drawFromFaucet } from '../../../wallet/chain/faucet.ts';
import { redeem, redeemRows } from '../../../wallet/voucher/redeem.ts';
import { openSession } from '../../../wallet/session/session-key.ts';
import { allocatedTo, bestCovered, redeemableRows, resultOf } from './covered-rows.ts';

const DAY_MS = 86_400_000;
const OTHER: Address = `0x${'b2'.repeat(20)}`;

let chain: LocalChain;
beforeAll(async () => {
  chain = await startLocalChain();
}, 30_000);
afterAll(() => chain[Symbol.asyncDispose]());

it('a provider redeems all by the proofs that it kept, after the payer has drained the rest', async () => {
  const { reader } = chain;
  const { wallet, sessions } = await chain.newWallet();
  await drawFromFaucet(reader, wallet);
  const key = { cap: 1_000n, expiresAtMs: Date.now() + DAY_MS };
  const session = await openSession(reader, wallet, sessions, key);
  const provider = await chain.newWallet();
  const payee = provider.wallet.address;
  const posted = memoryStore().collection<PostedTree>('wallet');
  const init = { reader, account: wallet, terms: session.terms, posted };
  const cover = (amount: bigint) =>
    coverPayees(
      init,
      [
        { payee, promised: amount },
        { payee: OTHER, promised: 9n },
      ],
      Date.now() + DAY_MS / 2,
    );
  await cover(300n);
  const proofs = (await cover(500n)).filter((one) => one.payee === payee).map(({ proof }) => proof);
  expect(proofs.map(({ limit }) => limit)).toEqual([300n, 200n]);

  const { terms } = session;
  const voucher = await session.sign({ payee, amount: 500n, issued: 509n });
  const vouchers = memoryStore().collection<VoucherRecord>('vouchers');
  const stored = { terms, payee, voucher, receivedAtMs: 0, proofs };
  await vouchers.put(voucherKey(terms, payee), stored);
  const toItself = await session.sign({ payee: wallet.address, amount: 491n, issued: 1_000n });
  expect((await redeem(reader, wallet, [toItself])).paid).toBe(491n);

  const kept = (await vouchers.get(voucherKey(terms, payee)))!;
  expect((await redeem(reader, provider.wallet, [kept.voucher])).paid).toBe(0n);
  expect([await allocatedTo(reader, kept), await bestCovered(reader, kept)]).toEqual([
    500n,
    { voucher, proof: proofs[0] },
  ]);
  const { paid, rows, transactions } = await redeemRows(reader, provider.wallet, redeemableRows(kept));
  expect([paid, transactions.length, resultOf(kept, rows)]).toEqual([500n, 1, { voucher, paid: 500n }]);
  expect(await bestCovered(reader, kept)).toEqual({ voucher });
}, 30_000);
