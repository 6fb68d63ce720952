import fc from 'fast-check';
import { expect, test } from 'vitest';
import { matchesName, matchesOutput } from './output-pattern.ts';

test.each([
  ['frames/*.png', 'frames/1.png', true],
  ['frames/*.png', 'frames/.png', true],
  ['frames/*.png', 'frames/sub/1.png', false],
  ['frames/*.png', 'other/1.png', false],
  ['*/*', 'a/b', true],
  ['*', 'a/b', false],
  ['a*b*c', 'axxbxbxc', true],
  ['a*b*c', 'axxbxbx', false],
  ['plain', 'plain', true],
  ['plain', 'plainer', false],
  ['**', '', true],
])('%s of %s: %s', (pattern, path, expected) => {
  expect(matchesOutput(pattern, path)).toBe(expected);
});

test('a name matches as a regular expression would have it', () => {
  const text = (alphabet: string[]) => fc.array(fc.constantFrom(...alphabet), { maxLength: 8 });
  fc.assert(
    fc.property(text(['a', 'b', '.', '*']), text(['a', 'b', '.']), (pattern, name) => {
      const source = pattern.map((char) => (char === '*' ? '.*' : char === '.' ? '\\.' : char)).join('');
      const expected = new RegExp(`^${source}$`).test(name.join(''));
      expect(matchesName(pattern.join(''), name.join(''))).toBe(expected);
    }),
    { numRuns: 2_000 },
  );
});

test('many stars do not multiply the time', () => {
  expect(matchesName(`${'*a'.repeat(60)}b`, 'a'.repeat(255))).toBe(false);
});
