import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { utf8 } from '../../base/bytes.ts';
import denoise from '../../../shaders/path-tracer/denoise.wgsl?raw';
import material from '../../../shaders/path-tracer/material.wgsl?raw';
import resolve from '../../../shaders/path-tracer/resolve.wgsl?raw';
import scene from '../../../shaders/path-tracer/scene.wgsl?raw';
import trace from '../../../shaders/path-tracer/trace.wgsl?raw';
import { CORPUS } from './fixtures/corpus.ts';
import { generateShader } from './fixtures/generate-shader.ts';
import { compileShader, openTestDevice, runShader, type ShaderBuffer } from './fixtures/run-shader.ts';
import { tinyScene } from './fixtures/tiny-scene.ts';
import { guardWgsl, type GuardedWgsl } from './guard-wgsl.ts';
import { authorPosition } from './read/positions.ts';

let device: GPUDevice;
beforeAll(async () => {
  device = await openTestDevice();
});
afterAll(() => device.destroy());

function guard(source: string, loopTurns = 2 ** 20): GuardedWgsl {
  return guardWgsl(utf8(source), { shaderBytes: 65_536, inlinedTokens: 20_000, loopTurns });
}

/** The hard limit: loops drawn at random nest deeper than loops that control barriers usually do. */
const MAX_TURNS = 2 ** 24;
const GIVEN_WORDS = 1_024;
const OUT_WORDS = 128;

function corpusBuffers(): readonly ShaderBuffer[] {
  const words = Uint32Array.from({ length: GIVEN_WORDS }, (_, i) => Math.imul(i + 1, 2_654_435_761) >>> 3);
  return [
    { access: 'read_write', words: new Uint32Array(OUT_WORDS) },
    { access: 'read', words },
  ];
}

/** Runs a shader as it is and guarded; both must give the same bytes, and no counter may run out. */
async function expectSameBytes(
  source: string,
  entry: string,
  buffers: readonly ShaderBuffer[],
  workgroups: readonly [number, number] = [2, 1],
): Promise<readonly Uint32Array[]> {
  const bare = await runShader(device, source, entry, buffers, workgroups);
  const guarded = await runShader(device, guard(source, MAX_TURNS).code, entry, buffers, workgroups);
  expect(guarded.hasOverrun).toBe(false);
  expect(guarded.outputs).toEqual(bare.outputs);
  expect(bare.outputs.some((words) => words.some((word) => word !== 0))).toBe(true);
  return bare.outputs;
}

describe('a guarded shader gives the same bytes', () => {
  test.each(CORPUS)('$name', async ({ body }) => {
    await expectSameBytes(body, 'main', corpusBuffers());
  });

  test('the path tracer', async () => {
    const tiny = tinyScene(16, 3);
    const traced = await expectSameBytes(scene + material + trace, 'trace', tiny.trace, [2, 2]);
    const [light, guides] = traced.map((words): ShaderBuffer => ({
      access: 'read_write',
      words: new Uint32Array(words),
    }));
    const lit = { access: 'read_write', words: Uint32Array.from(light!.words, () => 0x3e800000) } as const;
    await expectSameBytes(denoise, 'denoise', [tiny.params, lit, guides!], [2, 2]);
    const pixels = { access: 'read_write', words: new Uint32Array(256) } as const;
    await expectSameBytes(resolve, 'resolve', [tiny.params, light!, guides!, tiny.frame, pixels], [2, 2]);
  });

  test.each(Array.from({ length: 40 }, (_, seed) => seed))('a shader drawn from seed %i', async (seed) => {
    await expectSameBytes(generateShader(seed), 'main', corpusBuffers());
  });
});

const OUT = '@group(0) @binding(0) var<storage, read_write> out: array<u32>;';
const TURNS = 1_000;

describe('an endless loop ends after its turns, and says so', () => {
  const count = 'out[at] += 1u;';
  test.each<[string, string, number]>([
    ['loop', `loop { ${count} }`, TURNS],
    ['for without a condition', `for (;;) { ${count} }`, TURNS],
    ['for whose step undoes it', `for (var i = 0u; i < 2u; i *= 1u) { ${count} }`, TURNS],
    ['while', `while (true) { ${count} }`, TURNS],
    ['continuing', `loop { continue; continuing { ${count} break if out[at] == 0u; } }`, TURNS],
    ['a switch that only continues', `loop { ${count} switch out[at] { default: { continue; } } }`, TURNS],
    ['two in a row share the turns', `loop { ${count} } loop { ${count} }`, TURNS],
    ['nested ones share the turns', `loop { loop { ${count} } }`, TURNS - 1],
    ['in a function called by a loop', `loop { spin(at); }`, TURNS - 1],
    ['with a barrier', `loop { ${count} workgroupBarrier(); }`, TURNS],
    ['with a barrier in a function', `loop { sync(at); }`, TURNS - 1],
    ['in a function that returns from it', `let found = find(at);`, TURNS],
  ])('%s', async (_, body, turns) => {
    const code = `${OUT}
      fn spin(at: u32) { loop { ${count} } }
      fn sync(at: u32) { while (true) { ${count} storageBarrier(); } }
      fn find(at: u32) -> u32 { loop { ${count} if (out[at] == 0u) { return at; } } }
      @compute @workgroup_size(32) fn main(@builtin(local_invocation_index) at: u32) { ${body} }`;
    const used = body.includes('Barrier') || body.includes('sync') ? code : code.replace(/fn sync.*\n/, '\n');
    const buffers: readonly ShaderBuffer[] = [{ access: 'read_write', words: new Uint32Array(32) }];
    const { outputs, hasOverrun } = await runShader(device, guard(used, TURNS).code, 'main', buffers, [1, 1]);
    expect(hasOverrun).toBe(true);
    expect([...outputs[0]!]).toEqual(new Array(32).fill(turns));
  });

  test('beside barriers, whatever the nesting', async () => {
    const code = `${OUT} var<workgroup> w: u32;
      fn f(at: u32) -> u32 { loop { loop { out[at] += 1u; if (at == 7u) { return 1u; } } } }
      @compute @workgroup_size(32) fn main(@builtin(local_invocation_index) at: u32) {
        var n = 0u;
        for (var i = 0u; i < 2u; i *= 1u) { n = f(0u); loop { n += 1u; loop { out[at] += 1u; } } if (n > 5u) { workgroupBarrier(); } }
      }`;
    const buffers: readonly ShaderBuffer[] = [{ access: 'read_write', words: new Uint32Array(32) }];
    const { outputs, hasOverrun } = await runShader(device, guard(code, TURNS).code, 'main', buffers, [1, 1]);
    expect(hasOverrun).toBe(true);
    expect(outputs[0]![1]).toBeLessThanOrEqual(3 * TURNS);
    expect(outputs[0]![1]).toBeGreaterThan(0);
  });
});

test("a compiler's error points at the author's place through what the guard inserted", async () => {
  const source = `${OUT}
@compute @workgroup_size(1) fn main() {
  for (var i = 0u; i < 2u; i++) { /* here */ let a = i; loop { let b = nonsense; } }
}`;
  const { code, edits } = guard(source);
  const error = await compileShader(device, code).then(
    () => undefined,
    (thrown: unknown) => String(thrown),
  );
  const [, line, column] = /(\d+):(\d+): .*nonsense/.exec(error ?? '')!;
  expect(authorPosition(edits, Number(line), Number(column))).toEqual({
    line: 3,
    column: source.split('\n')[2]!.indexOf('nonsense') + 1,
  });
});
