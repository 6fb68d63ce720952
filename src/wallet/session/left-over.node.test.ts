import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalChain, startLocalChain } from '../../../contracts/local-chain.ts';
import type { Address } from '../../protocol/primitives.ts';
import { drawFromFaucet } from '../chain/faucet.ts';
import { depositFor } from './left-over.ts';
import { thaw } from '../pool/pool-writer.ts';
import { redeem } from '../voucher/redeem.ts';
import { openSession } from './session-key.ts';

const PAYEE: Address = `0x${'a1'.repeat(20)}`;

describe('left-over deposit', () => {
  let chain: LocalChain;
  beforeAll(async () => {
    chain = await startLocalChain();
  }, 30_000);
  afterAll(() => chain[Symbol.asyncDispose]());

  it('pays for the next job, but for what the last one promised and what thaws', async () => {
    const { wallet, sessions } = await chain.newWallet();
    await drawFromFaucet(chain.reader, wallet);
    const expiresAtMs = Date.now() + 86_400_000;
    const first = await openSession(chain.reader, wallet, sessions, { cap: 100n, expiresAtMs });
    const key = first.terms.sessionKey.toLowerCase();
    const missing = (budget: bigint, promised: ReadonlyMap<string, bigint>) =>
      depositFor(chain.reader, wallet.address, budget, sessions.records, promised);

    expect(await missing(100n, new Map([[key, 100n]]))).toBe(100n); // it runs
    expect(await missing(100n, new Map([[key, 30n]]))).toBe(30n); // it has ended
    expect(await missing(100n, new Map())).toBe(0n); // it never paid
    const voucher = await first.sign({ payee: PAYEE, amount: 30n, issued: 30n });
    expect((await redeem(chain.reader, wallet, [voucher])).paid).toBe(30n);
    expect(await missing(100n, new Map([[key, 30n]]))).toBe(30n); // 70 are left, nothing is promised
    expect(await missing(60n, new Map([[key, 30n]]))).toBe(0n);

    const before = await chain.reader.tokenBalance(wallet.address);
    const deposit = await missing(90n, new Map([[key, 30n]]));
    const second = await openSession(chain.reader, wallet, sessions, { cap: 90n, expiresAtMs, deposit });
    expect(before - (await chain.reader.tokenBalance(wallet.address))).toBe(20n);
    expect(await chain.reader.payerView(second.terms, PAYEE)).toMatchObject({ free: 90n, cap: 90n });

    const used = new Map([[second.terms.sessionKey.toLowerCase(), 50n]]);
    await thaw(chain.reader, wallet, 25n);
    expect(await missing(20n, used)).toBe(5n);
    expect(await missing(15n, used)).toBe(0n);
  }, 30_000);

  it('of none is nothing', async () => {
    const { wallet, sessions } = await chain.newWallet();
    expect(await depositFor(chain.reader, wallet.address, 7n, sessions.records, new Map())).toBe(7n);
  });
});
