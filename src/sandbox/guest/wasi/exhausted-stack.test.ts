import { describe, expect, test } from 'vitest';
import { effectiveLimits } from '../../../job/limits.ts';
import type { TaskInput, WasiLoad } from '../../messages.ts';
import { guardWasm } from '../../wasm-guard/guard-wasm.ts';
import { fromText } from '../../wasm-guard/fixtures/module-text.fixture.ts';
import { HostTurns } from '../host-turns.ts';
import { loadWasi } from './run-wasi.ts';

/** Calls that go deep into the host's code, with arguments that give the same errno each time. */
const CALLS: readonly (readonly [name: string, parameters: string, given: readonly number[]])[] = [
  ['fd_readdir', 'i32 i32 i32 i64 i32', [3, 256, 512, 0, 128]],
  ['fd_write', 'i32 i32 i32 i32', [1, 1_024, 1, 64]],
  ['path_open', 'i32 i32 i32 i32 i32 i64 i64 i32 i32', [3, 0, 0, 1, 0, 0, 0, 0, 128]],
  ['poll_oneoff', 'i32 i32 i32 i32', [1_024, 2_048, 1, 128]],
  ['random_get', 'i32 i32', [64, 32]],
];
const TOLD_CODE = 7;

/** Recurses, calls the host at each depth until an errno is not that of the first call, and tells that by its exit. */
function recursionAround(name: string, parameters: string, given: readonly number[], locals: number): string {
  const types = parameters.split(' ');
  const call = `(call $call ${types.map((type, i) => `(${type}.const ${given[i]!})`).join(' ')})`;
  return `(module
    (import "wasi_snapshot_preview1" "${name}" (func $call (param ${parameters}) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1) (data (i32.const 0) "x")
    (global $first (mut i32) (i32.const 0)) (global $told (mut i32) (i32.const 0))
    (func $deep (param ${'i64 '.repeat(locals)})
      (if (i32.ne ${call} (global.get $first)) (then (global.set $told (i32.const 1)) (return)))
      (call $deep ${[...Array(locals).keys()].map((i) => `(local.get ${i})`).join(' ')})
      (drop (i64.clz (local.get 0))))
    (func (export "_start")
      (global.set $first ${call}) (call $deep ${'(i64.const 1) '.repeat(locals)})
      (if (global.get $told) (then (call $exit (i32.const ${TOLD_CODE}))))))`;
}

describe('a stack that ends inside a WASI call ends the run: no guest sees where', () => {
  test.each(CALLS)('%s', async (name, parameters, given) => {
    // Frames of several sizes, so that the end comes at several places.
    for (const locals of [1, 6]) {
      const limits = effectiveLimits({});
      const { module } = guardWasm(await fromText(recursionAround(name, parameters, given, locals)), limits);
      const load: WasiLoad = { kind: 'wasi', module, files: [], outputs: [], needsSeed: true, limits };
      const task: TaskInput = {
        parameters: {},
        seed: new Uint8Array(32),
        args: ['guest'],
        env: [],
        contents: {},
      };
      const runner = await loadWasi(load);
      const host = new HostTurns({ onProgress: () => undefined, onChunks: undefined, onCalls: undefined });
      expect((await runner.run(task, () => undefined, host)).exit.kind).toBe('stack');
    }
  });
});
