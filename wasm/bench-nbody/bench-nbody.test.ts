import { expect, test } from 'vitest';
import { runProgram } from '../run-program.ts';

test('gives the energies that the benchmark’s authors publish', async () => {
  const { exitCode, stdout } = await runProgram('bench-nbody', ['1000']);
  expect(exitCode).toBe(0);
  expect(new TextDecoder().decode(stdout)).toBe('-0.169075164\n-0.169087605\n');
});

test('refuses to run without an argument', async () => {
  expect((await runProgram('bench-nbody', [])).exitCode).toBe(2);
});
