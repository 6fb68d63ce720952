import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runProgram } from '../run-program.ts';

/** The program's product and hash once more. */
function hash(n: number, rounds: number): string {
  const a = Array.from({ length: n * n }, (_, i) => (i * 7) % 13);
  const b = Array.from({ length: n * n }, (_, i) => (i * 5) % 11);
  // The last product is made before the last change.
  for (let round = 0; round < rounds - 1; round++) a[round % (n * n)]! += 1;
  const product = Float32Array.from({ length: n * n }, (_, at) => {
    let sum = 0;
    for (let k = 0; k < n; k++) sum += a[Math.floor(at / n) * n + k]! * b[k * n + (at % n)]!;
    return sum;
  });
  const words = new Uint32Array(product.buffer);
  return words
    .reduce((value, word) => Math.imul(value ^ word, 16_777_619) >>> 0, 2_166_136_261)
    .toString(16)
    .padStart(8, '0');
}

test.each(['bench-gemm', 'bench-gemm-simd'])('%s multiplies', async (program) => {
  for (const [n, rounds] of [
    [1, 1],
    [7, 3],
    [33, 2],
  ] as const) {
    const { exitCode, stdout } = await runProgram(
      program,
      [`${n}`, `${rounds}`],
      join(import.meta.dirname, `${program}.wasm`),
    );
    expect(exitCode).toBe(0);
    expect(new TextDecoder().decode(stdout)).toBe(`${hash(n, rounds)}\n`);
  }
});

test('refuses to run without arguments', async () => {
  expect((await runProgram('bench-gemm', ['5'])).exitCode).toBe(2);
});
