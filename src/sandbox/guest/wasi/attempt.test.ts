import { describe, expect, test } from 'vitest';
import type { Bytes } from '../../../base/bytes.ts';
import { effectiveLimits } from '../../../job/limits.ts';
import { ONE_IMPORT, RECURSION, START_LOOP } from '../../fixtures/guests/start-modules.ts';
import type { TaskInput, WasiLoad } from '../../messages.ts';
import { guardWasm } from '../../wasm-guard/guard-wasm.ts';
import { attempt, type AttemptOptions } from './attempt.ts';
import { HostTurns } from '../host-turns.ts';

const NO_BYTES = new Uint8Array(0);
const LIMIT = 2_000_000;

function optionsFor(source: Bytes, given: Partial<AttemptOptions & { steps: number }> = {}): AttemptOptions {
  const limits = effectiveLimits({ fuel: LIMIT });
  const { module } = guardWasm(source, limits);
  const load: WasiLoad = { kind: 'wasi', module, files: [], outputs: ['stdout'], needsSeed: false, limits };
  const task: TaskInput = { parameters: {}, seed: NO_BYTES, args: [], env: [], contents: {} };
  const compiled = new WebAssembly.Module(module);
  return {
    module: compiled,
    imports: WebAssembly.Module.imports(compiled).map(({ name }) => name),
    load,
    task: given.steps === undefined ? task : { ...task, steps: given.steps },
    host: new HostTurns({ onProgress: () => undefined, onChunks: undefined, onCalls: () => undefined }),
    fuel: LIMIT,
    limitMs: 60_000,
    ...given,
  };
}

describe('an attempt', () => {
  test('with all the fuel there is comes to a result, whatever it is', async () => {
    const spent = await attempt(optionsFor(START_LOOP));
    expect(spent).toMatchObject({ kind: 'done', result: { exit: { kind: 'fuel' }, fuelUsed: LIMIT } });
    expect(await attempt(optionsFor(ONE_IMPORT))).toMatchObject({
      kind: 'done',
      result: { exit: { kind: 'ok' }, outputs: [{ path: 'stdout', bytes: NO_BYTES }] },
    });
  });

  test('with less is a round: dropped when that is spent, the result when it suffices', async () => {
    expect(await attempt(optionsFor(START_LOOP, { fuel: LIMIT - 1 }))).toEqual({ kind: 'spent' });
    const round = await attempt(optionsFor(ONE_IMPORT, { fuel: LIMIT - 1 }));
    expect(round).toEqual(await attempt(optionsFor(ONE_IMPORT)));
  });

  test('ends a round at an import after its time, but never the real attempt', async () => {
    expect(await attempt(optionsFor(ONE_IMPORT, { fuel: LIMIT - 1, limitMs: -1 }))).toEqual({ kind: 'slow' });
    expect(await attempt(optionsFor(ONE_IMPORT, { limitMs: -1 }))).toMatchObject({ kind: 'done' });
  });

  test('takes no word of an exhausted stack from a round: optimised code may get by with less', async () => {
    expect(await attempt(optionsFor(RECURSION, { fuel: LIMIT - 1 }))).toEqual({ kind: 'slow' });
    const real = await attempt(optionsFor(RECURSION));
    expect(real).toMatchObject({ kind: 'done', result: { exit: { kind: 'stack' }, outputs: [] } });
    expect(real.kind === 'done' && real.result.fuelUsed).toBeUndefined();
  });

  test('refuses a step that takes something else', async () => {
    expect(await attempt(optionsFor(ONE_IMPORT, { steps: 3 }))).toMatchObject({
      kind: 'done',
      result: { exit: { kind: 'refused', message: expect.stringContaining('i64') as string } },
    });
  });
});
