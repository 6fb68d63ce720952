import { describe, expect, test } from 'vitest';
import { runProgram } from '../run-program.ts';

interface Row {
  readonly rho: number;
  readonly zMax: number;
  readonly ratio: number;
  readonly lyapunov: number;
}

/** One value of rho, `time` time units long. */
async function sweepOne(rho: number, time: number, maxima: number): Promise<Row[]> {
  const args = [0, 1, 2, rho, rho + 1, 100, time, maxima].map(String);
  return rowsOf((await runProgram('lorenz-sweep', args)).stdout);
}

function rowsOf(csv: Uint8Array): Row[] {
  const lines = new TextDecoder().decode(csv).trimEnd().split('\n');
  return lines.map((line) => {
    const [rho, zMax, ratio, lyapunov] = line.split(',').map(Number) as [number, number, number, number];
    return { rho, zMax, ratio, lyapunov };
  });
}

describe('largest Lyapunov exponent', () => {
  test('is 0.9056 at rho = 28 (Sprott 2003)', async () => {
    const [row] = await sweepOne(28, 5_000, 1);
    expect(row!.lyapunov).toBeGreaterThan(0.9056 - 0.01);
    expect(row!.lyapunov).toBeLessThan(0.9056 + 0.01);
  });

  test.each([100, 160, 240, 350])('is zero on the limit cycle at rho = %i', async (rho) => {
    const [row] = await sweepOne(rho, 500, 1);
    expect(Math.abs(row!.lyapunov)).toBeLessThan(0.005);
  });

  test('is positive in the chaos between the windows', async () => {
    const [row] = await sweepOne(180, 500, 1);
    expect(row!.lyapunov).toBeGreaterThan(1);
  });
});

describe('maxima of z', () => {
  test('repeat on a limit cycle: one height at rho = 350, two at rho = 280', async () => {
    const heights = async (rho: number) =>
      new Set((await sweepOne(rho, 200, 100)).map(({ zMax }) => zMax.toFixed(2))).size;
    expect(await heights(350)).toBe(1);
    expect(await heights(280)).toBe(2);
  });

  test('stay within the attractor at rho = 28 and never repeat', async () => {
    const rows = await sweepOne(28, 300, 200);
    expect(rows).toHaveLength(200);
    expect(new Set(rows.map(({ zMax }) => zMax)).size).toBeGreaterThan(190);
    for (const { zMax, ratio } of rows) {
      expect(zMax).toBeGreaterThan(27); // above both fixed points, at z = rho - 1
      expect(zMax).toBeLessThan(48.5);
      expect(ratio).toBeCloseTo(zMax / 28, 5);
    }
  });

  test('there are none once a fixed point attracts everything, at rho = 10', async () => {
    const { stdout } = await runProgram('lorenz-sweep', ['0', '1', '2', '10', '11', '200', '50', '9']);
    expect(stdout.byteLength).toBe(0);
  });
});

test('intervals put together are the whole, byte for byte', async () => {
  const sweep = async (first: number, end: number) =>
    (await runProgram('lorenz-sweep', [`${first}`, `${end}`, '9', '28', '200', '10', '20', '5'])).stdout;
  const parts = await Promise.all([sweep(0, 4), sweep(4, 8), sweep(8, 9)]);
  expect(Buffer.concat(parts)).toEqual(Buffer.from(await sweep(0, 9)));
  expect(rowsOf(parts[2]!)[0]!.rho).toBe(200);
});

test.each([
  ['too few', ['1', '2']],
  ['an end beyond the count', ['0', '9', '8', '28', '99', '1', '1', '1']],
  ['no time', ['0', '1', '8', '28', '99', '1', '0', '1']],
])('arguments that make no sense are refused: %s', async (_name, args) => {
  const { exitCode, stderr, stdout } = await runProgram('lorenz-sweep', args);
  expect([exitCode, stdout.byteLength]).toEqual([2, 0]);
  expect(stderr).toContain('lorenz-sweep');
});
