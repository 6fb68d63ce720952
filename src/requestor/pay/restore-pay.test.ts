import { expect, test } from 'vitest';
import { systemClock } from '../../base/time.ts';
import { taskPrice } from '../../payment/costs/price.ts';
import type { Agreement } from '../../protocol/negotiate.ts';
import { ProviderLink } from '../seats/provider-link.ts';
import { restorePay } from './restore-pay.ts';

const PAYEE = '0x00000000000000000000000000000000000000aa';
const PRICE_PER_UNIT = 1_000_000n;
const PRICE = taskPrice(PRICE_PER_UNIT, 2_000_000);

function linkOf(digest: string, payee = PAYEE, pricePerUnit = PRICE_PER_UNIT): ProviderLink {
  const agreement = { provider: digest, payee, pricePerUnit, microUnitsPerTask: 2_000_000 };
  return new ProviderLink(systemClock, digest, agreement as unknown as Agreement, []);
}

test('two agreements of one payee share what its one voucher promised', () => {
  const [old, young] = [linkOf('old'), linkOf('young')];
  restorePay(
    [old, young],
    new Map([
      ['old', 10],
      ['young', 5],
    ]),
    () => PRICE * 13n,
  );
  expect(old).toMatchObject({ tasksPaid: 10, paid: PRICE * 10n, owedTasks: 0 });
  expect(young).toMatchObject({ tasksPaid: 3, paid: PRICE * 3n, owedTasks: 2 });
});

test('payees do not mix, whatever the case of their letters', () => {
  const [one, same, other] = [linkOf('a'), linkOf('b', PAYEE.replace('aa', 'AA')), linkOf('c', '0xbb')];
  const accepted = new Map(['a', 'b', 'c'].map((digest) => [digest, 2]));
  restorePay([one, same, other], accepted, (payee) => (payee === '0xbb' ? 0n : PRICE * 3n));
  expect([one, same, other].map(({ owedTasks }) => owedTasks)).toEqual([0, 1, 2]);
});

test('work without a price is paid with nothing', () => {
  const link = linkOf('a', PAYEE, 0n);
  restorePay([link], new Map([['a', 4]]), () => 0n);
  expect(link).toMatchObject({ tasksPaid: 4, paid: 0n, owedTasks: 0 });
});
