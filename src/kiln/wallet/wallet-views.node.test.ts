import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalChain, startLocalChain } from '../../../contracts/local-chain.ts';
import { systemClock } from '../../base/time.ts';
import { GLM } from '../../payment/costs/price.ts';
import type { Address } from '../../protocol/primitives.ts';
import type { VoucherRecord } from '../../provider/records.ts';
import { memoryStore } from '../../storage/memory-store.ts';
import { drawFromFaucet } from '../../wallet/chain/faucet.ts';
import { narrate } from '../../wallet/account/narrate.ts';
import { deposit, revokeSession, thaw } from '../../wallet/pool/pool-writer.ts';
import { redeem } from '../../wallet/voucher/redeem.ts';
import { openSession } from '../../wallet/session/session-key.ts';
import { listSessions } from './session-list.ts';
import { readCover } from './voucher-cover.ts';
import { WalletJournal } from './wallet-journal.ts';

const DAY_MS = 86_400_000;
const PAYEE: Address = `0x${'a1'.repeat(20)}`;
const FRIEND: Address = `0x${'f0'.repeat(20)}`;

describe('what the wallet page is told', () => {
  let chain: LocalChain;
  beforeAll(async () => {
    chain = await startLocalChain();
  }, 30_000);
  afterAll(() => chain[Symbol.asyncDispose]());

  async function payer(cap: bigint) {
    const { wallet, sessions } = await chain.newWallet();
    await drawFromFaucet(chain.reader, wallet);
    const expiresAtMs = Date.now() + DAY_MS;
    const session = await openSession(chain.reader, wallet, sessions, { cap, expiresAtMs });
    const voucherTo = async (payee: Address, amount: bigint, issued: bigint): Promise<VoucherRecord> => ({
      terms: session.terms,
      payee,
      voucher: await session.sign({ payee, amount, issued }),
      receivedAtMs: Date.now(),
    });
    const cover = (record: VoucherRecord, nowMs = Date.now()) => {
      chain.reader.forgetViews();
      return readCover(chain.reader, record, nowMs);
    };
    return { wallet, sessions, session, voucherTo, cover };
  }

  it('a voucher is secured by the deposit, on credit when the deposit leaves, and lost with its key', async () => {
    const { wallet, session, voucherTo, cover } = await payer(10n * GLM);
    const record = await voucherTo(PAYEE, 4n * GLM, 5n * GLM);
    expect(await cover(record)).toMatchObject({ secured: 4n * GLM, credit: 0n, lost: 0n });
    // 6 of 10 thaw: 4 are left, and 1 is promised to somebody else, who may come first.
    await thaw(chain.reader, wallet, 6n * GLM);
    expect(await cover(record)).toMatchObject({ secured: 3n * GLM, credit: GLM, lost: 0n });
    const late = session.expiresAtMs + 1_000;
    expect(await cover(record, late)).toMatchObject({ secured: 0n, credit: 0n, lost: 4n * GLM });
  });

  it('what was redeemed is neither, and a key that lied secures nothing', async () => {
    const { wallet, voucherTo, cover } = await payer(10n * GLM);
    const first = await voucherTo(PAYEE, 4n * GLM, 4n * GLM);
    await redeem(chain.reader, wallet, [first.voucher]);
    expect(await cover(first)).toMatchObject({ secured: 0n, credit: 0n, lost: 0n });
    // The second promise hides the first: more is redeemed than was said to be issued.
    const hidden = await voucherTo(FRIEND, 3n * GLM, 3n * GLM);
    await redeem(chain.reader, wallet, [hidden.voucher]);
    const next = await voucherTo(PAYEE, 5n * GLM, 8n * GLM);
    expect(await cover(next)).toMatchObject({ secured: 0n, credit: GLM });
  });

  it('session keys are told with what is spent, and whether they were revoked', async () => {
    const { wallet, sessions, session, voucherTo } = await payer(10n * GLM);
    const { voucher } = await voucherTo(PAYEE, 4n * GLM, 4n * GLM);
    await redeem(chain.reader, wallet, [voucher]);
    const list = (nowMs: number) => listSessions(chain.reader, sessions.records, wallet.address, nowMs);
    const [key] = await list(Date.now());
    expect(key).toMatchObject({ cap: 10n * GLM, spent: 4n * GLM, state: 'active' });
    expect(key!.key).toBe(session.terms.sessionKey);

    await revokeSession(chain.reader, wallet, key!.key);
    const [revoked] = await list(Date.now());
    expect(revoked!.state).toBe('ending');
    expect(revoked!.expiresAtMs).toBeLessThan(key!.expiresAtMs);
    expect((await list(revoked!.expiresAtMs))[0]!.state).toBe('ended');
    expect(await list(session.expiresAtMs + 2 * DAY_MS)).toEqual([]);

    const stranger = await chain.newWallet();
    expect(await listSessions(chain.reader, sessions.records, stranger.wallet.address, Date.now())).toEqual(
      [],
    );
  });

  it('a transaction is in the history before a block has it, once, and with its end', async () => {
    const { wallet } = await payer(GLM);
    const store = memoryStore();
    const journal = new WalletJournal(chain.reader, store, systemClock);
    const account = wallet.address;
    const told = narrate(wallet, {
      async onSent(transaction, { to }) {
        if (to === chain.config.pool)
          await journal.note({ kind: 'deposit', amount: 5n, transaction, account, state: 'pending' });
      },
    });
    const { transaction } = await deposit(chain.reader, told, 5n);
    expect(await journal.list(account)).toMatchObject([{ amount: 5n, transaction, state: 'pending' }]);

    // Another tab's journal over the same store settles it; the sender's last word does not double it.
    await new WalletJournal(chain.reader, store, systemClock).settle();
    await journal.note({ kind: 'deposit', amount: 5n, transaction, account });
    const [event, ...more] = await journal.list(account);
    expect(more).toEqual([]);
    expect(event).not.toHaveProperty('state');
    expect(await journal.list(FRIEND)).toEqual([]);

    const unknown = `0x${'00'.repeat(32)}`;
    await journal.note({ kind: 'thaw', amount: 1n, transaction: unknown, account, state: 'pending' });
    await journal.settle();
    expect((await journal.list(account)).map(({ state }) => state)).toContain('pending');
  });
});
