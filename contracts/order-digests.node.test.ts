import fc from 'fast-check';
import {
  type Address,
  createPublicClient,
  encodeAbiParameters,
  type Hex,
  hashTypedData,
  http,
  keccak256,
} from 'viem';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toHex } from '../src/base/bytes.ts';
import { orderDigest, type OrderName, type Orders, orderTypedData } from '../src/payment/voucher/orders.ts';
import { voucherPoolAbi } from '../src/wallet/artifacts/voucher-pool.ts';
import { type Anvil, startAnvil } from './anvil.ts';
import { deployLocal, type Deployment } from './deploy/local.ts';

const hex = (bytes: number) =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((made): Hex => `0x${toHex(made)}`);
const uint = (bits: number) => fc.bigInt({ min: 0n, max: 2n ** BigInt(bits) - 1n });
const seconds = fc.integer({ min: 0, max: 2 ** 40 - 1 });
const authorization = { payer: hex(20), signer: hex(20), cap: uint(128), expiry: seconds };
const once = { nonce: uint(256), deadline: seconds };

/** Random orders of each kind, and what the contract hashes: the name of its type hash, the words in its own order. */
const KINDS = {
  Deposit: {
    orders: fc.record({ ...authorization, amount: uint(128), ...once }),
    typeHash: 'DEPOSIT_TYPEHASH',
    words: (o: Orders['Deposit']) => [o.payer, o.amount, o.signer, o.cap, o.expiry, o.nonce, o.deadline],
  },
  AuthorizeSigner: {
    orders: fc.record({ ...authorization, ...once }),
    typeHash: 'AUTHORIZE_TYPEHASH',
    words: (o: Orders['AuthorizeSigner']) => [o.payer, o.signer, o.cap, o.expiry, o.nonce, o.deadline],
  },
  Allocate: {
    orders: fc.record({ payer: hex(20), root: hex(32), total: uint(128), until: seconds }),
    typeHash: 'ALLOCATE_TYPEHASH',
    words: (o: Orders['Allocate']) => [o.payer, o.root, o.total, o.until],
  },
  Payout: {
    orders: fc.record({ payee: hex(20), to: hex(20), amount: uint(128), fee: uint(128), ...once }),
    typeHash: 'PAYOUT_TYPEHASH',
    words: (o: Orders['Payout']) => [o.payee, o.to, o.amount, o.fee, o.nonce, o.deadline],
  },
} as const;

describe('the digests of orders', () => {
  let chain: Anvil;
  let deployment: Deployment;
  beforeAll(async () => {
    chain = await startAnvil();
    deployment = await deployLocal(chain.rpcUrl);
  }, 30_000);
  afterAll(() => chain.stop());

  it.each(Object.keys(KINDS) as OrderName[])(
    '%s: the contract, viem and we agree',
    async (name) => {
      const { pool: address, chainId } = deployment;
      const client = createPublicClient({ transport: http(chain.rpcUrl) });
      const read = (functionName: (typeof KINDS)[OrderName]['typeHash'] | 'domainSeparator') =>
        client.readContract({ address, abi: voucherPoolAbi, functionName });
      const { orders, typeHash, words } = KINDS[name];
      // Both come from the deployed contract.
      const [type, separator] = [await read(typeHash), await read('domainSeparator')];
      fc.assert(
        fc.property(orders as fc.Arbitrary<Orders[OrderName]>, (order) => {
          const values = (words as (order: Orders[OrderName]) => (Address | bigint | number)[])(order);
          const struct = keccak256(`${type}${values.map(wordOf).join('')}`);
          const digest = keccak256(`0x1901${separator.slice(2)}${struct.slice(2)}`);
          const domain = { chainId, pool: address };
          expect(`0x${toHex(orderDigest(domain, name, order))}`).toBe(digest);
          expect(hashTypedData(orderTypedData(domain, name, order))).toBe(digest);
        }),
      );
    },
    30_000,
  );
});

/** A word as Solidity's `abi.encode` writes it. */
function wordOf(value: Address | bigint | number): string {
  if (typeof value !== 'string') return encodeAbiParameters([{ type: 'uint256' }], [BigInt(value)]).slice(2);
  return value.slice(2).padStart(64, '0');
}
