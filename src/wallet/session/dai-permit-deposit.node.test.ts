import { parseEventLogs } from 'viem';
import { describe, expect, it } from 'vitest';
import { startTokenChain } from '../../../contracts/token-chain.ts';
import { GLM } from '../../payment/costs/price.ts';
import type { TypedDataRequest, WalletAccount } from '../account/account.ts';
import { toChainError } from '../chain/chain-error.ts';
import { POOL_ABI, TOKEN_ABI } from '../chain/chain.ts';
import { fundSession } from './fund-session.ts';
import { transact } from '../chain/transact.ts';
import { allowance, authorization, refusal } from './funding.fixture.node.ts';

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
