import { verifyTypedData } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { toHex } from '../../src/base/bytes.ts';
import { recoverVoucherSigner, signVoucher, type Voucher } from '../../src/payment/voucher/voucher.ts';

/*
 * Runs in a page: the same vouchers signed and checked by viem and by ours, by turns, each call waited for as the paying
 * code waits for it.
 */

const KEY = `0x${'42'.repeat(32)}` as const;
const POOL = `0x${'11'.repeat(20)}` as const;
const DOMAIN = { chainId: 137, pool: POOL };
const TYPES = {
  Voucher: [
    { name: 'payer', type: 'address' },
    { name: 'payee', type: 'address' },
    { name: 'amount', type: 'uint128' },
    { name: 'issued', type: 'uint128' },
  ],
} as const;

/** Calls per second, one number per round. */
export interface VoucherRates {
  readonly ours: { readonly sign: readonly number[]; readonly verify: readonly number[] };
  readonly viem: { readonly sign: readonly number[]; readonly verify: readonly number[] };
}

const account = privateKeyToAccount(KEY);

function voucherOf(i: number): Voucher & { payer: `0x${string}`; payee: `0x${string}` } {
  const amount = BigInt(i + 1) * 10n ** 15n;
  return { payer: `0x${'22'.repeat(20)}`, payee: `0x${'33'.repeat(20)}`, amount, issued: amount * 3n };
}

function typed(i: number) {
  const domain = { name: 'GLM Voucher Pool', version: '1', chainId: DOMAIN.chainId, verifyingContract: POOL };
  return { domain, types: TYPES, primaryType: 'Voucher', message: voucherOf(i) } as const;
}

async function rateOf(calls: number, work: (i: number) => Promise<unknown>): Promise<number> {
  const sinceMs = performance.now();
  for (let i = 0; i < calls; i++) await work(i);
  return (calls * 1_000) / (performance.now() - sinceMs);
}

Object.assign(globalThis, { bench: { measureVouchers } });

/** Measures both by turns; the first round warms up and does not count. */
async function measureVouchers(rounds: number, calls: number): Promise<VoucherRates> {
  const signed = await Promise.all(
    Array.from({ length: calls }, (_, i) => signVoucher(DOMAIN, voucherOf(i), KEY)),
  );
  const signatures = signed.map(({ signature }): `0x${string}` => `0x${toHex(signature)}`);
  const rates = {
    ours: { sign: [] as number[], verify: [] as number[] },
    viem: { sign: [] as number[], verify: [] as number[] },
  };
  for (let round = 0; round <= rounds; round++) {
    const viemSign = await rateOf(calls, (i) => account.signTypedData(typed(i)));
    const oursSign = await rateOf(calls, (i) => signVoucher(DOMAIN, voucherOf(i), KEY));
    const viemVerify = await rateOf(calls, (i) =>
      verifyTypedData({ ...typed(i), address: account.address, signature: signatures[i]! }),
    );
    const oursVerify = await rateOf(calls, (i) => recoverVoucherSigner(DOMAIN, signed[i]!));
    if (round === 0) continue;
    rates.viem.sign.push(viemSign);
    rates.ours.sign.push(oursSign);
    rates.viem.verify.push(viemVerify);
    rates.ours.verify.push(oursVerify);
  }
  return rates;
}
