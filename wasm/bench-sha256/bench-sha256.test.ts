import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { runProgram } from '../run-program.ts';

test.each([0, 1, 37])('digests %i KiB as Node does', async (kib) => {
  const bytes = Uint8Array.from({ length: kib * 1_024 }, (_, i) => i % 251);
  const { exitCode, stdout } = await runProgram('bench-sha256', [`${kib}`]);
  expect(exitCode).toBe(0);
  expect(new TextDecoder().decode(stdout)).toBe(`${createHash('sha256').update(bytes).digest('hex')}\n`);
});

test('refuses to run without an argument', async () => {
  expect((await runProgram('bench-sha256', [])).exitCode).toBe(2);
});
