import { TypedDataEncoder } from 'ethers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Hex, hashTypedData } from 'viem';
import { toHex } from '../../base/bytes.ts';
import { hasCode } from '../../base/errors.ts';
import { orderDigest, type OrderName, type Orders, orderTypedData } from './orders.ts';

const hex = (bytes: number) =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((made): Hex => `0x${toHex(made)}`);
const uint = (bits: number) => fc.bigInt({ min: 0n, max: 2n ** BigInt(bits) - 1n });
const seconds = fc.integer({ min: 0, max: 2 ** 40 - 1 });
const domains = fc.record({ chainId: fc.integer({ min: 1, max: 2 ** 31 }), pool: hex(20) });
const authorization = { payer: hex(20), signer: hex(20), cap: uint(128), expiry: seconds };
const once = { nonce: uint(256), deadline: seconds };

/** Random orders of each kind, the bounds of their types included. */
const ORDERS: { [N in OrderName]: fc.Arbitrary<Orders[N]> } = {
  Deposit: fc.record({ ...authorization, amount: uint(128), ...once }),
  AuthorizeSigner: fc.record({ ...authorization, ...once }),
  Allocate: fc.record({ payer: hex(20), root: hex(32), total: uint(128), until: seconds }),
  Payout: fc.record({ payee: hex(20), to: hex(20), amount: uint(128), fee: uint(128), ...once }),
};
const NAMES = Object.keys(ORDERS) as OrderName[];

describe.each(NAMES)('the order %s', (name) => {
  const orders = ORDERS[name] as fc.Arbitrary<Orders[OrderName]>;

  it('has the digest that viem and ethers come to', () => {
    fc.assert(
      fc.property(domains, orders, (domain, order) => {
        const ours = `0x${toHex(orderDigest(domain, name, order))}`;
        const given = orderTypedData(domain, name, order);
        expect(ours).toBe(hashTypedData(given));
        const types = Object.fromEntries(Object.entries(given.types).map(([type, all]) => [type, [...all]]));
        expect(ours).toBe(TypedDataEncoder.hash(given.domain, types, given.message));
      }),
    );
  });

  it('has another digest when any field, the chain or the pool differs', () => {
    fc.assert(
      fc.property(domains, orders, orders, (domain, order, other) => {
        const digest = toHex(orderDigest(domain, name, order));
        for (const [field, value] of Object.entries(other)) {
          if (String(order[field as keyof typeof order]).toLowerCase() === String(value)) continue;
          expect(toHex(orderDigest(domain, name, { ...order, [field]: value }))).not.toBe(digest);
        }
        expect(toHex(orderDigest({ ...domain, chainId: domain.chainId + 1 }, name, order))).not.toBe(digest);
      }),
      { numRuns: 30 },
    );
  });

  it('is refused when a field is missing or does not fit', () => {
    const [order] = fc.sample(orders, 1);
    const domain = { chainId: 1, pool: `0x${'01'.repeat(20)}` } as const;
    for (const field of Object.keys(order!)) {
      for (const wrong of [undefined, null, -1n, 2n ** 256n, 1.5, '0x', `0x${'zz'.repeat(20)}`, '1', {}]) {
        const broken = { ...order!, [field]: wrong } as typeof order;
        expect(() => orderDigest(domain, name, broken!)).toThrow(
          expect.toSatisfy((e: unknown) => hasCode(e, 'payment/bad-order')),
        );
      }
    }
  });
});
