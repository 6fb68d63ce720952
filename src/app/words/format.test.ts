import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  exactGlm,
  formatAge,
  formatBytes,
  formatDuration,
  formatGlm,
  formatShare,
  formatSpeed,
  hourlyPrice,
  parseGlm,
  shortHash,
  shortPeer,
  unitPrice,
} from './format.ts';

const GLM = 10n ** 18n;

describe('token amounts', () => {
  test.each([
    [0n, '0'],
    [GLM, '1'],
    [1_234_567_800_000_000_000_000n, '1,234.5678'],
    [(GLM * 123_456n) / 10_000n, '12.3456'],
    [(GLM * 999_999n) / 1_000_000n, '1'],
    [GLM / 100n, '0.01'],
    [12_345_678_900_000_000n, '0.01235'],
    [99_000_000n, '< 0.000000001'],
    [123_456_789_000n, '0.000000123'],
    [-GLM / 2n, '−0.5'],
  ])('%s shows as %s', (amount, text) => expect(formatGlm(amount)).toBe(text));

  test('the exact text reads back as the same amount, to the last unit', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 29n }), (amount) => {
        expect(parseGlm(exactGlm(amount))).toBe(amount);
      }),
    );
  });

  test('the short text is never further than rounding from the amount', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 10n ** 10n, max: 10n ** 29n }), (amount) => {
        const shown = parseGlm(formatGlm(amount))!;
        const error = shown > amount ? shown - amount : amount - shown;
        expect(error <= amount / 10n).toBe(true);
      }),
    );
  });

  test.each(['', 'abc', '-1', '1e3', '0x10', '1.2.3', '1.0000000000000000001', '9999999999999'])(
    'refuses %j',
    (text) => expect(parseGlm(text)).toBeUndefined(),
  );

  test('an hourly minimum survives the way through price per unit', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 24n }), (perHour) => {
        const back = hourlyPrice(unitPrice(perHour));
        expect(back >= perHour && back - perHour < 3_600n).toBe(true);
      }),
    );
  });
});

describe('other quantities', () => {
  test.each([
    [380, '380 ms'],
    [4_200, '4.2 s'],
    [42_900, '42 s'],
    [65_000, '1 min 05 s'],
    [3_900_000, '1 h 05 min'],
    [90_000_000, '1 d 01 h'],
    [-5, '0 ms'],
  ])('%i ms shows as %s', (ms, text) => expect(formatDuration(ms)).toBe(text));

  test.each([
    [12, '12 B'],
    [1_258_291, '1.20 MiB'],
    [524_288_000, '500 MiB'],
  ])('%i bytes show as %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));

  test('ages have one unit', () => {
    expect(formatAge(1_000, 2_000)).toBe('just now');
    expect(formatAge(0, 30_000)).toBe('30 s ago');
    expect(formatAge(0, 200_000)).toBe('3 min ago');
  });

  test('a share is not 100 % before it is complete', () => {
    expect(formatShare(0.999)).toBe('99 %');
    expect(formatShare(1)).toBe('100 %');
    expect(formatShare(0.57)).toBe('57 %');
  });

  test('peers keep their tail, hashes both ends', () => {
    expect(shortPeer('12D3KooWAbcdefghijklmnop')).toBe('…ijklmnop');
    expect(shortHash('0x1234567890abcdef1234')).toBe('0x1234…1234');
  });
});

test.each([
  [1_540_000, '1.54×'],
  [100_000, '0.10×'],
  [99_999, '0.10×'],
  [3_449, '0.0034×'],
  [100, '0.00010×'],
  [99, 'under 0.0001×'],
  [0, '0.00×'],
])('a speed of %d micro-units per second is %s', (speed, text) => {
  expect(formatSpeed(speed)).toBe(text);
});
