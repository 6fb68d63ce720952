import { expect, it } from 'vitest';
import { judgePassphrase } from './passphrase-strength.ts';

it.each([
  ['', 'short'],
  ['x8$Kq2!', 'short'],
  ['aaaaaaaaaaaaaaaaaaaaaaaa', 'weak'],
  ['12345678901234', 'weak'],
  ['password', 'weak'],
  ['correct horse', 'weak'],
  ['word word word word word word', 'weak'],
  ['x8$Kq2!p', 'fair'],
  ['kiln bread copper violin saddle', 'fair'],
  ['kiln bread copper violin saddle moon', 'strong'],
  ['x8$Kq2!pW9vN', 'strong'],
])('%j is %s', (passphrase, level) => {
  const strength = judgePassphrase(passphrase);
  expect(strength.level).toBe(level);
  expect(strength.advice).not.toBe('');
});
