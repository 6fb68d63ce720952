import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalChain, startLocalChain } from '../../../contracts/local-chain.ts';
import { systemClock } from '../../base/time.ts';
import { plainAddress } from '../../payment/voucher/voucher.ts';
import type { Address } from '../../protocol/primitives.ts';
import { POOL_ABI } from '../chain/chain.ts';
import { drawFromFaucet } from '../chain/faucet.ts';
import { PoolReader } from './pool-reader.ts';
import { readGasPrices } from '../chain/gas-prices.ts';
import { openSession, type SessionKey } from '../session/session-key.ts';
import { transact } from '../chain/transact.ts';

const DAY_MS = 86_400_000;
const PAYEE: Address = `0x${'a1'.repeat(20)}`;
const OTHER: Address = `0x${'b2'.repeat(20)}`;

describe('what a provider reads of a payer', () => {
  let chain: LocalChain;
  let session: SessionKey;
  /** A second node: passes everything on to the first, and may change the answers. */
  let server: Server;
  let lie: (answer: string, request: string) => string;
  let secondRpcUrl: string;

  beforeAll(async () => {
    chain = await startLocalChain();
    server = createServer((request, response) => {
      void (async () => {
        let body = '';
        for await (const part of request) body += String(part);
        const headers = { 'content-type': 'application/json' };
        const answer = await fetch(chain.config.rpcUrl, { method: 'POST', headers, body });
        response.setHeader('content-type', 'application/json').end(lie(await answer.text(), body));
      })();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    secondRpcUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { wallet, sessions } = await chain.newWallet();
    await drawFromFaucet(chain.reader, wallet);
    session = await openSession(chain.reader, wallet, sessions, {
      cap: 100n,
      expiresAtMs: Date.now() + DAY_MS,
    });
    const until = Date.now() + DAY_MS / 2;
    await transact(chain.reader, wallet, {
      address: chain.config.pool,
      abi: POOL_ABI,
      functionName: 'reserve',
      args: [plainAddress(session.terms.sessionKey), [PAYEE], [30n], Math.floor(until / 1_000)],
      action: 'set collateral aside',
    });
  }, 30_000);
  afterAll(async () => {
    server.close();
    await chain[Symbol.asyncDispose]();
  });

  const reader = () => new PoolReader({ ...chain.config, secondRpcUrl }, systemClock);

  it('tells its own collateral from that of others', async () => {
    const common = { free: 70n, cap: 100n, spent: 30n, redeemed: 0n, highestIssued: 0n, claimed: 0n };
    expect(await chain.reader.payerView(session.terms, PAYEE)).toMatchObject({ ...common, collateral: 30n });
    expect(await chain.reader.payerView(session.terms, OTHER)).toMatchObject({ ...common, collateral: 0n });
  });

  it('is believed when two nodes say the same', async () => {
    lie = (answer) => answer;
    const { readAtMs: _, ...view } = await reader().payerView(session.terms, PAYEE);
    const { readAtMs: __, ...alone } = await chain.reader.payerView(session.terms, PAYEE);
    expect(view).toEqual(alone);
  });

  it('is refused when one of them lies, naming what differs', async () => {
    // 70 free of 100 become 86: the first word of the answer is the balance.
    lie = (answer, request) =>
      request.includes('eth_call') ? answer.replace(/0x0{62}64/, `0x${'0'.repeat(62)}74`) : answer;
    await expect(reader().payerView(session.terms, PAYEE)).rejects.toMatchObject({
      code: 'wallet/nodes-disagree',
      message: expect.stringMatching(/differ in free/) as string,
    });
  });

  it('is refused when one of them is stuck', async () => {
    lie = (answer, request) =>
      request.includes('eth_blockNumber') ? answer.replace(/"0x[0-9a-f]+"/, '"0xffff"') : answer;
    await expect(reader().payerView(session.terms, PAYEE)).rejects.toMatchObject({
      code: 'wallet/nodes-disagree',
      message: expect.stringMatching(/blocks behind/) as string,
    });
  });

  it('comes with what gas costs in the token, by the configured worth of a coin', async () => {
    const config = { ...chain.config, tokensPerCoin: 0.5 };
    const prices = await readGasPrices(new PoolReader(config, systemClock));
    expect(prices.tokensPerCoin).toBe(5n * 10n ** 17n);
    expect(prices.weiPerGas).toBe(await chain.reader.client.getGasPrice());
    expect((await readGasPrices(chain.reader)).tokensPerCoin).toBe(10_000n * 10n ** 18n);
  });
});
