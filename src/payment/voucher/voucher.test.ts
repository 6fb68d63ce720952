import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { privateKeyToAccount } from 'viem/accounts';
import { type Bytes, copyBytes, ownBytes } from '../../base/bytes.ts';
import { hasCode } from '../../base/errors.ts';
import { type Address, isSameAddress } from '../../protocol/primitives.ts';
import { recoverVoucherSigner, signVoucher, voucherDigest } from './voucher.ts';

const KEY = `0x${'42'.repeat(32)}` as const;
const SIGNER = privateKeyToAccount(KEY).address.toLowerCase();
const domain = { chainId: 31_337, pool: `0x${'11'.repeat(20)}` };
const voucher = { payer: `0x${'22'.repeat(20)}`, payee: `0x${'33'.repeat(20)}`, amount: 5n, issued: 9n };

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

describe('a voucher', () => {
  it('is signed by whoever holds the key, for one chain and pool', async () => {
    const signed = await signVoucher(domain, voucher, KEY);
    expect(signed).toMatchObject(voucher);
    expect(await recoverVoucherSigner(domain, signed)).toBe(SIGNER);
  });

  it('names another signer when any one field is changed', async () => {
    const signed = await signVoucher(domain, voucher, KEY);
    const flips = fc.oneof(
      fc.record({ field: fc.constantFrom('amount', 'issued'), bit: fc.integer({ min: 0, max: 127 }) }),
      fc.record({ field: fc.constantFrom('payer', 'payee', 'pool'), bit: fc.integer({ min: 0, max: 159 }) }),
      fc.record({ field: fc.constant('chainId'), bit: fc.integer({ min: 0, max: 30 }) }),
    );
    await fc.assert(
      fc.asyncProperty(flips, async ({ field, bit }) => {
        const where = { ...domain };
        const changed = { ...signed };
        if (field === 'chainId') where.chainId ^= 1 << bit;
        else if (field === 'pool') where.pool = flip(where.pool, bit);
        else if (field === 'payer' || field === 'payee') changed[field] = flip(changed[field], bit);
        else if (field === 'amount' || field === 'issued') changed[field] ^= 1n << BigInt(bit);
        const other = await recoverVoucherSigner(where, changed).catch(() => undefined);
        expect(other).not.toBe(SIGNER);
      }),
      { numRuns: 150 },
    );
  });

  it('does not care about the case of addresses, not even a wrong checksum', async () => {
    const mixed = { ...voucher, payee: '0xABcdEF0123456789abcDEF0123456789abCDef01' };
    const plain = { ...mixed, payee: mixed.payee.toLowerCase() };
    expect(voucherDigest(domain, mixed)).toEqual(voucherDigest(domain, plain));
    expect(isSameAddress(mixed.payee, plain.payee)).toBe(true);
  });

  it.each([
    ['too short', (s: Bytes) => s.subarray(0, 64)],
    ['v of 0', (s: Bytes) => withByte(s, 64, 0)],
    ['v of 29', (s: Bytes) => withByte(s, 64, 29)],
    ['all zeros but v', (_: Bytes) => withByte(new Uint8Array(65), 64, 27)],
    ['high s', (s: Bytes) => malleated(s)],
  ])('is refused with a signature that the contract would refuse: %s', async (_, change) => {
    const signed = await signVoucher(domain, voucher, KEY);
    const bad = { ...signed, signature: change(ownBytes(signed.signature)) };
    await expect(recoverVoucherSigner(domain, bad)).rejects.toSatisfy((e) =>
      hasCode(e, 'payment/bad-signature'),
    );
  });
});

function flip(address: string, bit: number): Address {
  return `0x${(BigInt(address) ^ (1n << BigInt(bit))).toString(16).padStart(40, '0')}`;
}

function withByte(bytes: Bytes, at: number, value: number): Bytes {
  const copy = copyBytes(bytes);
  copy[at] = value;
  return copy;
}

/** The other signature of the same message by the same key. */
function malleated(signature: Bytes): Bytes {
  const hex = [...signature.subarray(32, 64)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  const high = (ORDER - BigInt(`0x${hex}`)).toString(16).padStart(64, '0');
  const copy = copyBytes(signature);
  for (let i = 0; i < 32; i++) copy[32 + i] = Number.parseInt(high.slice(2 * i, 2 * i + 2), 16);
  copy[64] = signature[64] === 27 ? 28 : 27;
  return copy;
}
