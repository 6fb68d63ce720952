import { type Hex, toFunctionSelector } from 'viem';
import { describe, expect, it } from 'vitest';
import { startTokenChain } from '../../../contracts/token-chain.ts';
import { hasCode } from '../../base/errors.ts';
import { GLM } from '../../payment/costs/price.ts';
import { TOKEN_ABI } from '../chain/chain.ts';
import { fundBySignature, type SignedAuthorization } from './fund-by-signature.ts';
import { fundingSender } from './send-funding.ts';
import { fundingCalls, type FundingSender, type SignedFunding } from './signed-funding.ts';
import { PERMIT_ABI } from '../token/token-abi.ts';
import { transact } from '../chain/transact.ts';
import { authorization, keyOf, listening, refusal } from './funding.fixture.node.ts';

describe('what goes wrong in funding by signature', () => {
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
});
