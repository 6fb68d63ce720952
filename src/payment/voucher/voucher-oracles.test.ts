import { Wallet, TypedDataEncoder, verifyTypedData } from 'ethers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Hex, hashTypedData } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { toHex } from '../../base/bytes.ts';
import { recoverVoucherSigner, signVoucher, type Voucher, voucherDigest } from './voucher.ts';

/*
 * Two implementations that know nothing of ours: viem and ethers say what a voucher's digest and signature are.
 */

const TYPES = {
  Voucher: [
    { name: 'payer', type: 'address' },
    { name: 'payee', type: 'address' },
    { name: 'amount', type: 'uint128' },
    { name: 'issued', type: 'uint128' },
  ],
};

const hex = (bytes: number) =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((made): Hex => `0x${toHex(made)}`);
const uint128 = fc.bigInt({ min: 0n, max: 2n ** 128n - 1n });
const vouchers = fc.record({ payer: hex(20), payee: hex(20), amount: uint128, issued: uint128 });
const domains = fc.record({ chainId: fc.integer({ min: 1, max: 2 ** 31 }), pool: hex(20) });
const keys = fc
  .bigInt({ min: 1n, max: 2n ** 255n })
  .map((key): Hex => `0x${key.toString(16).padStart(64, '0')}`);

function typed({ chainId, pool }: { chainId: number; pool: Hex }, message: Voucher) {
  const domain = { name: 'GLM Voucher Pool', version: '1', chainId, verifyingContract: pool };
  return { domain, types: TYPES, primaryType: 'Voucher', message: { ...message } } as const;
}

describe('two other implementations', () => {
  it('come to the same digests', () => {
    fc.assert(
      fc.property(domains, vouchers, (domain, voucher) => {
        const ours = `0x${toHex(voucherDigest(domain, voucher))}`;
        const given = typed(domain, voucher);
        expect(ours).toBe(hashTypedData(given));
        expect(ours).toBe(TypedDataEncoder.hash(given.domain, TYPES, given.message));
      }),
    );
  });

  it('make the same signatures, byte for byte, and take ours for the same signer', async () => {
    await fc.assert(
      fc.asyncProperty(domains, vouchers, keys, async (domain, voucher, key) => {
        const signed = await signVoucher(domain, voucher, key);
        const signature = `0x${toHex(signed.signature)}`;
        const given = typed(domain, voucher);
        const account = privateKeyToAccount(key);
        expect(signature).toBe(await account.signTypedData(given));
        expect(signature).toBe(await new Wallet(key).signTypedData(given.domain, TYPES, given.message));
        expect(verifyTypedData(given.domain, TYPES, given.message, signature)).toBe(account.address);
        expect(await recoverVoucherSigner(domain, signed)).toBe(account.address.toLowerCase());
      }),
      { numRuns: 60 },
    );
  });
});
