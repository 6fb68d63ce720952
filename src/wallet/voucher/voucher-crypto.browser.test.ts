import { afterEach, expect, test } from 'vitest';
import { signVoucher } from '../../payment/voucher/voucher.ts';
import { VoucherWorker } from './voucher-crypto.ts';

const KEY = `0x${'42'.repeat(32)}` as const;
const domain = { chainId: 31_337, pool: `0x${'11'.repeat(20)}` };
const voucher = { payer: `0x${'22'.repeat(20)}`, payee: `0x${'33'.repeat(20)}`, amount: 5n, issued: 9n };

let crypto: VoucherWorker | undefined;
afterEach(() => crypto?.[Symbol.dispose]());

test('a worker signs and checks as the page would, and carries errors across whole', async () => {
  let started = 0;
  crypto = new VoucherWorker(() => {
    started++;
    return new Worker(new URL('./voucher.worker.ts', import.meta.url), { type: 'module' });
  });
  const signed = await crypto.sign(domain, voucher, KEY);
  expect(signed).toEqual(await signVoucher(domain, voucher, KEY));
  expect(await crypto.signerOf(domain, signed)).toMatch(/^0x[0-9a-f]{40}$/);
  await expect(crypto.signerOf(domain, { ...signed, signature: new Uint8Array(65) })).rejects.toMatchObject({
    code: 'payment/bad-signature',
    hint: expect.any(String) as string,
  });
  expect(started).toBe(1);
});

test.each([
  [
    'cannot be made',
    () => {
      throw new DOMException('refused', 'SecurityError');
    },
  ],
  ['does not load', () => new Worker('/no-such-worker.js')],
  ['dies', () => new Worker(URL.createObjectURL(new Blob(['throw new Error("no")'])))],
])('a worker that %s leaves the work to the page', async (_, start) => {
  crypto = new VoucherWorker(start);
  expect(await crypto.sign(domain, voucher, KEY)).toEqual(await signVoucher(domain, voucher, KEY));
  expect(await crypto.sign(domain, voucher, KEY)).toEqual(await signVoucher(domain, voucher, KEY));
});

test('calls under way when it is closed are still answered', async () => {
  crypto = new VoucherWorker(() => new Worker(URL.createObjectURL(new Blob(['// never answers']))));
  const signing = crypto.sign(domain, voucher, KEY);
  crypto[Symbol.dispose]();
  expect(await signing).toEqual(await signVoucher(domain, voucher, KEY));
});
