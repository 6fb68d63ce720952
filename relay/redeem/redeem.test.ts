import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { generatePrivateKey, privateKeyToAddress } from 'viem/accounts';
import { systemClock } from '../../src/base/time.ts';
import { RedeemWatch } from '../../src/kiln/wallet/redemption/redeem-watch.ts';
import { relayRedemption } from '../../src/kiln/wallet/redemption/relay-redemption.ts';
import { buildSumTree, type SumProof } from '../../src/payment/cover/sum-tree.ts';
import { GLM } from '../../src/payment/costs/price.ts';
import { type Address, isSameAddress } from '../../src/protocol/primitives.ts';
import { allocate, allocateOrder } from '../../src/wallet/pool/collateral.ts';
import { PoolReader } from '../../src/wallet/pool/pool-reader.ts';
import { redeem } from '../../src/wallet/voucher/redeem.ts';
import type { RelayProcess } from '../relay-process.ts';
import { type RedeemWorld, startRedeemWorld } from './redeem-world.node.ts';

/* What a redeeming relay does for payees: real chain, real relay process, kill -9 in between. */

let world: RedeemWorld;
let relay: RelayProcess | undefined;

beforeAll(async () => {
  world = await startRedeemWorld();
});

afterEach(async () => {
  await world.anvil('evm_setAutomine', [true]);
  await relay?.kill();
  relay = undefined;
});

afterAll(() => world?.[Symbol.asyncDispose]());

const SOON = { timeout: 20_000, interval: 100 };
/** Far enough off that nothing is sent before the test kills the process. */
const LATER = ['--redeem-every', '600'];
const GENEROUS = ['--redeem-worth', '1'];

/** Somebody without a coin. */
function newPayee(): Address {
  return privateKeyToAddress(generatePrivateKey());
}

function balance(payee: Address): Promise<bigint> {
  return world.chain.reader.tokenBalance(payee);
}

function sent(blockTag: 'latest' | 'pending' = 'latest'): Promise<number> {
  return world.chain.reader.client.getTransactionCount({ address: world.account, blockTag });
}

async function queued(): Promise<string | undefined> {
  return (await world.metrics(relay!)).get('queued_vouchers');
}

/** Restarts it as after a crash. */
async function crash(flags: readonly string[] = []): Promise<void> {
  await relay?.kill();
  relay = await world.start(flags);
}

test('vouchers of many payers and payees are redeemed together, and forgotten', async () => {
  const payers = [await world.newPayer(100n * GLM), await world.newPayer(100n * GLM)];
  const payees = [newPayee(), newPayee(), newPayee()];
  const before = await sent();
  relay = await world.start([...LATER, ...GENEROUS]);
  const client = world.client(relay);
  expect(await client.terms()).toMatchObject({ fee: 0n });
  for (const payee of payees) {
    const vouchers = [await payers[0]!.pay(payee, 20n * GLM), await payers[1]!.pay(payee, 10n * GLM)];
    const handed = await client.handOver(vouchers.map((voucher) => ({ voucher })));
    expect(handed.map(({ outcome }) => outcome)).toEqual(['queued', 'queued']);
  }
  expect((await world.metrics(relay)).get('accepted_total')).toBe('6');
  await crash(GENEROUS);
  for (const payee of payees) await expect.poll(() => balance(payee), SOON).toBe(30n * GLM);
  await expect.poll(queued, SOON).toBe('0');
  const metrics = await world.metrics(relay);
  expect(metrics.get('redeemed_tokens_total')).toBe(`${90n * GLM}`);
  expect(metrics.get('transactions_total')).toBe('1');
  expect(Number(metrics.get('gas_wei_total'))).toBeGreaterThan(0);
  expect((await sent()) - before).toBe(1);
});

test('what was accepted survives kill -9, and the newest voucher wins', async () => {
  const payer = await world.newPayer(100n * GLM);
  const payee = newPayee();
  relay = await world.start([...LATER, ...GENEROUS]);
  const client = world.client(relay);
  const [older, newer] = [await payer.pay(payee, 50n * GLM), await payer.pay(payee, 40n * GLM)];
  const hand = async (voucher: typeof older) => (await client.handOver([{ voucher }]))[0]!.outcome;
  expect(await hand(older)).toBe('queued');
  expect(await hand(newer)).toBe('queued');
  expect(await hand(newer)).toBe('known');
  expect(await hand(older)).toBe('known');
  expect(await queued()).toBe('1');
  await crash(GENEROUS);
  await expect.poll(() => balance(payee), SOON).toBe(90n * GLM);
  await expect.poll(queued, SOON).toBe('0');
});

test('killed amid hand-overs, it has every voucher that it answered for', async () => {
  const payer = await world.newPayer(100n * GLM);
  relay = await world.start([...LATER, ...GENEROUS]);
  const client = world.client(relay);
  const answered: Address[] = [];
  const payees = Array.from({ length: 12 }, newPayee);
  const vouchers = await Promise.all(payees.map((payee) => payer.pay(payee, 5n * GLM)));
  const first = Promise.withResolvers<void>();
  const handing = (async () => {
    for (const [i, voucher] of vouchers.entries()) {
      const [handed] = await client.handOver([{ voucher }]);
      if (handed!.outcome === 'queued') answered.push(payees[i]!);
      if (i === 2) first.resolve();
    }
  })().catch(() => {});
  await first.promise;
  await relay.kill();
  await handing;
  expect(answered.length).toBeGreaterThan(2);
  relay = await world.start(GENEROUS);
  for (const payee of answered) await expect.poll(() => balance(payee), SOON).toBe(5n * GLM);
});

test.each(['kept', 'lost'])(
  'a transaction on its way is carried out once: the node has %s it',
  async (fate) => {
    const payer = await world.newPayer(100n * GLM);
    const payee = newPayee();
    const before = await sent();
    relay = await world.start(GENEROUS);
    await world.anvil('evm_setAutomine', [false]);
    await world.client(relay).handOver([{ voucher: await payer.pay(payee, 60n * GLM) }]);
    await expect.poll(() => sent('pending'), SOON).toBe(before + 1);
    await relay.kill();
    if (fate === 'lost') {
      await world.anvil('anvil_dropAllTransactions', []);
      expect(await sent('pending')).toBe(before);
    }
    relay = await world.start(GENEROUS);
    await expect.poll(() => sent('pending'), SOON).toBe(before + 1);
    await world.anvil('evm_setAutomine', [true]);
    await world.anvil('evm_mine', []);
    await expect.poll(queued, SOON).toBe('0');
    expect(await balance(payee)).toBe(60n * GLM);
    expect(await sent()).toBe(before + 1);
    expect((await world.metrics(relay)).get('transactions_total')).toBe('1');
  },
);

test('a nonce that somebody else used is noticed, told, and got over', async () => {
  const payer = await world.newPayer(100n * GLM);
  const payee = newPayee();
  const before = await sent();
  const flags = [...GENEROUS, '--redeem-patience', '2'];
  relay = await world.start(flags);
  await world.anvil('evm_setAutomine', [false]);
  await world.client(relay).handOver([{ voucher: await payer.pay(payee, 60n * GLM) }]);
  await expect.poll(() => sent('pending'), SOON).toBe(before + 1);
  await relay.kill();
  await world.anvil('anvil_dropAllTransactions', []);
  await world.anvil('evm_setAutomine', [true]);
  await world.anvil('anvil_impersonateAccount', [world.account]);
  await world.anvil('eth_sendTransaction', [{ from: world.account, to: newPayee(), value: '0x1' }]);
  expect(await sent()).toBe(before + 1);
  relay = await world.start(flags);
  await expect.poll(() => balance(payee), SOON).toBe(60n * GLM);
  const metrics = await world.metrics(relay);
  expect([...metrics.keys()]).toContain('last_error_seconds{code="redeem/key-in-use"}');
  expect(await sent()).toBe(before + 2);
});

test('nothing is sent for a voucher that pays nothing any more', async () => {
  const payer = await world.newPayer(100n * GLM);
  const payee = newPayee();
  const voucher = await payer.pay(payee, 60n * GLM);
  relay = await world.start([...LATER, ...GENEROUS]);
  await world.client(relay).handOver([{ voucher }]);
  const { wallet } = await world.chain.newWallet();
  await redeem(world.chain.reader, wallet, [voucher]);
  const before = await sent();
  await crash(GENEROUS);
  await expect.poll(queued, SOON).toBe('0');
  expect((await world.metrics(relay!)).get('forgotten_total')).toBe('1');
  expect(await sent('pending')).toBe(before);
});

test('what is covered in part is paid in part, and the rest after a top-up', async () => {
  const payer = await world.newPayer(100n * GLM, 40n * GLM);
  const payee = newPayee();
  relay = await world.start(GENEROUS);
  await world.client(relay).handOver([{ voucher: await payer.pay(payee, 90n * GLM) }]);
  await expect.poll(() => balance(payee), SOON).toBe(40n * GLM);
  await expect.poll(async () => (await world.metrics(relay!)).get('transactions_total'), SOON).toBe('1');
  expect(await queued()).toBe('1');
  await payer.topUp(50n * GLM);
  await crash(GENEROUS);
  await expect.poll(() => balance(payee), SOON).toBe(90n * GLM);
});

test('collateral of an allocation is drawn on with its proof, when all else is gone', async () => {
  const payer = await world.newPayer(100n * GLM);
  const { reader } = world.chain;
  const [payee, accomplice] = [newPayee(), newPayee()];
  const tree = buildSumTree([
    { payee, limit: 60n * GLM },
    { payee: newPayee(), limit: 5n * GLM },
  ]);
  const order = allocateOrder(payer.wallet.address, tree, (await world.nowMs()) + 3_600_000);
  await allocate(reader, payer.wallet, order, { signer: payer.session.terms.sessionKey as Address });
  await redeem(reader, payer.wallet, [await payer.pay(accomplice, 35n * GLM)]);
  const voucher = await payer.pay(payee, 60n * GLM);
  relay = await world.start(GENEROUS);
  const client = world.client(relay);
  const hand = async (proof?: SumProof) =>
    (await client.handOver([proof === undefined ? { voucher } : { voucher, proof }]))[0]!;
  expect(await hand()).toMatchObject({ outcome: 'kept', code: 'redeem/not-covered' });
  expect(await hand(tree.proofOf(payee))).toMatchObject({ outcome: 'queued' });
  await expect.poll(() => balance(payee), SOON).toBe(60n * GLM);
});

test('a wallet without native coin lets the relay of the network redeem', async () => {
  const payer = await world.newPayer(100n * GLM);
  const config = { ...world.chain.config, hasFaucet: false };
  const reader = new PoolReader(config, systemClock);
  const { wallet } = await world.chain.newWallet();
  const voucher = await payer.pay(wallet.address, 60n * GLM);
  relay = await world.start(GENEROUS);
  const handOver = relayRedemption(relay.multiaddrs[0]!, {
    network: await world.network(relay),
    reader,
    vouchers: async () => [
      { terms: payer.session.terms, payee: wallet.address, voucher, receivedAtMs: Date.now() },
    ],
    account: () => wallet,
  });
  const watch = new RedeemWatch(
    {
      redeem: () => redeem(reader, wallet, [voucher]),
      refresh: async () => {},
      isRedemptionDue: async () => false,
    },
    systemClock,
    handOver,
  );
  watch.urgent();
  await expect.poll(() => balance(wallet.address), SOON).toBe(60n * GLM);
  watch.stop();
  expect(await reader.nativeBalance(wallet.address)).toBe(0n);
  await expect(handOver()).rejects.toMatchObject({
    code: 'wallet/relay-refused',
    data: { code: 'redeem/nothing-owed' },
  });
});

test('gas beyond the ceiling is not paid, and the vouchers wait', async () => {
  const payer = await world.newPayer(100n * GLM);
  const payee = newPayee();
  const before = await sent();
  relay = await world.start([...GENEROUS, '--redeem-max-gwei', '0.000001']);
  await world.client(relay).handOver([{ voucher: await payer.pay(payee, 60n * GLM) }]);
  const failure = async () =>
    [...(await world.metrics(relay!)).keys()].find((key) => key.startsWith('last_'));
  await expect.poll(failure, SOON).toBe('last_error_seconds{code="redeem/gas-too-dear"}');
  expect(await sent('pending')).toBe(before);
  await crash([...GENEROUS, '--redeem-coins-per-day', '0.000000000001']);
  await expect.poll(failure, SOON).toBe('last_error_seconds{code="redeem/budget-spent"}');
  expect(await sent('pending')).toBe(before);
  expect(await queued()).toBe('1');
  await crash(GENEROUS);
  await expect.poll(() => balance(payee), SOON).toBe(60n * GLM);
});

test('a stuck transaction is sent again with a higher fee, same nonce', async () => {
  const payer = await world.newPayer(100n * GLM);
  const payee = newPayee();
  const before = await sent();
  relay = await world.start([...GENEROUS, '--redeem-patience', '2']);
  await world.anvil('evm_setAutomine', [false]);
  await world.client(relay).handOver([{ voucher: await payer.pay(payee, 60n * GLM) }]);
  const fees = async () => {
    const { pending } = (await world.anvil('txpool_content', [])) as {
      pending: Record<string, Record<string, { maxFeePerGas: string }>>;
    };
    const mine = Object.entries(pending).find(([from]) => isSameAddress(from, world.account));
    return Object.entries(mine?.[1] ?? {}).map(([nonce, { maxFeePerGas }]) => [
      Number(nonce),
      Number(maxFeePerGas),
    ]);
  };
  await expect.poll(async () => (await fees()).length, SOON).toBe(1);
  const [[nonce, first]] = (await fees()) as [[number, number]];
  expect(nonce).toBe(before);
  await expect.poll(async () => (await fees())[0]?.[1], SOON).toBeGreaterThan(first * 1.1);
  expect(await fees()).toHaveLength(1);
  await world.anvil('evm_setAutomine', [true]);
  await world.anvil('evm_mine', []);
  await expect.poll(queued, SOON).toBe('0');
  expect([await balance(payee), await sent()]).toEqual([60n * GLM, before + 1]);
});
