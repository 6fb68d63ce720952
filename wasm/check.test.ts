import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkPrograms } from './check.ts';

test('every committed program matches its SHA-256', () => {
  for (const folder of ['.', '../examples', '../examples/guests'])
    expect(checkPrograms(join(import.meta.dirname, folder))).toEqual([]);
});

test('a source that changed after the build is found', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kiln-wasm-'));
  try {
    cpSync(join(import.meta.dirname, '../examples/guests/c'), join(folder, 'c'), { recursive: true });
    expect(checkPrograms(folder)).toEqual([]);
    writeFileSync(join(folder, 'c/letters.c'), 'changed');
    expect(checkPrograms(folder)).toEqual([expect.stringContaining('(letters.c)')]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a changed program, a missing sum and an empty folder are found', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kiln-wasm-'));
  try {
    expect(checkPrograms(folder)).toHaveLength(1);
    cpSync(join(import.meta.dirname, 'bench-spin'), join(folder, 'bench-spin'), { recursive: true });
    expect(checkPrograms(folder)).toEqual([]);
    writeFileSync(join(folder, 'bench-spin/other.wasm'), 'no sum');
    writeFileSync(join(folder, 'bench-spin/bench-spin.wasm'), 'changed');
    expect(checkPrograms(folder).map((line) => line.split(' ')[0])).toEqual([
      'bench-spin/bench-spin.wasm',
      'bench-spin/other.wasm',
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
