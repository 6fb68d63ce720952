import fc from 'fast-check';
import { type Address, createPublicClient, http } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toHex } from '../src/base/bytes.ts';
import { recoverVoucherSigner, signVoucher, voucherDigest } from '../src/payment/voucher/voucher.ts';
import { voucherPoolAbi } from '../src/wallet/artifacts/voucher-pool.ts';
import { type Anvil, startAnvil } from './anvil.ts';
import { deployLocal, type Deployment } from './deploy/local.ts';

const address = fc
  .uint8Array({ minLength: 20, maxLength: 20 })
  .map((bytes): Address => `0x${Buffer.from(bytes).toString('hex')}`);
const uint128 = fc.bigInt({ min: 0n, max: 2n ** 128n - 1n });
const vouchers = fc.record({ payer: address, payee: address, amount: uint128, issued: uint128 });
const privateKeys = fc
  .bigInt({ min: 1n, max: 2n ** 255n })
  .map((key): Address => `0x${key.toString(16).padStart(64, '0')}`);

describe('the digest of a voucher', () => {
  let chain: Anvil;
  let deployment: Deployment;
  beforeAll(async () => {
    chain = await startAnvil();
    deployment = await deployLocal(chain.rpcUrl);
  }, 30_000);
  afterAll(() => chain.stop());

  it('is the same in TypeScript and in the contract, and so is its signature', async () => {
    const { pool: address, chainId } = deployment;
    const client = createPublicClient({ transport: http(chain.rpcUrl) });
    await fc.assert(
      fc.asyncProperty(vouchers, privateKeys, async (voucher, privateKey) => {
        const digest = await client.readContract({
          address,
          abi: voucherPoolAbi,
          functionName: 'voucherDigest',
          args: [{ ...voucher, signature: '0x' }],
        });
        const domain = { chainId, pool: address };
        expect(`0x${toHex(voucherDigest(domain, voucher))}`).toBe(digest);
        const signed = await signVoucher(domain, voucher, privateKey);
        expect(await recoverVoucherSigner(domain, signed)).toBe(
          privateKeyToAccount(privateKey).address.toLowerCase(),
        );
      }),
      { numRuns: 100 },
    );
  }, 30_000);

  it('differs on another chain or pool', async () => {
    const voucher = { payer: `0x${'01'.repeat(20)}`, payee: `0x${'02'.repeat(20)}`, amount: 1n, issued: 1n };
    const here = { chainId: deployment.chainId, pool: deployment.pool };
    expect(voucherDigest({ ...here, chainId: 1 }, voucher)).not.toEqual(voucherDigest(here, voucher));
    expect(voucherDigest({ ...here, pool: deployment.token }, voucher)).not.toEqual(
      voucherDigest(here, voucher),
    );
  });
});
