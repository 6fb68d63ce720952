import { type Hex, parseEventLogs, toFunctionSelector } from 'viem';
import { describe, expect, it } from 'vitest';
import { memoryCollection } from '../../../contracts/local-chain.ts';
import { startTokenChain, type TokenChain, type TokenDouble } from '../../../contracts/token-chain.ts';
import { hasCode } from '../../base/errors.ts';
import { systemClock } from '../../base/time.ts';
import { GLM } from '../../payment/costs/price.ts';
import type { Address } from '../../protocol/primitives.ts';
import type { TypedDataRequest, WalletAccount } from '../account/account.ts';
import { toChainError } from '../chain/chain-error.ts';
import { POOL_ABI, TOKEN_ABI } from '../chain/chain.ts';
import { bySignature, fundBySignature, type SignedAuthorization } from './fund-by-signature.ts';
import { fundSession } from './fund-session.ts';
import { redeem } from '../voucher/redeem.ts';
import { openKeySealer } from '../account/sealed-key.ts';
import { fundingSender } from './send-funding.ts';
import { fundingCalls, type FundingSender, type SignedFunding } from './signed-funding.ts';
import { openSession, raiseSession, type SessionRecord, type SessionStore } from './session-key.ts';
import { PERMIT_ABI } from '../token/token-abi.ts';
import { transact } from '../chain/transact.ts';

const HOUR_MS = 3_600_000;
const KEY: Address = `0x${'5e'.repeat(20)}`;
const refusal = (code: string) => expect.toSatisfy((thrown: unknown) => hasCode(thrown, code));

async function authorization(
  chain: TokenChain,
  own: Partial<SignedAuthorization> = {},
): Promise<SignedAuthorization> {
  const now = (await chain.now()) * 1_000;
  return {
    signer: KEY,
    cap: 3n * GLM,
    deposit: 2n * GLM,
    expiresAtMs: now + 24 * HOUR_MS,
    deadlineMs: now + HOUR_MS,
    ...own,
  };
}

/** Keeps what it is handed before passing it on. */
function listening(sender: FundingSender): FundingSender & { readonly heard: SignedFunding[] } {
  const heard: SignedFunding[] = [];
  return {
    heard,
    sendFunding(funding, signal) {
      heard.push(funding);
      return sender.sendFunding(funding, signal);
    },
  };
}

async function keyOf(chain: TokenChain, payer: Address) {
  const zero: Address = `0x${'00'.repeat(20)}`;
  return chain.reader.client.readContract({
    address: chain.config.pool,
    abi: POOL_ABI,
    functionName: 'payerState',
    args: [payer, KEY, zero],
  });
}

function allowance(chain: TokenChain, payer: Address): Promise<bigint> {
  const { token: address, pool } = chain.config;
  return chain.reader.client.readContract({
    address,
    abi: TOKEN_ABI,
    functionName: 'allowance',
    args: [payer, pool],
  });
}

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

  it('counts once, and for nobody else: what was signed cannot be sent again or changed', async () => {
    await using chain = await startTokenChain('polygon', 137);
    const payer = await chain.newAccount(5n * GLM);
    const relay = await chain.newAccount(0n, true);
    const sender = listening(fundingSender(chain.reader, relay));
    await fundBySignature(
      chain.reader,
      payer,
      await authorization(chain, { cap: GLM, deposit: GLM }),
      sender,
    );
    const [first] = sender.heard;
    await expect(sender.sendFunding(first!)).rejects.toEqual(refusal('wallet/bad-signature'));
    const { approval: _used, ...rest } = first as Extract<SignedFunding, { kind: 'deposit' }>;
    await expect(sender.sendFunding(rest)).rejects.toEqual(refusal('wallet/signature-used'));

    // A new one, kept back and changed in each field.
    const kept: SignedFunding[] = [];
    const keeper: FundingSender = {
      sendFunding: (funding) => {
        kept.push(funding);
        return Promise.reject(new Error('kept'));
      },
    };
    await expect(
      fundBySignature(chain.reader, payer, await authorization(chain, { deposit: 0n }), keeper),
    ).rejects.toEqual(refusal('wallet/chain-error'));
    const [good] = kept as Extract<SignedFunding, { kind: 'authorize' }>[];
    const { order } = good!;
    const changes = [
      { payer: relay.address },
      { signer: relay.address },
      { cap: order.cap + 1n },
      { expiry: order.expiry + 1 },
      { deadline: order.deadline + 1 },
    ];
    for (const change of changes) {
      const changed: SignedFunding = { ...good!, order: { ...order, ...change } };
      await expect(fundingSender(chain.reader, relay).sendFunding(changed)).rejects.toEqual(
        expect.toSatisfy((e) => hasCode(e, 'wallet/bad-signature') || hasCode(e, 'wallet/signature-used')),
      );
    }
    await fundingSender(chain.reader, relay).sendFunding(good!);
    expect((await keyOf(chain, payer.address)).cap).toBe(order.cap);
  });

  it('does not believe a sender that did not do it', async () => {
    await using chain = await startTokenChain('polygon');
    const payer = await chain.newAccount(5n * GLM);
    const relay = await chain.newAccount(0n, true);
    const wanted = await authorization(chain);
    const lying: FundingSender = {
      // A transaction that happened, but of something else.
      sendFunding: () => relay.send({ to: payer.address, data: '0x', action: 'say hello' }),
    };
    await expect(fundBySignature(chain.reader, payer, wanted, lying)).rejects.toEqual(
      refusal('wallet/order-not-carried-out'),
    );
    expect((await chain.reader.deposit(payer.address)).balance).toBe(0n);
    // And the honest one after it does: the nonce is still free.
    await fundBySignature(chain.reader, payer, wanted, fundingSender(chain.reader, relay));
    expect((await chain.reader.deposit(payer.address)).balance).toBe(2n * GLM);
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

  it('can be stopped while a sender does nothing', async () => {
    await using chain = await startTokenChain('polygon');
    const payer = await chain.newAccount(5n * GLM);
    const stop = new AbortController();
    const silent: FundingSender = {
      sendFunding() {
        queueMicrotask(() => stop.abort());
        return new Promise(() => undefined);
      },
    };
    const funding = fundBySignature(chain.reader, payer, await authorization(chain), silent, {
      signal: stop.signal,
    });
    await expect(funding).rejects.toEqual(refusal('base/aborted'));
  });

  it('is refused late, without tokens, and on a token that cannot', async () => {
    await using chain = await startTokenChain('polygon');
    const payer = await chain.newAccount(GLM);
    const sender = fundingSender(chain.reader, await chain.newAccount(0n, true));
    const fund = async (own: Partial<SignedAuthorization>) =>
      fundBySignature(chain.reader, payer, await authorization(chain, own), sender);
    await expect(fund({})).rejects.toEqual(refusal('wallet/not-enough-tokens'));
    await expect(fund({ deposit: 0n, deadlineMs: 1_000 })).rejects.toEqual(
      refusal('wallet/signature-expired'),
    );
    const signal = AbortSignal.abort();
    await expect(
      fundBySignature(chain.reader, payer, await authorization(chain), sender, { signal }),
    ).rejects.toEqual(refusal('base/aborted'));
  });

  it('is refused on a token that can only be approved by a transaction, until that is done', async () => {
    await using chain = await startTokenChain('permit');
    const payer = await chain.newAccount(5n * GLM, true);
    const sender = fundingSender(chain.reader, await chain.newAccount(0n, true));
    // The same token without its permit.
    const { client } = chain.reader;
    const code = (await client.getCode({ address: chain.config.token }))!;
    const selector = toFunctionSelector(PERMIT_ABI[0]).slice(2);
    expect(code).toContain(selector);
    await chain.setCode(code.replaceAll(selector, '00000000') as Hex);
    const wanted = await authorization(chain);
    await expect(fundBySignature(chain.reader, payer, wanted, sender)).rejects.toEqual(
      refusal('wallet/no-approval-by-signature'),
    );
    const approving = {
      address: chain.config.token,
      abi: TOKEN_ABI,
      functionName: 'approve',
      args: [chain.config.pool, 2n * GLM],
      action: 'approve',
    } as const;
    await transact(chain.reader, payer, approving);
    await fundBySignature(chain.reader, payer, wanted, sender);
    expect((await chain.reader.deposit(payer.address)).balance).toBe(2n * GLM);
  });

  it('is not stopped by somebody who sends the approval first', async () => {
    await using chain = await startTokenChain('polygon', 137);
    const payer = await chain.newAccount(5n * GLM);
    const meddler = await chain.newAccount(0n, true);
    const honest = fundingSender(chain.reader, await chain.newAccount(0n, true));
    const raced: FundingSender = {
      async sendFunding(funding) {
        const [approval] = fundingCalls(chain.config, funding);
        await transact(chain.reader, meddler, approval!);
        return honest.sendFunding(funding);
      },
    };
    await fundBySignature(chain.reader, payer, await authorization(chain), raced);
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

describe('funding by transaction on a token with DAI’s permit', () => {
  /** An account whose signing is somebody else's. */
  const signingBy = (
    account: WalletAccount,
    signTypedData: (request: TypedDataRequest, action: string) => Promise<`0x${string}`>,
  ): WalletAccount => ({ ...account, signTypedData });

  it('takes one transaction instead of two', async () => {
    await using chain = await startTokenChain('ethereum', 1);
    const payer = await chain.newAccount(5n * GLM, true);
    const { transaction } = await fundSession(chain.reader, payer, await authorization(chain));
    const { client } = chain.reader;
    expect(await client.getTransactionCount({ address: payer.address })).toBe(1);
    const { logs } = await client.getTransactionReceipt({ hash: transaction });
    expect(parseEventLogs({ abi: POOL_ABI, logs }).map((event) => event.eventName)).toEqual(
      expect.arrayContaining(['Deposited', 'SignerAuthorized']),
    );
    // The allowance stays, so the next one is a plain deposit.
    await fundSession(chain.reader, payer, await authorization(chain, { cap: 6n * GLM, deposit: GLM }));
    expect(await client.getTransactionCount({ address: payer.address })).toBe(2);
    expect((await chain.reader.deposit(payer.address)).balance).toBe(3n * GLM);
  });

  it('takes the usual two where the wallet cannot sign, or signs something else', async () => {
    await using chain = await startTokenChain('ethereum', 1);
    const stranger = await chain.newAccount(0n);
    for (const sign of [
      () => Promise.reject(new Error('unknown method')),
      () => Promise.resolve(`0x${'11'.repeat(300)}` as const),
      stranger.signTypedData,
    ]) {
      const payer = await chain.newAccount(5n * GLM, true);
      await fundSession(chain.reader, signingBy(payer, sign), await authorization(chain));
      expect(await chain.reader.client.getTransactionCount({ address: payer.address })).toBe(2);
      expect(await allowance(chain, payer.address)).toBe(0n);
    }
  });

  it('stops where the person declines, and sends nothing', async () => {
    await using chain = await startTokenChain('ethereum', 1);
    const payer = await chain.newAccount(5n * GLM, true);
    const declined = Object.assign(new Error('User rejected.'), { code: 4001 });
    const decliner = signingBy(payer, (_request, action) => Promise.reject(toChainError(declined, action)));
    await expect(fundSession(chain.reader, decliner, await authorization(chain))).rejects.toEqual(
      refusal('wallet/user-rejected'),
    );
    expect(await chain.reader.client.getTransactionCount({ address: payer.address })).toBe(0);
  });

  it('understands a token that gives its reasons in words', async () => {
    await using chain = await startTokenChain('ethereum', 1);
    const payer = await chain.newAccount(5n, true);
    const { pool, token } = chain.config;
    const tokenCall = { address: token, abi: TOKEN_ABI, action: 'send' } as const;
    const sending = { ...tokenCall, functionName: 'transfer', args: [pool, 6n] } as const;
    await expect(transact(chain.reader, payer, sending)).rejects.toEqual(refusal('wallet/not-enough-tokens'));
    const depositing = {
      address: pool,
      abi: POOL_ABI,
      functionName: 'deposit',
      args: [payer.address, 1n],
      action: 'deposit',
    } as const;
    // Through the pool, which passes the token's words on.
    await expect(transact(chain.reader, payer, depositing)).rejects.toEqual(refusal('wallet/not-approved'));
  });

  it('sends no approval for a deposit that the pool refuses anyway', async () => {
    await using chain = await startTokenChain('ethereum', 1);
    const payer = await chain.newAccount(2_000_000n * GLM, true);
    const tooMuch = await authorization(chain, { deposit: 1_500_000n * GLM });
    await expect(fundSession(chain.reader, payer, tooMuch)).rejects.toEqual(
      refusal('wallet/deposit-ceiling'),
    );
    expect(await chain.reader.client.getTransactionCount({ address: payer.address })).toBe(0);
  });
});
