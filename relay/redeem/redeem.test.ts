import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { generatePrivateKey, privateKeyToAddress } from 'viem/accounts';
import { GLM } from '../../src/payment/price.ts';
import type { Address } from '../../src/protocol/primitives.ts';
import type { RelayProcess } from '../relay-process.ts';
import { type RedeemWorld, startRedeemWorld } from './redeem-world.node.ts';

/* What a redeeming relay does for payees: real chain, real relay process, kill -9 in between. */

let world: RedeemWorld;
let relay: RelayProcess | undefined;

beforeAll(async () => {
  world = await startRedeemWorld();
});

afterEach(async () => {
  await relay?.kill();
  relay = undefined;
});

afterAll(() => world?.[Symbol.asyncDispose]());

/** Somebody without a coin. */
function newPayee(): Address {
  return privateKeyToAddress(generatePrivateKey());
}

function balance(payee: Address): Promise<bigint> {
  return world.chain.reader.tokenBalance(payee);
}

const SOON = { timeout: 20_000, interval: 100 };

test('vouchers of many payers and payees are redeemed together, and forgotten', async () => {
  const payers = [await world.newPayer(100n * GLM), await world.newPayer(100n * GLM)];
  const payees = [newPayee(), newPayee(), newPayee()];
  const before = await world.chain.reader.client.getTransactionCount({ address: world.account });
  relay = await world.start(['--redeem-every', '3', '--redeem-worth', '1', '--redeem-coins-per-day', '9']);
  const client = world.client(relay);
  expect(await client.terms()).toMatchObject({ fee: 0n });
  for (const payee of payees) {
    const vouchers = [await payers[0]!.pay(payee, 20n * GLM), await payers[1]!.pay(payee, 10n * GLM)];
    const handed = await client.handOver(vouchers.map((voucher) => ({ voucher })));
    expect(handed.map(({ outcome }) => outcome)).toEqual(['queued', 'queued']);
  }
  for (const payee of payees) await expect.poll(() => balance(payee), SOON).toBe(30n * GLM);
  await expect.poll(async () => (await world.metrics(relay!)).get('queued_vouchers'), SOON).toBe('0');
  const metrics = await world.metrics(relay);
  expect(metrics.get('accepted_total')).toBe('6');
  expect(metrics.get('redeemed_tokens_total')).toBe(`${90n * GLM}`);
  expect(Number(metrics.get('gas_wei_total'))).toBeGreaterThan(0);
  const sent = (await world.chain.reader.client.getTransactionCount({ address: world.account })) - before;
  expect(sent).toBeLessThanOrEqual(3);
  expect(metrics.get('transactions_total')).toBe(`${sent}`);
});
