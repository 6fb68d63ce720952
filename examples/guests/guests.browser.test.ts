import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Bytes, fromUtf8 } from '../../src/base/bytes.ts';
import { type Cid, cutBlob } from '../../src/base/cid.ts';
import { openJobFile } from '../../src/job/job-file.ts';
import { jobCid } from '../../src/job/manifest.ts';
import type { Manifest } from '../../src/protocol/manifest.ts';
import type { TaskOutcome } from '../../src/protocol/task.ts';
import { createSandbox, type Sandbox } from '../../src/sandbox/sandbox.ts';

/*
 * Every program of docs/writing-jobs.md, in the sandbox, from its job file.
 */

const texts = import.meta.glob<string>(['./*/job.json', '../*/job.json'], {
  query: '?raw',
  import: 'default',
  eager: true,
});
const addresses = import.meta.glob<string>(['./*/*.{wasm,wgsl,txt}', '../*/*.wasm'], {
  query: '?url',
  import: 'default',
  eager: true,
});

const { signal } = new AbortController();
let sandbox: Sandbox;
beforeAll(() => {
  sandbox = createSandbox({ cpuSlots: 2, gpuSlots: 1, pageUrl: '/sandbox.html' });
});
afterAll(() => sandbox[Symbol.asyncDispose]());

/** Runs tasks of a job file; `change` makes another job of it. */
async function runTasks(
  folder: string,
  tasks: readonly number[],
  change: (manifest: Manifest) => Manifest = (manifest) => manifest,
): Promise<TaskOutcome[]> {
  const opened = await openJobFile(texts[`${folder}/job.json`]!, async (path) => {
    const response = await fetch(addresses[`${folder}/${path}`]!);
    return new Uint8Array(await response.arrayBuffer());
  });
  const manifest = change(opened.manifest);
  const byCid = new Map<Cid, Bytes>();
  for (const bytes of opened.blobs) byCid.set((await cutBlob(bytes)).cid, bytes);
  const job = await sandbox.openJob(await jobCid(manifest), manifest, async ({ cid }) => byCid.get(cid)!);
  try {
    return await Promise.all(tasks.map((task) => job.run(task, { signal })));
  } finally {
    await job.close();
  }
}

function rowsOf({ exit, outputs }: TaskOutcome): string[] {
  expect(exit).toEqual({ kind: 'ok' });
  return fromUtf8(outputs[0]!.bytes).trimEnd().split('\n');
}

/** A job whose WASI program gets another command line. */
function withArgs(args: readonly string[]): (manifest: Manifest) => Manifest {
  return (manifest) => ({
    ...manifest,
    program: { ...manifest.program, args: [...args] } as Manifest['program'],
  });
}

describe('C: letters', () => {
  test('counts the lines of its task, and no others', async () => {
    const outcomes = await runTasks('./c', [0, 2]);
    expect(outcomes.map(rowsOf)).toEqual([
      ['0,12,49,chamber', '1,8,31,Nobody', '2,11,46,whoever', '3,5,22,neighbours'],
      ['8,10,38,careful', '9,9,38,believes'],
    ]);
  });

  test('says by its exit code what went wrong', async () => {
    const [badArguments] = await runTasks('./c', [0], withArgs(['letters']));
    expect(badArguments!.exit).toEqual({ kind: 'exit-code', code: 2 });
    const [noText] = await runTasks('./c', [0], (manifest) => ({
      ...manifest,
      program: { ...manifest.program, files: {} } as Manifest['program'],
    }));
    expect(noText!.exit).toEqual({ kind: 'exit-code', code: 3 });
  });
});

describe('Rust: goldbach', () => {
  test('counts the sums of two primes', async () => {
    const [outcome] = await runTasks('../goldbach-comet', [0]);
    const rows = rowsOf(outcome!);
    expect(rows.slice(0, 4)).toEqual(['4,1,2', '6,1,3', '8,1,3', '10,2,3']);
    expect(rows).toHaveLength(250);
    expect(outcome!.fuelUsed).toBeGreaterThan(0);
  });
});

describe('Zig: life', () => {
  test('is a reactor whose patterns end as they are known to', async () => {
    const [pentomino, diehard, glider] = (await runTasks('./zig', [0, 1, 2])).map(rowsOf);
    // The R-pentomino settles after 1103 generations with 116 cells, Diehard dies after 130 (LifeWiki).
    expect(pentomino![0]).toBe('0,0,5');
    expect(pentomino![1_103]).toBe('0,1103,116');
    expect(diehard!.slice(129, 131)).toEqual(['1,129,2', '1,130,0']);
    expect(new Set(glider!.map((row) => row.split(',')[2]))).toEqual(new Set(['5']));
  });

  test('tells its steps and their digest', async () => {
    const [outcome] = await runTasks('./zig', [1]);
    expect(outcome!.chunks).toMatchObject({ count: 1_104 });
  });
});

describe('AssemblyScript: walk', () => {
  test('walks the same way whenever a task is run, another way in another task', async () => {
    const [first, again, other] = await Promise.all([
      runTasks('./assemblyscript', [0]),
      runTasks('./assemblyscript', [0]),
      runTasks('./assemblyscript', [1]),
    ]);
    const [row] = rowsOf(first[0]!);
    expect(rowsOf(again[0]!)).toEqual([row]);
    expect(rowsOf(other[0]!)).not.toEqual([row]);
    const [steps, x, y, furthest, clockMs] = row!.split(',').map(Number) as [
      number,
      number,
      number,
      number,
      number,
    ];
    expect([steps, clockMs]).toEqual([1_000_000, 946_684_800_000]);
    // As many steps as that lead a thousand or so from home, and to a place of the right colour.
    expect(Math.abs(x + y) % 2).toBe(0);
    expect(furthest).toBeGreaterThanOrEqual(Math.hypot(x, y));
    expect(furthest).toBeLessThan(6_000);
  });
});

describe('WGSL: mix', () => {
  /** The shader's hash once more. */
  function mix(seed: number): number {
    const state = (Math.imul(seed, 747_796_405) + 2_891_336_453) >>> 0;
    const word = Math.imul((state >>> ((state >>> 28) + 4)) ^ state, 277_803_737) >>> 0;
    return ((word >>> 22) ^ word) >>> 0;
  }

  test('fills its buffer, the last and shorter task too', async () => {
    const outcomes = await runTasks('./wgsl', [1, 3]);
    for (const [outcome, first, count] of [
      [outcomes[0]!, 300, 300],
      [outcomes[1]!, 900, 100],
    ] as const) {
      expect(outcome.exit).toEqual({ kind: 'ok' });
      const numbers = new Uint32Array(outcome.outputs[0]!.bytes.slice().buffer);
      expect([...numbers]).toEqual(Array.from({ length: count }, (_, i) => mix(first + i)));
    }
  });
});
