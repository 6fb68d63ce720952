import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fromUtf8, toHex } from '../../base/bytes.ts';
import type { Limits } from '../../protocol/manifest.ts';
import type { TaskOutcome } from '../../protocol/task.ts';
import guestUrl from '../fixtures/guests/guest.wasm?url';
import { manifestOf, TestBlobs } from '../fixtures/manifests.ts';
import { NO_MEMORY, RECURSION, START_FINE, START_LOOP } from '../fixtures/guests/start-modules.ts';
import type { InputRef } from '../prepare/inputs.ts';
import { createSandbox, type Sandbox } from '../sandbox.ts';

const blobs = new TestBlobs();
let sandbox: Sandbox;
let guest: InputRef;
const never = new AbortController().signal;

beforeAll(async () => {
  sandbox = createSandbox({ cpuSlots: 2, gpuSlots: 0, pageUrl: '/sandbox.html' });
  guest = await blobs.put(new Uint8Array(await (await fetch(guestUrl)).arrayBuffer()));
});
afterAll(() => sandbox[Symbol.asyncDispose]());

function open(module: InputRef, args: string[] = [], limits: Limits = {}) {
  const outputs = ['stdout', 'results/out.txt'];
  const program = { kind: 'wasi' as const, module, args: ['guest', ...args], env: {}, files: {}, outputs };
  return sandbox.openJob(module.cid, manifestOf(program, limits), blobs.read);
}

async function run(module: InputRef, args: string[] = [], limits: Limits = {}) {
  const job = await open(module, args, limits);
  try {
    return await job.run(0, { signal: never });
  } finally {
    await job.close();
  }
}

/** Everything that another device must come to as well. */
function statement({ exit, outputs, fuelUsed, witness }: TaskOutcome) {
  return {
    exit,
    outputs: outputs.map(({ path, bytes }) => [path, fromUtf8(bytes)]),
    fuelUsed,
    witness: witness && toHex(witness),
  };
}

describe('fuel', () => {
  test('bounds a run, which then says what to do, and is used up to the unit', async () => {
    // Less than a first round of warming up, more than it, and more than all of them.
    for (const fuel of [1_000, 900_000, 3_000_000, 400_000_000]) {
      const outcome = await run(guest, ['loop'], { fuel });
      expect(outcome).toMatchObject({ exit: { kind: 'fuel' }, fuelUsed: fuel, outputs: [] });
      expect('message' in outcome.exit && outcome.exit.message).toContain(
        `${fuel} units of fuel; raise limits.fuel`,
      );
      expect(outcome.witness?.byteLength).toBe(32);
    }
  });

  test('bounds the start function, too, which otherwise runs before everything else', async () => {
    const loop = await blobs.put(START_LOOP);
    expect(await run(loop, [], { fuel: 5_000_000 })).toMatchObject({
      exit: { kind: 'fuel' },
      fuelUsed: 5_000_000,
    });
    const fine = await run(await blobs.put(START_FINE));
    expect(fine.exit).toEqual({ kind: 'ok' });
    expect(fine.fuelUsed).toBeGreaterThan(0);
    expect(fine.fuelUsed).toBeLessThan(50);
  });

  test('used is the same on two slots, cold and warm', async () => {
    const job = await open(guest, ['hello', 'a', 'b']);
    const together = [0, 1, 0, 1].map((task) => job.run(task, { signal: never }));
    const used = (await Promise.all(together)).map(({ fuelUsed }) => fuelUsed);
    used.push((await job.run(0, { signal: never })).fuelUsed);
    expect(new Set(used).size).toBe(1);
    expect(used[0]).toBeGreaterThan(100);
    await job.close();
  });

  test('that suffices to the unit ends well; one unit less does not', async () => {
    const { fuelUsed } = await run(guest, ['hello']);
    expect((await run(guest, ['hello'], { fuel: fuelUsed! })).exit).toEqual({ kind: 'ok' });
    expect(await run(guest, ['hello'], { fuel: fuelUsed! - 1 })).toMatchObject({
      exit: { kind: 'fuel' },
      fuelUsed: fuelUsed! - 1,
    });
  });

  test('used and memory at a trap are the same in every run', async () => {
    const first = statement(await run(guest, ['trap']));
    expect(first).toMatchObject({ exit: { kind: 'trap' }, fuelUsed: expect.any(Number) as number });
    expect(first.witness).toMatch(/^[0-9a-f]{64}$/);
    expect(statement(await run(guest, ['trap']))).toEqual(first);
    expect(statement(await run(guest, ['divide'])).witness).not.toBe(first.witness);
  });
});

describe('warming up', () => {
  test('changes nothing of a result: output comes once, chance and clock begin anew', async () => {
    // Long enough in baseline code for every round of warming up.
    const job = await open(guest, ['work', '60000000']);
    const cold = statement(await job.run(0, { signal: never }));
    const warm = statement(await job.run(0, { signal: never }));
    await job.close();
    expect(warm).toEqual(cold);
    const outputs = Object.fromEntries(cold.outputs) as Record<string, string>;
    expect(outputs['results/out.txt']).toMatch(/^once [0-9a-f]{8}$/);
    expect(outputs['stdout']).toMatch(/^[0-9a-f]{8} \d{9} 00000001\n[0-9a-f]{8} \d{9} [0-9a-f]{8}\n$/);
    // A run so short that its first round is the run agrees with what the long one begins with.
    const short = statement(await run(guest, ['work', '10']));
    expect(short.outputs.find(([path]) => path === 'stdout')![1]!.split('\n')[0]).toBe(
      outputs['stdout']!.split('\n')[0],
    );
  });
});

describe('what differs from engine to engine is no result', () => {
  test('an exhausted stack', async () => {
    const outcome = await run(await blobs.put(RECURSION));
    expect(outcome).toEqual({
      exit: { kind: 'stack', message: 'The program exhausted its call stack.' },
      outputs: [],
      wallMs: expect.any(Number) as number,
    });
  });

  test('a module without a memory is refused by name', async () => {
    expect((await run(await blobs.put(NO_MEMORY))).exit).toMatchObject({
      kind: 'refused',
      message: expect.stringMatching(/memory/) as string,
    });
  });
});
