import { describe, expect, it } from 'vitest';
import { memoryCollection } from '../../../contracts/local-chain.ts';
import { startTokenChain, type TokenDouble } from '../../../contracts/token-chain.ts';
import { systemClock } from '../../base/time.ts';
import { GLM } from '../../payment/costs/price.ts';
import type { Address } from '../../protocol/primitives.ts';
import { bySignature, fundBySignature } from './fund-by-signature.ts';
import { redeem } from '../voucher/redeem.ts';
import { openKeySealer } from '../account/sealed-key.ts';
import { fundingSender } from './send-funding.ts';
import type { FundingSender } from './signed-funding.ts';
import { openSession, raiseSession, type SessionRecord, type SessionStore } from './session-key.ts';
import { allowance, authorization, HOUR_MS, keyOf, listening } from './funding.fixture.node.ts';

describe('funding by signature', () => {
  it.each<[TokenDouble, string, bigint]>([
    ['polygon', 'meta-transaction', 0n],
    ['permit', 'permit', 0n],
    ['ethereum', 'dai-permit', 2n ** 256n - 1n],
  ])('needs no native coin on a token like %s (%s)', async (double, kind, left) => {
    await using chain = await startTokenChain(double, 137);
    const payer = await chain.newAccount(5n * GLM);
    const sender = listening(fundingSender(chain.reader, await chain.newAccount(0n, true)));
    const steps: string[] = [];
    const onStep = (step: string) => steps.push(step);
    await fundBySignature(chain.reader, payer, await authorization(chain), sender, { onStep });
    expect(steps).toEqual([
      'Signing the approval of 2 GLM',
      'Signing the deposit of 2 GLM',
      'Waiting for somebody to send it',
    ]);
    expect(sender.heard[0]).toMatchObject({ kind: 'deposit', approval: { kind, value: 2n * GLM } });
    expect(await keyOf(chain, payer.address)).toMatchObject({ balance: 2n * GLM, cap: 3n * GLM });
    expect(await chain.reader.tokenBalance(payer.address)).toBe(3n * GLM);
    expect(await chain.reader.nativeBalance(payer.address)).toBe(0n);
    expect(await allowance(chain, payer.address)).toBe(left);

    // Raising: first with money, then the end alone, which is one signature and no approval.
    const more = await authorization(chain, { cap: 4n * GLM, deposit: GLM });
    await fundBySignature(chain.reader, payer, more, sender);
    const longer = { ...more, deposit: 0n, cap: 9n * GLM, expiresAtMs: more.expiresAtMs + HOUR_MS };
    await fundBySignature(chain.reader, payer, longer, sender);
    expect(sender.heard.map((one) => one.kind)).toEqual(['deposit', 'deposit', 'authorize']);
    expect(await keyOf(chain, payer.address)).toMatchObject({
      balance: 3n * GLM,
      cap: 9n * GLM,
      expiry: Math.ceil(longer.expiresAtMs / 1_000),
    });
  });

  it('counts as done once the chain has it, whatever hash the sender names', async () => {
    await using chain = await startTokenChain('polygon');
    const payer = await chain.newAccount(5n * GLM);
    const honest = fundingSender(chain.reader, await chain.newAccount(0n, true));
    const confused: FundingSender = {
      async sendFunding(funding, signal) {
        await honest.sendFunding(funding, signal);
        return '0x1234';
      },
    };
    await fundBySignature(chain.reader, payer, await authorization(chain), confused);
    expect((await chain.reader.deposit(payer.address)).balance).toBe(2n * GLM);
  });

  it('opens and raises sessions that pay, without any native coin', async () => {
    await using chain = await startTokenChain('polygon', 137);
    const payer = await chain.newAccount(5n * GLM);
    const relay = await chain.newAccount(0n, true);
    const store: SessionStore = {
      records: memoryCollection<SessionRecord>(),
      sealer: await openKeySealer(memoryCollection<CryptoKey>()),
      fund: bySignature(fundingSender(chain.reader, relay), systemClock),
    };
    const expiresAtMs = Date.now() + 24 * HOUR_MS;
    const session = await openSession(chain.reader, payer, store, { cap: GLM, expiresAtMs });
    const key = session.terms.sessionKey as Address;
    const raised = await raiseSession(chain.reader, payer, store, key, { cap: 2n * GLM, expiresAtMs });
    const payee: Address = `0x${'a1'.repeat(20)}`;
    const voucher = await raised.sign({ payee, amount: 2n * GLM, issued: 2n * GLM });
    expect((await redeem(chain.reader, relay, [voucher])).paid).toBe(2n * GLM);
    expect(await chain.reader.nativeBalance(payer.address)).toBe(0n);
  });

  it('takes turns, so that two at once do not take the same nonce', async () => {
    await using chain = await startTokenChain('polygon', 137);
    const payer = await chain.newAccount(9n * GLM);
    const sender = fundingSender(chain.reader, await chain.newAccount(0n, true));
    const wanted = await authorization(chain);
    const caps = [2n * GLM, 3n * GLM, 4n * GLM];
    await Promise.all(caps.map((cap) => fundBySignature(chain.reader, payer, { ...wanted, cap }, sender)));
    expect(await keyOf(chain, payer.address)).toMatchObject({ balance: 6n * GLM, cap: 4n * GLM });
  });
});
