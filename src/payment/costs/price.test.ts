import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasCode } from '../../base/errors.ts';
import { defaultCreditLimit, formatGlm, GLM, parseGlm, taskPrice } from './price.ts';

describe('the price of a task', () => {
  it('is units × price, rounded down', () => {
    expect(taskPrice(GLM, 1_500_000)).toBe((3n * GLM) / 2n);
    expect(taskPrice(1n, 999_999)).toBe(0n);
    expect(taskPrice(7n, 1_999_999)).toBe(13n);
  });

  it('is exact where floating point is not', () => {
    const micro = 999_999_999_999_999;
    expect(taskPrice(10n ** 30n, micro)).toBe(BigInt(micro) * 10n ** 24n);
  });
});

describe('the default credit limit', () => {
  const offer = { pricePerUnit: GLM, microUnitsPerSecond: 2_000_000, microUnitsPerTask: 1_000, slots: 4 };

  it('is three leases of a second on every slot', () => {
    expect(defaultCreditLimit(offer)).toBe(24n * GLM);
  });

  it('is at least three tasks per slot when a task takes longer than a lease', () => {
    expect(defaultCreditLimit({ ...offer, microUnitsPerTask: 10_000_000 })).toBe(120n * GLM);
  });
});

describe('amounts of GLM as text', () => {
  it.each([
    ['2.5 GLM', 2_500_000_000_000_000_000n],
    ['2.5', 2_500_000_000_000_000_000n],
    [' 0.000000000000000001 glm ', 1n],
    ['7tGLM', 7n * GLM],
    ['0', 0n],
  ])('reads %j', (text, amount) => {
    expect(parseGlm(text)).toBe(amount);
  });

  it.each([
    '',
    'GLM',
    '-1',
    '1e3',
    '1,5',
    '.5',
    '5.',
    '0x10',
    '1 ETH',
    '0.0000000000000000001',
    '9'.repeat(30),
    '１',
  ])('refuses %j by name', (text) => {
    expect(() => parseGlm(text)).toThrowError(expect.toSatisfy((e) => hasCode(e, 'payment/bad-amount')));
  });

  it('writes what it reads', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }), (amount) => {
        fc.pre(amount / GLM < 10n ** 20n);
        expect(parseGlm(formatGlm(amount))).toBe(amount);
      }),
    );
  });

  it.each([
    [2_500_000_000_000_000_000n, {}, '2.5 GLM'],
    [-2_500_000_000_000_000_000n, {}, '-2.5 GLM'],
    [1_999_999_999_999_999_999n, { digits: 2 }, '1.99 GLM'],
    [1_234_567_890_000n, { digits: 3 }, '0.00000123 GLM'],
    [0n, { digits: 3, symbol: 'tGLM' }, '0 tGLM'],
  ])('writes %s with %j as %j', (amount, options, text) => {
    expect(formatGlm(amount, options)).toBe(text);
  });
});
