import { describe, expect, test } from 'vitest';
import { toHex, utf8 } from '../base/bytes.ts';
import { chunkCid, CHUNK_BYTES } from '../base/cid.ts';
import { PROVIDER, REQUESTOR, SOME_CID } from './messages.fixture.ts';
import { commitment, type Exit, type Result, resultDigest, resultOf, taskSeed } from './task.ts';

const OTHER_CID = await chunkCid(utf8('another job'));
const nonce = new Uint8Array(16).fill(1);
const digest = new Uint8Array(32).fill(2);

function outcome(paths: readonly string[], wallMs = 1, exit: Exit = { kind: 'ok' }) {
  return { exit, wallMs, outputs: paths.map((path) => ({ path, bytes: utf8(`bytes of ${path}`) })) };
}

async function digestOf(...given: Parameters<typeof outcome>): Promise<string> {
  return toHex(await resultDigest(await resultOf(outcome(...given))));
}

describe('a result', () => {
  test('names its outputs by path, in the order of their paths', async () => {
    const result = await resultOf(outcome(['b', 'a/c', 'a', 'B']));
    expect(result.outputs.map(({ path }) => path)).toEqual(['B', 'a', 'a/c', 'b']);
    expect(result.outputs[0]).toEqual({ path: 'B', cid: await chunkCid(utf8('bytes of B')), bytes: 10 });
  });
  test('names a large output by its chunk list', async () => {
    const bytes = new Uint8Array(CHUNK_BYTES + 1);
    const { outputs } = await resultOf({ exit: { kind: 'ok' }, wallMs: 1, outputs: [{ path: 'a', bytes }] });
    expect(outputs[0]).toMatchObject({ bytes: CHUNK_BYTES + 1, cid: expect.stringMatching(/^bafy/) });
  });
  test('has a digest that neither the order of outputs nor the time taken changes', async () => {
    const first = await digestOf(['a', 'b', 'c']);
    expect(await digestOf(['c', 'a', 'b'], 99)).toBe(first);
  });
  test('has another digest when anything else differs', async () => {
    const digests = await Promise.all([
      digestOf(['a', 'b']),
      digestOf(['a']),
      digestOf([]),
      digestOf(['a', 'c']),
      digestOf(['a', 'b'], 1, { kind: 'exit-code', code: 1 }),
      digestOf(['a', 'b'], 1, { kind: 'exit-code', code: 2 }),
      digestOf(['a', 'b'], 1, { kind: 'trap', message: 'x' }),
      digestOf(['a', 'b'], 1, { kind: 'fuel', message: 'x' }),
      ...[{ fuelUsed: 1 }, { fuelUsed: 2 }, { chunks: { count: 1, digest } }, { witness: digest }].map(
        async (more) => toHex(await resultDigest(await resultOf({ ...outcome(['a', 'b']), ...more }))),
      ),
    ]);
    expect(new Set(digests).size).toBe(digests.length);
  });
  test('has a digest that honest devices share: not the words of a fault, nor the numeric class', async () => {
    const trap = (message: string) => digestOf([], 1, { kind: 'trap', message });
    expect(await trap('unreachable')).toBe(await trap('unreachable executed'));
    const plain = await resultOf(outcome(['a']));
    const classed = await resultOf({ ...outcome(['a']), numericClass: '0'.repeat(64) });
    expect(classed.numericClass).toBe('0'.repeat(64));
    expect(await resultDigest(classed)).toEqual(await resultDigest(plain));
  });
  test('has a digest that the order of its properties does not change', async () => {
    const output = { path: 'a', cid: SOME_CID, bytes: 1 };
    const one: Result = { exit: { kind: 'ok' }, outputs: [output] };
    const two: Result = { outputs: [{ bytes: 1, cid: SOME_CID, path: 'a' }], exit: { kind: 'ok' } };
    expect(await resultDigest(one)).toEqual(await resultDigest(two));
  });
});

describe('a commitment', () => {
  const inputs: Parameters<typeof commitment> = [SOME_CID, 3, PROVIDER.peer, nonce, digest];
  test('is the one it always was', async () => {
    expect(toHex(await commitment(...inputs))).toBe(
      '6798bd634ab6d52abe2917d0e164ec076a2f055a0a400210c8669b44ae90e526',
    );
  });
  test('changes with each of its inputs', async () => {
    const others = [OTHER_CID, 4, REQUESTOR.peer, new Uint8Array(16), new Uint8Array(32)];
    const all = [await commitment(...inputs)];
    for (const [i, other] of others.entries())
      all.push(await commitment(...((inputs as unknown[]).with(i, other) as typeof inputs)));
    expect(new Set(all.map(toHex)).size).toBe(6);
  });
  test('does not let bytes move from one input to the next', async () => {
    const moved = await commitment(SOME_CID, 3, `${PROVIDER.peer}\u0001`, nonce.subarray(1), digest);
    expect(toHex(moved)).not.toBe(toHex(await commitment(...inputs)));
  });
});

describe('the seed of a task', () => {
  test.each([
    [SOME_CID, 0, '952016ad31d1da9b3f32cba337cbf7bfee92a184ab822415b3dc27bcc62c0145'],
    [SOME_CID, 1, '28eae9be48f1619c4e58d17b5d824e3ddddf18b7c1c6249c068fc5b63c88152f'],
    [SOME_CID, 999_999, '0143da20417c3f4244327254160c9faf478e824d930eda2f03ba7b105293ff96'],
  ])('of %s, %i is the one it always was', async (job, task, seed) => {
    expect(toHex(await taskSeed(job, task))).toBe(seed);
  });
  test('differs between tasks and between jobs', async () => {
    const seeds = [await taskSeed(SOME_CID, 1), await taskSeed(SOME_CID, 11), await taskSeed(OTHER_CID, 1)];
    expect(new Set(seeds.map(toHex)).size).toBe(3);
  });
});
