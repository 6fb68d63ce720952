import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type LocalChain, startLocalChain } from '../../../contracts/local-chain.ts';
import { systemClock } from '../../base/time.ts';
import type { PayerAlarm } from '../../payment/redemption/payer-alarm.ts';
import { plainAddress } from '../../payment/voucher/voucher.ts';
import type { Address } from '../../protocol/primitives.ts';
import { drawFromFaucet } from '../chain/faucet.ts';
import { PayerWatch } from './payer-watch.ts';
import { PoolReader } from './pool-reader.ts';
import { revokeSession, thaw } from './pool-writer.ts';
import { redeem } from '../voucher/redeem.ts';
import { openSession } from '../session/session-key.ts';

const PAYEES: Address[] = [`0x${'a1'.repeat(20)}`, `0x${'b2'.repeat(20)}`];

describe('events of payers', () => {
  let chain: LocalChain;
  let alarms: PayerAlarm[];
  let payers: Address[];
  let watch: PayerWatch | undefined;

  beforeAll(async () => {
    chain = await startLocalChain();
  }, 30_000);
  afterEach(() => watch?.[Symbol.dispose]());
  afterAll(() => chain[Symbol.asyncDispose]());

  async function payer(deposit: bigint) {
    const { wallet, sessions } = await chain.newWallet();
    await drawFromFaucet(chain.reader, wallet);
    const expiresAtMs = Date.now() + 86_400_000;
    const session = await openSession(chain.reader, wallet, sessions, { cap: 100n, deposit, expiresAtMs });
    return { wallet, session, signer: plainAddress(session.terms.sessionKey) };
  }

  async function startWatch(reader = chain.reader): Promise<PayerWatch> {
    alarms = [];
    watch = new PayerWatch({
      reader,
      clock: systemClock,
      payers: async () => payers,
      onAlarm: (alarm) => alarms.push(alarm),
    });
    await watch.look();
    return watch;
  }

  it('tell each of the four alarms once, and none of strangers', async () => {
    const mine = await payer(50n);
    const stranger = await payer(50n);
    const me = plainAddress(mine.wallet.address);
    await thaw(chain.reader, mine.wallet, 1n); // before the watch
    payers = [mine.wallet.address];
    const watching = await startWatch();
    expect(alarms).toEqual([]);

    await thaw(chain.reader, mine.wallet, 1n);
    await thaw(chain.reader, stranger.wallet, 1n);
    await watching.look();
    expect(alarms.splice(0)).toEqual([{ event: 'ThawStarted', payer: me }]);
    await watching.look();
    expect(alarms).toEqual([]);

    // 30 and 40 are promised and said to be 40 in all; 50 are there.
    const vouchers = await Promise.all([
      mine.session.sign({ payee: PAYEES[0]!, amount: 30n, issued: 30n }),
      mine.session.sign({ payee: PAYEES[1]!, amount: 40n, issued: 40n }),
    ]);
    await redeem(chain.reader, mine.wallet, vouchers);
    await revokeSession(chain.reader, mine.wallet, mine.signer);
    await watching.look();
    expect(alarms).toEqual([
      { event: 'Shortfall', payer: me, signer: mine.signer },
      { event: 'Equivocation', payer: me, signer: mine.signer },
      { event: 'SignerRevoking', payer: me, signer: mine.signer },
    ]);
  }, 30_000);

  it('are not lost while the node is out of reach or many blocks pass', async () => {
    const { wallet } = await payer(50n);
    payers = [wallet.address];
    const watching = await startWatch();
    await thaw(chain.reader, wallet, 1n);
    const request = chain.reader.client.request as (call: object) => Promise<unknown>;
    await request({ method: 'anvil_mine', params: ['0x220'] });
    await thaw(chain.reader, wallet, 1n);
    await watching.look();
    expect(alarms).toHaveLength(2);

    const unreachable = new PoolReader({ ...chain.config, rpcUrl: 'http://127.0.0.1:1' }, systemClock);
    await expect(startWatch(unreachable)).rejects.toMatchObject({ code: 'wallet/chain-unreachable' });
  }, 30_000);

  it('of a payer that is no longer watched are left out, and those before it is watched again', async () => {
    const { wallet } = await payer(50n);
    payers = [wallet.address];
    const watching = await startWatch();
    payers = [];
    await watching.look();
    await thaw(chain.reader, wallet, 1n);
    await watching.look();
    payers = [wallet.address];
    await watching.look();
    expect(alarms).toEqual([]);
    await thaw(chain.reader, wallet, 1n);
    await watching.look();
    expect(alarms).toHaveLength(1);
  }, 30_000);
});
