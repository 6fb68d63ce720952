import { expect, test } from 'vitest';
import { runProgram } from '../run-program.ts';

test('gives the norm that the benchmark’s authors publish', async () => {
  const { exitCode, stdout } = await runProgram('bench-spectral-norm', ['100']);
  expect(exitCode).toBe(0);
  expect(new TextDecoder().decode(stdout)).toBe('1.274219991\n');
});

test.each([[[]], [['0']], [['-3']]])('refuses %j', async (args) => {
  expect((await runProgram('bench-spectral-norm', args)).exitCode).toBe(2);
});
