import { expect, test } from 'vitest';
import { runProgram } from '../run-program.ts';

/** The program's arithmetic once more, in BigInt. */
function spin(rounds: number): Uint8Array {
  let state = 88172645463325252n;
  for (let i = 0; i < rounds; i++) {
    state ^= state >> 12n;
    state ^= BigInt.asUintN(64, state << 25n);
    state ^= state >> 27n;
    state = BigInt.asUintN(64, state * 0x2545f4914f6cdd1dn) | 1n;
  }
  return new Uint8Array(new BigUint64Array([state]).buffer);
}

test.each([0, 1, 9_999, 10_000, 10_001, 25_000])('does exactly %i rounds', async (rounds) => {
  const { exitCode, stdout } = await runProgram('bench-spin', [`${rounds}`]);
  expect(exitCode).toBe(0);
  expect(new Uint8Array(stdout)).toEqual(spin(rounds));
});

test('refuses to run without an argument', async () => {
  expect((await runProgram('bench-spin', [])).exitCode).toBe(2);
});
