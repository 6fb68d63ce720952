import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { generatePrivateKey, privateKeyToAccount, privateKeyToAddress } from 'viem/accounts';
import { fromHex } from '../../src/base/bytes.ts';
import { orderTypedData, type PayoutOrder } from '../../src/payment/voucher/orders.ts';
import { GLM } from '../../src/payment/costs/price.ts';
import { signVoucher } from '../../src/payment/voucher/voucher.ts';
import { encode } from '../../src/protocol/codec.ts';
import { MAX_HANDED_VOUCHERS } from '../../src/protocol/constants.ts';
import { dialerChannel } from '../../src/protocol/channel.ts';
import type { Address } from '../../src/protocol/primitives.ts';
import { type HandOver, REDEEM, type RedeemAnswer } from '../../src/protocol/redeem.ts';
import type { SignedVoucher } from '../../src/protocol/work.ts';
import type { RelayProcess } from '../relay-process.ts';
import { startRelay } from '../relay.ts';
import { type Payer, type RedeemWorld, startRedeemWorld } from './redeem-world.node.ts';

/* What strangers may try at a redeeming relay, and what a payee has to pay where it asks for a fee. */

let world: RedeemWorld;
let payer: Payer;

beforeAll(async () => {
  world = await startRedeemWorld();
  payer = await world.newPayer(900n * GLM);
});

afterAll(() => world?.[Symbol.asyncDispose]());

const newPayee = (): Address => privateKeyToAddress(generatePrivateKey());

/** Sends one hand-over as it is; the relay's answer. */
async function give(relay: RelayProcess, body: Partial<HandOver>): Promise<RedeemAnswer> {
  const stream = await world.open(relay);
  const channel = dialerChannel(REDEEM, stream);
  const { id: chainId, pool } = world.chain.config;
  await channel.send({ type: 'hand-over', id: 7, chainId, pool, vouchers: [], ...body });
  for await (const answer of channel.messages) {
    await channel.close();
    return answer;
  }
  throw new Error('no answer');
}

async function codeOf(relay: RelayProcess, body: Partial<HandOver>): Promise<string | undefined> {
  const answer = await give(relay, body);
  if (answer.type === 'refused') return answer.code;
  return answer.type === 'accepted' ? (answer.entries[0]!.code ?? answer.entries[0]!.outcome) : answer.type;
}

describe('where the operator pays', () => {
  let relay: RelayProcess;
  beforeAll(async () => {
    relay = await world.start(['--redeem-every', '600', '--redeem-worth', '1']);
  });
  afterAll(() => relay?.kill());

  test.each<[string, string, (voucher: SignedVoucher) => Promise<Partial<HandOver>>]>([
    [
      'redeem/unknown-key',
      'a signature of somebody else',
      async (voucher) => {
        const { id: chainId, pool } = world.chain.config;
        return {
          vouchers: [{ voucher: await signVoucher({ chainId, pool }, voucher, generatePrivateKey()) }],
        };
      },
    ],
    [
      'redeem/unknown-key',
      'an amount that was not signed',
      async (voucher) => ({ vouchers: [{ voucher: { ...voucher, amount: voucher.amount + 1n } }] }),
    ],
    [
      'payment/bad-signature',
      'no signature at all',
      async (voucher) => ({ vouchers: [{ voucher: { ...voucher, signature: new Uint8Array(65) } }] }),
    ],
    [
      'redeem/unknown-key',
      'a payer who never deposited',
      async (voucher) => ({ vouchers: [{ voucher: { ...voucher, payer: newPayee() } }] }),
    ],
    [
      'redeem/wrong-pool',
      'an unknown pool',
      async (voucher) => ({ pool: newPayee(), vouchers: [{ voucher }] }),
    ],
    ['redeem/wrong-pool', 'another chain', async (voucher) => ({ chainId: 1, vouchers: [{ voucher }] })],
    [
      'redeem/mixed-payees',
      'two payees in one hand-over',
      async (voucher) => ({
        vouchers: [{ voucher }, { voucher: await payer.pay(newPayee(), GLM) }],
      }),
    ],
    [
      'redeem/bad-proof',
      'a proof of collateral that there is not',
      async (voucher) => ({
        vouchers: [{ voucher, proof: { root: new Uint8Array(32).fill(1), limit: 5n, siblings: [] } }],
      }),
    ],
    [
      'redeem/no-fee-here',
      'a payout that nobody asked for',
      async (voucher) => ({
        vouchers: [{ voucher }],
        payout: {
          payee: voucher.payee,
          to: voucher.payee,
          amount: 1n,
          fee: 1n,
          nonce: 0n,
          deadline: 1,
          signature: new Uint8Array(65),
        },
      }),
    ],
  ])('is %s: %s', async (code, _, body) => {
    const voucher = await payer.pay(newPayee(), 5n * GLM);
    expect(await codeOf(relay, await body(voucher))).toBe(code);
    expect((await world.metrics(relay)).get(`refused_total{code="${code}"}`)).toMatch(/^\d+$/);
    expect((await world.metrics(relay)).get('queued_vouchers')).toBe('0');
  });

  test('vouchers that are not worth their gas are sent back', async () => {
    expect(await codeOf(relay, { vouchers: [{ voucher: await payer.pay(newPayee(), 5n) }] })).toBe(
      'redeem/too-little',
    );
  });

  test('one bad voucher does not keep the good ones out, and a replay changes nothing', async () => {
    const payee = newPayee();
    const good = await payer.pay(payee, 50n * GLM);
    const bad = { ...good, issued: good.issued + 1n };
    const outcomes = async () => {
      const answer = await give(relay, { vouchers: [{ voucher: bad }, { voucher: good }] });
      return answer.type === 'accepted' ? answer.entries : answer;
    };
    const refused = { outcome: 'refused', code: 'redeem/unknown-key' };
    expect(await outcomes()).toEqual([refused, { outcome: 'queued' }]);
    expect(await outcomes()).toEqual([refused, { outcome: 'known' }]);
    expect(await readdir(join(world.folder, 'queue', 'payees'))).toEqual([`${payee.toLowerCase()}.payee`]);
  });

  test('too many vouchers, too large a frame, or no frame of this protocol end the stream', async () => {
    const voucher = await payer.pay(newPayee(), GLM);
    const body = (count: number) => ({
      type: 'hand-over',
      id: 1,
      chainId: world.chain.config.id,
      pool: world.chain.config.pool,
      vouchers: new Array(count).fill({ voucher }),
    });
    for (const frame of [
      encode(body(MAX_HANDED_VOUCHERS + 1)),
      encode({ ...body(0), padding: new Uint8Array(REDEEM.maxFrameBytes) }),
      encode({ type: 'redeem-everything', id: 1 }),
      new Uint8Array([0xff, 0x00]),
    ]) {
      const stream = await world.open(relay);
      const ending = (async () => {
        await stream.send(frame);
        for await (const answer of stream.frames) return answer;
        return 'ended';
      })();
      expect(await ending.catch(() => 'aborted')).not.toBeInstanceOf(Uint8Array);
    }
    expect((await world.metrics(relay)).get('refused_total{code="protocol/invalid"}')).toBe('2');
  });

  test('a peer that has too much checked is told to wait', async () => {
    const payee = newPayee();
    const voucher = { ...(await payer.pay(payee, GLM)), signature: new Uint8Array(65) };
    const vouchers = new Array(MAX_HANDED_VOUCHERS).fill({ voucher });
    const stream = await world.open(relay);
    const channel = dialerChannel(REDEEM, stream);
    const { id: chainId, pool } = world.chain.config;
    for (let id = 0; id < 4; id++) await channel.send({ type: 'hand-over', id, chainId, pool, vouchers });
    const codes: (string | undefined)[] = [];
    for await (const answer of channel.messages) {
      codes.push(answer.type === 'refused' ? answer.code : answer.type);
      if (codes.length === 4) break;
    }
    expect(codes).toContain('redeem/busy');
  });
});

describe('where the payee pays', () => {
  let relay: RelayProcess;
  const FEE = GLM / 2n;
  beforeAll(async () => {
    relay = await world.start(['--redeem-fee', '0.5', '--redeem-folder', join(world.folder, 'fees')]);
  });
  afterAll(() => relay?.kill());

  test('a payee without a coin gets its money less the fee, again and again', async () => {
    const { wallet } = await world.chain.newWallet();
    const payee = wallet.address;
    const before = await world.chain.reader.tokenBalance(world.account);
    let earned = 0n;
    for (const amount of [60n * GLM, 40n * GLM]) {
      const held = await world.chain.reader.tokenBalance(payee);
      const voucher = await payer.pay(payee, amount);
      const handed = await world.client(relay).handOver([{ voucher }], wallet);
      expect(handed.map(({ outcome, code }) => code ?? outcome)).toEqual(['queued']);
      const left = { timeout: 20_000, interval: 100 };
      await expect.poll(() => world.chain.reader.tokenBalance(payee), left).toBe(held + amount - 2n * FEE);
      await expect.poll(async () => (await world.metrics(relay)).get('queued_payees'), left).toBe('0');
      earned += 2n * FEE;
    }
    expect(await world.chain.reader.nativeBalance(payee)).toBe(0n);
    expect((await world.chain.reader.tokenBalance(world.account)) - before).toBe(earned);
    expect((await world.metrics(relay)).get('fee_tokens_total')).toBe(`${earned}`);
  });

  test('the fee follows the gas', async () => {
    const cheap = await world.start([
      '--redeem-fee',
      '0.000001',
      '--redeem-folder',
      join(world.folder, 'cheap'),
    ]);
    try {
      const { fee, minimum } = await world.client(cheap).terms();
      expect(fee).toBe(2n * minimum);
      expect(fee).toBeGreaterThan(GLM / 1_000_000n);
    } finally {
      await cheap.kill();
    }
  });

  test('the payee does not sign for more than a tenth, nor for another payee', async () => {
    const { wallet } = await world.chain.newWallet();
    const client = world.client(relay);
    const dear = await payer.pay(wallet.address, 9n * GLM);
    expect(await client.handOver([{ voucher: dear }], wallet)).toMatchObject([
      { outcome: 'kept', code: 'wallet/fee-too-high' },
    ]);
    const foreign = await payer.pay(newPayee(), 90n * GLM);
    expect(await client.handOver([{ voucher: foreign }], wallet)).toMatchObject([
      { outcome: 'kept', code: 'wallet/not-the-payee' },
    ]);
  });

  describe('a payout', () => {
    const owner = privateKeyToAccount(generatePrivateKey());
    let voucher: SignedVoucher;
    beforeAll(async () => {
      voucher = await payer.pay(owner.address, 30n * GLM);
    });

    async function payout(change: Partial<PayoutOrder>, signer = owner) {
      const { id: chainId, pool } = world.chain.config;
      const payee = owner.address;
      const deadline = Math.floor(Date.now() / 1_000) + 86_400;
      const order = { payee, to: payee, amount: 30n * GLM, fee: 2n * FEE, nonce: 0n, deadline, ...change };
      const signature = fromHex(
        await signer.signTypedData(orderTypedData({ chainId, pool }, 'Payout', order)),
      );
      return { vouchers: [{ voucher }], payout: { ...order, signature } };
    }

    test.each<[string, string, () => Promise<Partial<HandOver>>]>([
      ['redeem/fee-required', 'that is missing', async () => ({ vouchers: [{ voucher }] })],
      ['redeem/fee-required', 'with too small a fee', () => payout({ fee: 2n * FEE - 1n })],
      [
        'redeem/bad-payout',
        'signed by a stranger',
        () => payout({}, privateKeyToAccount(generatePrivateKey())),
      ],
      ['redeem/bad-payout', 'with a nonce too high', () => payout({ nonce: 1n })],
      [
        'redeem/bad-payout',
        'that ends too soon',
        () => payout({ deadline: Math.floor(Date.now() / 1_000) + 60 }),
      ],
      ['redeem/payout-fails', 'of more than the vouchers pay', () => payout({ amount: 31n * GLM })],
      ['redeem/mixed-payees', 'of somebody else', () => payout({ payee: newPayee() })],
    ])('is %s when it is one %s', async (code, _, body) => {
      expect(await codeOf(relay, await body())).toBe(code);
      expect((await world.metrics(relay)).get('queued_payees')).toBe('0');
    });
  });
});

describe('a relay does not start redeeming', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kiln-redeem-config-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const KEY = generatePrivateKey();
  async function start(change: object, secrets: object = { KILN_REDEEM_KEY: KEY }): Promise<unknown> {
    const networkFile = join(folder, 'network.json');
    await writeFile(networkFile, JSON.stringify({ chain: { ...world.chain.config, ...change } }));
    return startRelay({ redeem: { networkFile, folder } }, secrets).then(
      (relay) => relay.stop(),
      (error: unknown) => error,
    );
  }

  test.each<[string, object]>([
    ['relay/wrong-chain', { id: 137 }],
    ['wallet/wrong-pool', { token: `0x${'11'.repeat(20)}` }],
    ['wallet/chain-error', { pool: `0x${'11'.repeat(20)}` }],
    ['wallet/chain-unreachable', { rpcUrl: 'http://127.0.0.1:1' }],
    ['relay/bad-redeem-network', { pool: 'nowhere' }],
  ])('%s', async (code, change) => {
    expect(await start(change)).toMatchObject({ code });
  });

  test('and never shows the address of its node, which may carry a key', async () => {
    const secret = 'hidden-path-of-the-node';
    const error = await start({}, { KILN_REDEEM_KEY: KEY, KILN_REDEEM_RPC: `http://127.0.0.1:1/${secret}` });
    expect(error).toMatchObject({ code: 'wallet/chain-unreachable' });
    expect(JSON.stringify(error) + String(error)).not.toContain(secret);
  });

  test('without a key, and shows nothing of a damaged one', async () => {
    expect(await start({}, {})).toMatchObject({ code: 'relay/bad-redeem-key' });
    const damaged = KEY.slice(0, -1);
    const error = await start({}, { KILN_REDEEM_KEY: damaged });
    expect(error).toMatchObject({ code: 'relay/bad-redeem-key' });
    expect(JSON.stringify(error) + String((error as Error).stack)).not.toContain(damaged.slice(4, 20));
  });
});
