import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasCode } from '../../base/errors.ts';
import { issue, openLedger } from '../../payment/voucher/ledger.ts';
import { GLM } from '../../payment/costs/price.ts';
import type { Address } from '../../protocol/primitives.ts';
import type { SignedVoucher } from '../../protocol/work.ts';
import { drawFromFaucet } from '../chain/faucet.ts';
import { type LocalChain, startLocalChain } from '../../../contracts/local-chain.ts';
import { revokeSession, thaw, withdraw } from '../pool/pool-writer.ts';
import { redeem } from './redeem.ts';
import {
  forgetSession,
  openSession,
  raiseSession,
  resumeSession,
  type SessionKey,
} from '../session/session-key.ts';

const DAY_MS = 86_400_000;
const PAYEES: Address[] = [`0x${'a1'.repeat(20)}`, `0x${'b2'.repeat(20)}`, `0x${'c3'.repeat(20)}`];

/** Issues amounts to payees in turn and signs the newest voucher of each. */
async function promise(session: SessionKey, amounts: readonly bigint[]): Promise<SignedVoucher[]> {
  let ledger = openLedger(session.terms.payer as Address, session.cap);
  const newest = new Map<string, SignedVoucher>();
  for (const [i, amount] of amounts.entries()) {
    const next = issue(ledger, PAYEES[i % PAYEES.length]!, amount);
    ledger = next.ledger;
    newest.set(
      next.voucher.payee,
      await session.sign({ ...next.voucher, payee: next.voucher.payee as Address }),
    );
  }
  return [...newest.values()];
}

describe('the path of money on a real chain', () => {
  let chain: LocalChain;
  beforeAll(async () => {
    chain = await startLocalChain();
  }, 30_000);
  afterAll(() => chain[Symbol.asyncDispose]());

  it('goes from the faucet through deposit and vouchers to the payees, to the last unit', async () => {
    const { wallet, sessions } = await chain.newWallet();
    const relayer = await chain.newWallet();
    const drawn = await drawFromFaucet(chain.reader, wallet);
    expect(drawn.amount).toBe(1_000n * GLM);

    const steps: string[] = [];
    const cap = 2n * GLM + 12_345n;
    const session = await openSession(
      chain.reader,
      wallet,
      sessions,
      { cap, expiresAtMs: Date.now() + DAY_MS },
      { onStep: (step) => steps.push(step) },
    );
    expect(steps).toEqual(['Making a session key', 'Approving 2 tGLM', 'Depositing 2 tGLM']);

    const before = await Promise.all(PAYEES.map((payee) => chain.reader.tokenBalance(payee)));
    const vouchers = await promise(session, [GLM, GLM / 3n, 5n, 7n, cap - GLM - GLM / 3n - 12n]);
    const view = await chain.reader.payerView(session.terms, PAYEES[0]!);
    expect(view).toMatchObject({ free: cap, cap, spent: 0n, claimed: 0n, isEquivocated: false });
    expect(await chain.reader.voucherSigner(session.terms, vouchers[0]!)).toBe(
      session.terms.sessionKey.toLowerCase(),
    );

    const done = await redeem(chain.reader, relayer.wallet, vouchers);
    expect(done.paid).toBe(cap);
    expect(done.transactions).toHaveLength(1);
    for (const [i, payee] of PAYEES.entries()) {
      const owed = vouchers.find((voucher) => voucher.payee === payee)!.amount;
      expect((await chain.reader.tokenBalance(payee)) - before[i]!).toBe(owed);
    }
    expect((await chain.reader.deposit(wallet.address)).balance).toBe(0n);
    const after = await chain.reader.payerView(session.terms, PAYEES[0]!);
    expect(after).toMatchObject({ free: 0n, spent: cap, claimed: vouchers[0]!.amount, isEquivocated: false });

    const again = await redeem(chain.reader, relayer.wallet, vouchers);
    expect(again.paid).toBe(0n);
    expect(again.transactions).toEqual([]);
    expect(again.rows.map((row) => row.skipped)).toEqual(['nothing-owed', 'nothing-owed', 'nothing-owed']);
  }, 30_000);

  it('pays the good rows of a batch and names what is wrong with the bad ones', async () => {
    const { wallet, sessions } = await chain.newWallet();
    await drawFromFaucet(chain.reader, wallet);
    const session = await openSession(chain.reader, wallet, sessions, {
      cap: GLM,
      expiresAtMs: Date.now() + DAY_MS,
    });
    const [good, forged] = await promise(session, [10n, 20n]);
    const stranger = { ...forged!, amount: forged!.amount + 1n };
    const broken = { ...forged!, signature: new Uint8Array(65) };
    const done = await redeem(chain.reader, wallet, [broken, good!, stranger]);
    expect(done.rows.map(({ paid, skipped }) => [paid, skipped])).toEqual([
      [0n, 'bad-signature'],
      [10n, undefined],
      [0n, 'unknown-key'],
    ]);
  }, 30_000);

  it('pays what is covered, then the exact rest after a top-up', async () => {
    const { wallet, sessions } = await chain.newWallet();
    await drawFromFaucet(chain.reader, wallet);
    const budget = { cap: 100n, expiresAtMs: Date.now() + DAY_MS, deposit: 40n };
    const session = await openSession(chain.reader, wallet, sessions, budget);
    const vouchers = await promise(session, [90n]);
    expect((await redeem(chain.reader, wallet, vouchers)).paid).toBe(40n);
    const raised = await raiseSession(chain.reader, wallet, sessions, session.terms.sessionKey as Address, {
      cap: 160n,
      expiresAtMs: budget.expiresAtMs,
    });
    expect(raised.cap).toBe(160n);
    expect((await redeem(chain.reader, wallet, vouchers)).paid).toBe(50n);
    expect((await redeem(chain.reader, wallet, vouchers)).paid).toBe(0n);
  }, 30_000);

  it('gives the rest back after the thaw, not before, and payees may redeem meanwhile', async () => {
    const { wallet, sessions } = await chain.newWallet();
    await drawFromFaucet(chain.reader, wallet);
    const session = await openSession(chain.reader, wallet, sessions, {
      cap: 100n,
      expiresAtMs: Date.now() + DAY_MS,
    });
    const vouchers = await promise(session, [30n]);
    await thaw(chain.reader, wallet, 100n);
    const state = await chain.reader.deposit(wallet.address);
    expect(state.thawing).toBe(100n);
    expect(state.thawEndsAtMs).toBeGreaterThan(0);
    expect((await chain.reader.payerView(session.terms, PAYEES[1]!)).free).toBe(0n);
    await expect(withdraw(chain.reader, wallet)).rejects.toSatisfy((e) => hasCode(e, 'wallet/still-thawing'));

    expect((await redeem(chain.reader, wallet, vouchers)).paid).toBe(30n);
    await chain.pass(60);
    const before = await chain.reader.tokenBalance(wallet.address);
    expect((await withdraw(chain.reader, wallet)).amount).toBe(70n);
    expect((await chain.reader.tokenBalance(wallet.address)) - before).toBe(70n);
    await expect(withdraw(chain.reader, wallet)).rejects.toSatisfy((e) =>
      hasCode(e, 'wallet/nothing-thawing'),
    );
  }, 30_000);

  it('keeps a revoked key redeemable through the thaw, never after', async () => {
    const { wallet, sessions } = await chain.newWallet();
    await drawFromFaucet(chain.reader, wallet);
    // The chain's clock is ahead of this one after the tests above.
    const expiresAtMs = Date.now() + 10 * DAY_MS;
    const session = await openSession(chain.reader, wallet, sessions, { cap: 100n, expiresAtMs });
    const [first, second] = await promise(session, [30n, 40n]);
    await revokeSession(chain.reader, wallet, session.terms.sessionKey as Address);
    await chain.pass(50);
    expect((await redeem(chain.reader, wallet, [first!])).paid).toBe(30n);
    await chain.pass(20);
    expect((await redeem(chain.reader, wallet, [second!])).rows[0]).toMatchObject({
      paid: 0n,
      skipped: 'key-expired',
    });
  }, 30_000);

  it('opens a session again after a reload, and not where its key is not kept', async () => {
    const { wallet, sessions } = await chain.newWallet();
    const other = await chain.newWallet();
    await drawFromFaucet(chain.reader, wallet);
    const budget = { cap: 100n, expiresAtMs: Date.now() + 10 * DAY_MS };
    const session = await openSession(chain.reader, wallet, sessions, budget);
    const key = session.terms.sessionKey as Address;
    const resumed = await resumeSession(sessions, key);
    const voucher = await resumed.sign({ payee: PAYEES[0]!, amount: 9n, issued: 9n });
    expect(await chain.reader.voucherSigner(resumed.terms, voucher)).toBe(key.toLowerCase());
    expect(resumed).toMatchObject({ terms: session.terms, cap: 100n });
    await forgetSession(sessions, key);
    await expect(resumeSession(sessions, key)).rejects.toSatisfy((e) => hasCode(e, 'wallet/session-unknown'));
    await expect(resumeSession(other.sessions, key)).rejects.toSatisfy((e) =>
      hasCode(e, 'wallet/session-unknown'),
    );
  }, 30_000);

  it('sends many transactions of one wallet at once without losing one', async () => {
    const { wallet } = await chain.newWallet();
    await Promise.all(Array.from({ length: 6 }, () => drawFromFaucet(chain.reader, wallet)));
    expect(await chain.reader.tokenBalance(wallet.address)).toBe(6_000n * GLM);
  }, 30_000);

  it('funds several jobs at once, each by its own approval', async () => {
    const { wallet, sessions } = await chain.newWallet();
    await drawFromFaucet(chain.reader, wallet);
    const caps = [5n, 3n, 4n];
    const expiresAtMs = Date.now() + 10 * DAY_MS;
    await Promise.all(caps.map((cap) => openSession(chain.reader, wallet, sessions, { cap, expiresAtMs })));
    expect((await chain.reader.deposit(wallet.address)).balance).toBe(12n);
  }, 30_000);

  it('names what is missing before it sends anything', async () => {
    const { wallet, sessions } = await chain.newWallet();
    const budget = { cap: GLM, expiresAtMs: Date.now() + DAY_MS };
    await expect(openSession(chain.reader, wallet, sessions, budget)).rejects.toSatisfy((e) =>
      hasCode(e, 'wallet/not-enough-tokens'),
    );
    await expect(thaw(chain.reader, wallet, 1n)).rejects.toSatisfy((e) =>
      hasCode(e, 'wallet/not-enough-deposit'),
    );
    const terms = { chainId: 1, pool: chain.config.pool, payer: wallet.address, sessionKey: wallet.address };
    await expect(chain.reader.payerView(terms, PAYEES[0]!)).rejects.toSatisfy((e) =>
      hasCode(e, 'wallet/wrong-pool'),
    );
  }, 30_000);
});
