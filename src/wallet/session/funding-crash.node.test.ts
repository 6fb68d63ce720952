import { afterAll, beforeAll, expect, it } from 'vitest';
import { type LocalChain, startLocalChain } from '../../../contracts/local-chain.ts';
import { Crash } from '../../../tests/mesh/crash.ts';
import { issue, openLedger } from '../../payment/voucher/ledger.ts';
import type { Address } from '../../protocol/primitives.ts';
import type { WalletAccount } from '../account/account.ts';
import { drawFromFaucet } from '../chain/faucet.ts';
import { depositFor } from './left-over.ts';
import { thaw, withdraw } from '../pool/pool-writer.ts';
import { redeem } from '../voucher/redeem.ts';
import { openSession, resumeSession, type SessionKey, type SessionStore } from './session-key.ts';

const PAYEE: Address = `0x${'a1'.repeat(20)}`;
const BUDGET = 1_000n;
const DAY_MS = 86_400_000;

let chain: LocalChain;
beforeAll(async () => {
  chain = await startLocalChain();
}, 30_000);
afterAll(() => chain[Symbol.asyncDispose]());

/** Funds a session by an account and a store whose steps may be the last. */
async function fund(
  account: WalletAccount,
  store: SessionStore,
  crash: Crash,
  missing: () => Promise<bigint>,
) {
  const steps: WalletAccount = {
    kind: account.kind,
    name: account.name,
    address: account.address,
    signTypedData: (...order) => account.signTypedData(...order),
    send: async (call) => {
      await crash.step(`send: ${call.action}`);
      const hash = await account.send(call);
      await crash.step(`sent: ${call.action}`);
      return hash;
    },
  };
  const records: SessionStore['records'] = {
    ...store.records,
    put: async (key, record) => {
      await crash.step('store the key');
      await store.records.put(key, record);
    },
  };
  const expiresAtMs = Date.now() + 100 * DAY_MS;
  const deposit = await missing();
  await crash.step('count what is left over');
  const budget = { cap: BUDGET, expiresAtMs, deposit };
  const session = await openSession(chain.reader, steps, { ...store, records }, budget);
  await crash.step('funded');
  return session;
}

/** All tokens of an account: in its wallet and in the pool. */
async function wealth(account: WalletAccount): Promise<bigint> {
  const { balance } = await chain.reader.deposit(account.address);
  return balance + (await chain.reader.tokenBalance(account.address));
}

/** One funding that is killed before a step, then another that is not, a payment, and the way out. */
async function killAndGoOn(killAt: number | undefined): Promise<readonly string[]> {
  const { wallet, sessions } = await chain.newWallet();
  await drawFromFaucet(chain.reader, wallet);
  const before = await wealth(wallet);
  const missing = () =>
    depositFor(chain.reader, wallet.address, BUDGET, sessions.records, new Map<string, bigint>());
  const crash = new Crash(killAt);
  const funding = fund(wallet, sessions, crash, missing);
  await Promise.race([funding, crash.died]);
  // What was sent before the end may still reach a block.
  await chain.pass(1);
  expect(await wealth(wallet)).toBe(before);

  const session: SessionKey = crash.isDead
    ? await fund(wallet, sessions, new Crash(), missing)
    : await funding;
  const what = `killed before step ${killAt}, after ${crash.steps.at(-1)}`;
  const { balance } = await chain.reader.deposit(wallet.address);
  expect(balance, what).toBe(BUDGET); // deposited once, whenever it was
  for (const [, { terms }] of await sessions.records.entries('session/'))
    expect(await resumeSession(sessions, terms.sessionKey as Address), what).toMatchObject({ terms });

  const ledger = openLedger(wallet.address, session.cap);
  const { voucher } = issue(ledger, PAYEE, 400n);
  const signed = await session.sign({ ...voucher, payee: PAYEE });
  expect((await redeem(chain.reader, wallet, [signed])).paid, what).toBe(400n);
  await thaw(chain.reader, wallet, 600n);
  await chain.pass(60);
  expect((await withdraw(chain.reader, wallet)).amount, what).toBe(600n);
  expect(await chain.reader.tokenBalance(wallet.address), what).toBe(before - 400n);
  return crash.steps;
}

it('a funding killed between any two steps leaves every token where its owner gets it', async () => {
  const whole = await killAndGoOn(undefined);
  expect(whole).toEqual([
    'count what is left over',
    'store the key',
    expect.stringMatching(/^send: approve/),
    expect.stringMatching(/^sent: approve/),
    expect.stringMatching(/^send: deposit/),
    expect.stringMatching(/^sent: deposit/),
    'funded',
  ]);
  for (let killAt = 0; killAt < whole.length; killAt++) await killAndGoOn(killAt);
}, 60_000);
