import { recoverTypedDataAddress } from 'viem';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hasCode } from '../../base/errors.ts';
import { orderTypedData } from '../../payment/voucher/orders.ts';
import { GLM } from '../../payment/costs/price.ts';
import type { Address } from '../../protocol/primitives.ts';
import { drawFromFaucet } from '../chain/faucet.ts';
import { fundSession } from '../session/fund-session.ts';
import { connectInjected, type Eip1193 } from './injected-account.ts';
import { type LocalChain, memoryCollection, startLocalChain } from '../../../contracts/local-chain.ts';
import { deposit } from '../pool/pool-writer.ts';
import { openKeySealer } from './sealed-key.ts';
import { openSession, type SessionRecord } from '../session/session-key.ts';

/** anvil's second unlocked account: it signs `eth_sendTransaction` itself, as an extension does. */
const UNLOCKED = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8';

/** What a person does in the wallet's window. */
interface Person {
  chainId: number;
  knowsChain: boolean;
  rejects: Set<string>;
  accounts: string[];
  /** Methods passed on to the chain. */
  asked: string[];
  /** EIP-5792's word for "can send calls together"; absent when the wallet does not know the question. */
  atomic?: string;
  /** What it answers instead of a signature. */
  signs?: unknown;
}

/** An EIP-1193 wallet whose signing and sending is the chain's own. */
function walletOn(chain: LocalChain, person: Person): Eip1193 {
  const forward = chain.reader.client.request as unknown as Eip1193['request'];
  const sendEach = async ({ from, calls }: { from: string; calls: object[] }) => {
    let hash: unknown;
    for (const one of calls)
      hash = await forward({ method: 'eth_sendTransaction', params: [{ from, ...one }] });
    return hash;
  };
  return {
    async request(call) {
      if (person.rejects.has(call.method)) throw Object.assign(new Error('User rejected.'), { code: 4001 });
      switch (call.method) {
        case 'eth_requestAccounts':
        case 'eth_accounts':
          return person.accounts;
        case 'eth_chainId':
          return `0x${person.chainId.toString(16)}`;
        case 'wallet_switchEthereumChain':
          if (!person.knowsChain) throw Object.assign(new Error('Unknown chain.'), { code: 4902 });
          person.chainId = chain.config.id;
          return null;
        case 'wallet_addEthereumChain':
          person.knowsChain = true;
          person.chainId = chain.config.id;
          return null;
        case 'wallet_getCapabilities':
          if (person.atomic === undefined)
            throw Object.assign(new Error('Unknown method.'), { code: -32601 });
          return { [`0x${person.chainId.toString(16)}`]: { atomic: { status: person.atomic } } };
        case 'wallet_sendCalls':
          return { id: await sendEach(call.params![0] as { from: string; calls: object[] }) };
        case 'wallet_getCallsStatus': {
          const receipt = await forward({ method: 'eth_getTransactionReceipt', params: [call.params![0]] });
          if (receipt === null) return { status: 100 };
          return { status: 200, receipts: [{ transactionHash: call.params![0] }] };
        }
        default:
          if (call.method === 'eth_signTypedData_v4' && 'signs' in person) return person.signs;
          person.asked.push(call.method);
          return forward(call);
      }
    },
  };
}

describe('an injected wallet', () => {
  let chain: LocalChain;
  let person: Person;
  const connect = () =>
    connectInjected({ name: 'Test wallet', provider: walletOn(chain, person) }, chain.config);
  beforeAll(async () => {
    chain = await startLocalChain();
  }, 30_000);
  afterAll(() => chain[Symbol.asyncDispose]());
  beforeEach(() => {
    person = {
      chainId: chain.config.id,
      knowsChain: true,
      rejects: new Set(),
      accounts: [UNLOCKED],
      asked: [],
    };
  });

  it('funds a session through the real chain', async () => {
    const account = await connect();
    await drawFromFaucet(chain.reader, account);
    const records = memoryCollection<SessionRecord>();
    const sealer = await openKeySealer(memoryCollection<CryptoKey>());
    const budget = { cap: GLM, expiresAtMs: Date.now() + 3_600_000 };
    const session = await openSession(chain.reader, account, { records, sealer }, budget);
    expect(session.terms.payer).toBe(UNLOCKED);
    expect((await chain.reader.deposit(account.address)).balance).toBe(GLM);
  }, 30_000);

  it('signs typed data as a plain key would, and refuses what is no signature', async () => {
    const account = await connect();
    const order = {
      payer: UNLOCKED as Address,
      amount: 2n ** 127n,
      signer: UNLOCKED as Address,
      cap: 3n,
      expiry: 2_000_000_000,
      nonce: 0n,
      deadline: 2_000_000_000,
    };
    const domain = { chainId: chain.config.id, pool: chain.config.pool };
    const request = orderTypedData(domain, 'Deposit', order);
    const signature = await account.signTypedData(request, 'deposit');
    expect(await recoverTypedDataAddress({ ...request, signature })).toBe(UNLOCKED);

    for (const answer of [
      null,
      '0x',
      `0x${'zz'.repeat(65)}`,
      `0x${'11'.repeat(64)}`,
      `0x${'11'.repeat(9_000)}`,
    ]) {
      person.signs = answer;
      await expect(account.signTypedData(request, 'deposit')).rejects.toSatisfy((e) =>
        hasCode(e, 'wallet/bad-answer'),
      );
    }
    person.rejects.add('eth_signTypedData_v4');
    await expect(account.signTypedData(request, 'deposit')).rejects.toSatisfy((e) =>
      hasCode(e, 'wallet/user-rejected'),
    );
    person.accounts = [];
    await expect(account.signTypedData(request, 'deposit')).rejects.toSatisfy((e) =>
      hasCode(e, 'wallet/account-changed'),
    );
  }, 30_000);

  it.each([
    ['supported', 0],
    ['unsupported', 2],
    [undefined, 2],
  ])('asks once for approval and deposit where it can (%s)', async (atomic, transactions) => {
    const account = await connect();
    await drawFromFaucet(chain.reader, account);
    Object.assign(person, { atomic, asked: [] });
    const before = (await chain.reader.deposit(account.address)).balance;
    const signer = `0x${crypto.randomUUID().replaceAll('-', '').padStart(40, '0')}` as const;
    const authorization = { signer, cap: 5n, expiresAtMs: Date.now() + 3_600_000, deposit: 5n };
    const { transaction } = await fundSession(chain.reader, account, authorization);
    expect(transaction).toMatch(/^0x[0-9a-f]{64}$/);
    expect((await chain.reader.deposit(account.address)).balance - before).toBe(5n);
    expect(person.asked.filter((method) => method === 'eth_sendTransaction')).toHaveLength(transactions);
  });

  it('names a declined batch', async () => {
    const account = await connect();
    await drawFromFaucet(chain.reader, account);
    person.atomic = 'ready';
    person.rejects.add('wallet_sendCalls');
    const authorization = {
      signer: UNLOCKED,
      cap: 5n,
      expiresAtMs: Date.now() + 3_600_000,
      deposit: 5n,
    } as const;
    await expect(fundSession(chain.reader, account, authorization)).rejects.toSatisfy((e) =>
      hasCode(e, 'wallet/user-rejected'),
    );
  });

  it('is switched to the chain, which is added where it is unknown', async () => {
    Object.assign(person, { chainId: 1, knowsChain: false });
    const account = await connect();
    expect(account.address).toBe(UNLOCKED);
    expect(await account.status()).toEqual({ kind: 'wrong-chain', chainId: 1 });
    await account.switchChain();
    expect(await account.status()).toEqual({ kind: 'ready' });
    expect(person).toMatchObject({ chainId: chain.config.id, knowsChain: true });
  });

  it.each([
    ['eth_requestAccounts', 'wallet/user-rejected'],
    ['wallet_switchEthereumChain', 'wallet/wrong-chain'],
  ])('names a refusal of %s', async (method, code) => {
    person.chainId = 1;
    person.rejects.add(method);
    const connecting = connect().then((account) => account.switchChain());
    await expect(connecting).rejects.toSatisfy((e) => hasCode(e, code));
  });

  it('names a declined transaction, and sends nothing', async () => {
    const account = await connect();
    person.rejects.add('eth_sendTransaction');
    const before = await chain.reader.tokenBalance(UNLOCKED);
    await expect(drawFromFaucet(chain.reader, account)).rejects.toSatisfy((e) =>
      hasCode(e, 'wallet/user-rejected'),
    );
    expect(await chain.reader.tokenBalance(UNLOCKED)).toBe(before);
  });

  it('refuses to send from an account that the person has left', async () => {
    const account = await connect();
    person.accounts = ['0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC'];
    await expect(drawFromFaucet(chain.reader, account)).rejects.toSatisfy((e) =>
      hasCode(e, 'wallet/account-changed'),
    );
  });

  it('knows when it cannot send', async () => {
    const account = await connect();
    person.accounts = ['0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC'];
    expect(await account.status()).toEqual({ kind: 'other-account', address: person.accounts[0] });
    person.accounts = [];
    expect(await account.status()).toEqual({ kind: 'disconnected' });
    person.accounts = [UNLOCKED];
    person.rejects.add('eth_chainId');
    expect(await account.status()).toEqual({ kind: 'disconnected' });
  });

  it('deposits for jobs to come, asking once where it can', async () => {
    const account = await connect();
    await drawFromFaucet(chain.reader, account);
    const before = (await chain.reader.deposit(UNLOCKED)).balance;
    const steps: string[] = [];
    await deposit(chain.reader, account, 7n, { onStep: (step) => steps.push(step) });
    expect((await chain.reader.deposit(UNLOCKED)).balance - before).toBe(7n);
    expect(steps.map((step) => step.split(' ')[0])).toEqual(['Approving', 'Depositing']);
    Object.assign(person, { atomic: 'ready', asked: [] });
    await deposit(chain.reader, account, 8n);
    expect((await chain.reader.deposit(UNLOCKED)).balance - before).toBe(15n);
    expect(person.asked).not.toContain('eth_sendTransaction');
    const tooMuch = deposit(chain.reader, account, 10n ** 30n);
    await expect(tooMuch).rejects.toSatisfy((e) => hasCode(e, 'wallet/not-enough-tokens'));
  });

  it('names a wallet without an account', async () => {
    person.accounts = [];
    await expect(connect()).rejects.toSatisfy((e) => hasCode(e, 'wallet/no-account'));
  });
});
