import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { LIMITS_PAGE, makeLimitsPage, readConstants } from './limits-doc.ts';

test('docs/limits.md says what the constants say (else: node scripts/limits-doc.ts)', async () => {
  expect(readFileSync(LIMITS_PAGE, 'utf8')).toBe(await makeLimitsPage());
});

test('reads names and reasons', () => {
  const source =
    '/** So | so. */\nexport const A = 1;\nconst HIDDEN = 2;\n/**\n * Two\n * lines.\n */\nexport const B_MS = 2;';
  expect(readConstants(source)).toEqual([
    { name: 'A', reason: 'So \\| so.' },
    { name: 'B_MS', reason: 'Two lines.' },
  ]);
});
