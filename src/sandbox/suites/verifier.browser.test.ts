import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fromUtf8, utf8 } from '../../base/bytes.ts';
import { VERIFIER_LIMITS } from '../../job/limits.ts';
import type { Manifest, OnnxProgram, Program, WasiProgram, WgslProgram } from '../../protocol/manifest.ts';
import guestUrl from '../fixtures/guests/guest.wasm?url';
import { manifestOf, TestBlobs } from '../fixtures/manifests.ts';
import verifierUrl from '../fixtures/guests/verifier.wasm?url';
import type { InputRef } from '../prepare/inputs.ts';
import { createSandbox, type Sandbox } from '../sandbox.ts';

const blobs = new TestBlobs();
let sandbox: Sandbox;
let module: InputRef;
let wasi: WasiProgram;
const never = new AbortController().signal;
const SEED = new Uint8Array(32).fill(7);
const ANSWER = [{ path: 'answer', bytes: utf8('42') }];

beforeAll(async () => {
  sandbox = createSandbox({ cpuSlots: 1, gpuSlots: 0, pageUrl: '/sandbox.html' });
  const load = async (url: string) => blobs.put(new Uint8Array(await (await fetch(url)).arrayBuffer()));
  module = await load(verifierUrl);
  wasi = {
    kind: 'wasi',
    module: await load(guestUrl),
    args: ['guest', 'hello'],
    env: {},
    files: { 'data/truth.txt': await blobs.put('42') },
    stdin: await blobs.put('from stdin'),
    outputs: ['answer'],
  };
});
afterAll(() => sandbox[Symbol.asyncDispose]());

function verified(args: readonly string[], program: Program = wasi): Manifest {
  return {
    ...manifestOf(program, { memoryBytes: 1 }),
    comparator: { class: 'verifier', module, args: ['verify', ...args] },
  };
}

/** Runs the verifier once: how it ended and what it wrote to standard error. */
async function verify(
  args: readonly string[],
  {
    program = wasi,
    outputs = ANSWER,
    task = 0,
    seed = SEED,
    signal = never,
    limits = VERIFIER_LIMITS,
    wallMs = VERIFIER_LIMITS.wallMs,
  } = {} as {
    program?: Program;
    outputs?: typeof ANSWER;
    task?: number;
    seed?: typeof SEED;
    signal?: AbortSignal;
    limits?: typeof VERIFIER_LIMITS;
    wallMs?: number;
  },
) {
  const verifier = await sandbox.openVerifier(verified(args, program), blobs.read, limits);
  try {
    const { exit, outputs: written, stderr } = await verifier.run(task, outputs, { signal, seed, wallMs });
    return { exit, written, said: stderr === undefined ? '' : fromUtf8(stderr) };
  } finally {
    await verifier.close();
  }
}

const hexOf = (text: string) => [...utf8(text)].map((byte) => byte.toString(16).padStart(2, '0')).join('');

describe('a verifier', () => {
  const COMPARE = ['compare', 'in/data/truth.txt', 'out/answer'];

  test('says that a result is right, or what is wrong with it', async () => {
    expect(await verify(COMPARE)).toEqual({ exit: { kind: 'ok' }, written: [], said: '' });
    const wrong = await verify(COMPARE, { outputs: [{ path: 'answer', bytes: utf8('41') }] });
    expect(wrong.exit).toEqual({ kind: 'exit-code', code: 1 });
    expect(wrong.said).toMatch(/^byte 1 differs\n/);
    expect((await verify(COMPARE, { outputs: [] })).said).toBe('out/answer is missing\n');
  });

  test('sees files, standard input, outputs in folders, and the parameters of the task', async () => {
    const outputs = [{ path: 'deep/er/a.txt', bytes: utf8('A') }];
    const { said } = await verify(['tell', 'in/stdin', 'out/deep/er/a.txt', 'in/{n}', 'guest.wasm'], {
      outputs,
      task: 5,
    });
    expect(said).toBe(
      `in/stdin=${hexOf('from stdin')} out/deep/er/a.txt=${hexOf('A')} in/5=none guest.wasm=none `,
    );
  });

  test('sees the bytes of buffers as this task has them', async () => {
    const input = await blobs.put('0123456789');
    const program: WgslProgram = {
      kind: 'wgsl',
      shaders: { main: await blobs.put('// never compiled here') },
      buffers: {
        fixed: { usage: 'read-only-storage', bytes: 10, source: { input } },
        sliced: {
          usage: 'read-only-storage',
          bytes: 2,
          source: { input, offset: 'n * 2', length: 2 },
        },
        zeros: { usage: 'storage', bytes: 4 },
      },
      uniforms: [],
      passes: [{ shader: 'main', entry: 'main', workgroups: [1, 1, 1], bindings: { '0': 'zeros' } }],
      outputs: { answer: { buffer: 'zeros', element: 'u8' } },
    };
    const { said } = await verify(['tell', 'in/fixed', 'in/sliced', 'in/zeros'], { program, task: 3 });
    expect(said).toBe(`in/fixed=${hexOf('0123456789')} in/sliced=${hexOf('67')} in/zeros=none `);
  });

  test('sees the bytes of tensors, before they become floats', async () => {
    const input = await blobs.put('abcdef');
    const program: OnnxProgram = {
      kind: 'onnx',
      model: await blobs.put('never loaded here'),
      inputs: {
        x: {
          type: 'f32',
          shape: [2],
          source: { input, offset: 'n', length: 2 },
          fromBytes: { scale: 2, offset: 0 },
        },
      },
      outputs: { answer: { tensor: 'y', type: 'f32' } },
    };
    expect((await verify(['tell', 'in/x'], { program, task: 1 })).said).toBe(`in/x=${hexOf('bc')} `);
  });

  test('has chance of the seed that it is given, and of nothing else', async () => {
    const first = (await verify(['chance'])).said;
    expect(first).toMatch(/^[0-9a-f]{32}$/);
    expect((await verify(['chance'], { task: 9 })).said).toBe(first);
    expect((await verify(['chance'], { seed: new Uint8Array(32).fill(8) })).said).not.toBe(first);
  });

  test('takes another result in the same slot without a trace of the one before', async () => {
    const verifier = await sandbox.openVerifier(verified(['tell', 'out/a', 'out/b']), blobs.read);
    const run = async (path: string) => {
      const { stderr } = await verifier.run(0, [{ path, bytes: utf8(path) }], { signal: never, seed: SEED });
      return fromUtf8(stderr!);
    };
    expect(await run('a')).toBe('out/a=61 out/b=none ');
    expect(await run('b')).toBe('out/a=none out/b=62 ');
    await verifier.close();
  });
});

describe('a verifier that', () => {
  test.each([
    ['traps', ['trap'], { kind: 'trap' }],
    ['ends with another code', ['exit', '3'], { kind: 'exit-code', code: 3 }],
    ['prints without end', ['print'], { kind: 'output-limit' }],
    ['writes without end', ['flood'], { kind: 'output-limit' }],
    ['takes all memory it can get', ['grow'], { kind: 'exit-code', code: 3 }],
    ['overwrites the result', ['forge'], { kind: 'exit-code', code: 1 }],
    ['asks for a parameter that no task has', ['{nothing}'], { kind: 'refused' }],
  ])('%s is told by its end', async (_, args, exit) => {
    expect(await verify(args)).toMatchObject({ exit, written: [] });
  });

  test('never ends is cut off, and the next one runs', async () => {
    const hung = await verify(['loop'], { wallMs: 200 });
    expect(hung.exit).toMatchObject({ kind: 'timeout' });
    const burnt = await verify(['loop'], { limits: { ...VERIFIER_LIMITS, fuel: 1e6 } });
    expect(burnt.exit).toMatchObject({ kind: 'fuel' });
    expect((await verify(['exit', '0'])).exit).toEqual({ kind: 'ok' });
  });

  test('is stopped says nothing', async () => {
    const stop = new AbortController();
    const running = verify(['loop'], { signal: stop.signal });
    setTimeout(() => stop.abort(), 50);
    await expect(running).rejects.toMatchObject({ code: 'base/aborted' });
  });

  test.each([
    ['is no WebAssembly', 'not a module'],
    ['is empty', ''],
  ])('%s is refused', async (_, text) => {
    const job = verified([]);
    const manifest: Manifest = { ...job, comparator: { class: 'verifier', module: await blobs.put(text) } };
    const verifier = await sandbox.openVerifier(manifest, blobs.read);
    const { exit } = await verifier.run(0, ANSWER, { signal: never, seed: SEED });
    expect(exit).toMatchObject({ kind: 'refused' });
    await verifier.close();
  });

  test('a job does not have cannot be run', async () => {
    const verifier = await sandbox.openVerifier(manifestOf(wasi), blobs.read);
    const { exit } = await verifier.run(0, ANSWER, { signal: never, seed: SEED });
    expect(exit).toMatchObject({ kind: 'refused', message: expect.stringMatching(/no verifier/) as string });
  });
});
