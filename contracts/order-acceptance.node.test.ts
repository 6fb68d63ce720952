import { type Hex, parseEventLogs, toHex } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { orderDigest, type OrderName, type Orders } from '../src/payment/voucher/orders.ts';
import { signVoucher } from '../src/payment/voucher/voucher.ts';
import type { Address } from '../src/protocol/primitives.ts';
import { POOL_ABI } from '../src/wallet/chain/chain.ts';
import type { EmbeddedWallet } from '../src/wallet/account/embedded-wallet.ts';
import { fundSession } from '../src/wallet/session/fund-session.ts';
import { transact } from '../src/wallet/chain/transact.ts';
import { startTokenChain, type TokenChain } from './token-chain.ts';

const FUTURE = 2_000_000_000;

describe('orders that the contract carries out', () => {
  let chain: TokenChain;
  let payer: EmbeddedWallet;
  const key = generatePrivateKey();
  const session = privateKeyToAccount(key);
  const domain = () => ({ chainId: chain.config.id, pool: chain.config.pool });
  const sign = <N extends OrderName>(name: N, order: Orders[N], by = session): Promise<Hex> =>
    by.sign({ hash: toHex(orderDigest(domain(), name, order)) });

  beforeAll(async () => {
    chain = await startTokenChain('polygon');
    payer = await chain.newAccount(1_000n, true);
    const wanted = { signer: session.address, cap: 900n, deposit: 900n, expiresAtMs: FUTURE * 1_000 };
    await fundSession(chain.reader, payer, wanted);
  }, 30_000);
  afterAll(() => chain[Symbol.asyncDispose]());

  it('are taken: an allocation that the session key signed, once', async () => {
    const order = { payer: payer.address, root: toHex(7n, { size: 32 }), total: 100n, until: FUTURE };
    const signature = await sign('Allocate', order);
    const call = (given: Orders['Allocate']) =>
      ({
        address: chain.config.pool,
        abi: POOL_ABI,
        functionName: 'allocateBySig',
        args: [given, signature],
        action: 'set collateral aside',
      }) as const;
    // Another field makes another signer, whom nobody has authorised.
    for (const change of [{ root: toHex(8n, { size: 32 }) }, { total: 101n }, { until: FUTURE - 1 }])
      await expect(transact(chain.reader, payer, call({ ...order, ...change }))).rejects.toMatchObject({
        code: 'wallet/key-unknown',
      });
    await transact(chain.reader, payer, call(order));
    expect((await chain.reader.deposit(payer.address)).locked).toBe(100n);
    await expect(transact(chain.reader, payer, call(order))).rejects.toMatchObject({
      code: 'wallet/refused-by-contract',
    });
  });

  it('are taken: a payout that the payee signed, with a fee for whoever sends it', async () => {
    const payee = privateKeyToAccount(generatePrivateKey());
    const to: Address = `0x${'70'.repeat(20)}`;
    const relay = await chain.newAccount(0n, true);
    const unsigned = { payer: payer.address, payee: payee.address, amount: 50n, issued: 50n };
    const voucher = await signVoucher(domain(), unsigned, key);
    const order = { payee: payee.address, to, amount: 50n, fee: 5n, nonce: 0n, deadline: FUTURE };
    const call = (given: Orders['Payout'], signature: Hex) =>
      ({
        address: chain.config.pool,
        abi: POOL_ABI,
        functionName: 'redeemFor',
        args: [[{ ...unsigned, signature: toHex(voucher.signature) }], [], given, signature],
        action: 'redeem for the payee',
      }) as const;
    const signature = await sign('Payout', order, payee);
    for (const change of [{ to: relay.address }, { amount: 49n }, { fee: 6n }, { deadline: FUTURE + 1 }])
      await expect(
        transact(chain.reader, relay, call({ ...order, ...change }, signature)),
      ).rejects.toMatchObject({ code: 'wallet/bad-signature' });
    const { logs } = await transact(chain.reader, relay, call(order, signature));
    const [paid] = parseEventLogs({ abi: POOL_ABI, eventName: 'PaidOut', logs });
    expect(paid!.args).toMatchObject({ payee: payee.address, amount: 50n, fee: 5n });
    expect(await chain.reader.tokenBalance(to)).toBe(45n);
    expect(await chain.reader.tokenBalance(relay.address)).toBe(5n);
  });
});
