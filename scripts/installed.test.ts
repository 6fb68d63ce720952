import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isInstalled } from './installed.mjs';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'kiln-installed-'));
  write('package-lock.json', {
    '': {},
    'node_modules/a': { version: '1.0.0' },
    'node_modules/only-elsewhere': { version: '1.0.0', optional: true },
  });
});
afterEach(() => rmSync(root, { recursive: true }));

function write(file: string, packages: object): void {
  writeFileSync(join(root, file), JSON.stringify({ packages }));
}

test('a fresh clone is not installed', () => {
  expect(isInstalled(root)).toBe(false);
});

test('packages for other platforms may be absent', () => {
  mkdirSync(join(root, 'node_modules'));
  write('node_modules/.package-lock.json', { 'node_modules/a': { version: '1.0.0' } });
  expect(isInstalled(root)).toBe(true);
});

test.each([{}, { 'node_modules/a': { version: '0.9.0' } }])(
  'an absent or older package is noticed: %j',
  (present) => {
    mkdirSync(join(root, 'node_modules'));
    write('node_modules/.package-lock.json', present);
    expect(isInstalled(root)).toBe(false);
  },
);
