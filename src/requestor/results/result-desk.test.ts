import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ManualClock } from '../../../tests/mesh/twins/manual-clock.ts';
import { type Bytes, toHex, utf8 } from '../../base/bytes.ts';
import { chunkCid } from '../../base/cid.ts';
import { MAX_INLINE_OUTPUT_BYTES } from '../../protocol/constants.ts';
import { PROVIDER, SOME_CID } from '../../protocol/messages.fixture.ts';
import { commitment, type Result, resultDigest, resultOf } from '../../protocol/task.ts';
import type { Revealed } from '../../protocol/work.ts';
import { REVEAL_TIMEOUT_MS } from '../constants.ts';
import { type Origin, ResultDesk } from './result-desk.ts';

const origin: Origin = { lease: 'a', task: 3 };
const nonce = new Uint8Array(16).fill(9);

let clock: ManualClock;
let desk: ResultDesk;
let asked: Origin[];
let fetched: string[];
/** Blobs that the provider hands out. */
let blobs: Map<string, Bytes>;

beforeEach(() => {
  clock = new ManualClock();
  asked = [];
  fetched = [];
  blobs = new Map();
  desk = new ResultDesk(SOME_CID, clock, {
    askBytes: (one) => asked.push(one),
    fetchOutput: async (_, cid) => {
      fetched.push(cid);
      const bytes = blobs.get(cid);
      if (bytes === undefined) throw new Error('not found');
      return bytes;
    },
  });
});
afterEach(() => clock[Symbol.dispose]());

async function resultWith(files: Record<string, Bytes>): Promise<Result> {
  const outputs = Object.entries(files).map(([path, bytes]) => ({ path, bytes }));
  return resultOf({ exit: { kind: 'ok' }, wallMs: 1, outputs });
}

function revealedOf(result: Result, inline: Record<string, Bytes> = {}): Revealed {
  return { task: origin.task, nonce, result, inline };
}

async function commit(result: Result): Promise<void> {
  const digest = await resultDigest(result);
  desk.commit(origin, await commitment(SOME_CID, origin.task, PROVIDER.peer, nonce, digest));
}

const small = { out: utf8('hello') };

describe('a reveal is refused', () => {
  test('before its commitment', async () => {
    const revealed = revealedOf(await resultWith(small));
    await expect(desk.reveal(origin, PROVIDER.peer, revealed)).rejects.toMatchObject({
      code: 'verification/not-committed',
    });
  });
  test('when it is not what was committed to, in any input', async () => {
    const result = await resultWith(small);
    await commit(result);
    const lies: [Origin, string, Revealed][] = [
      [origin, PROVIDER.peer, revealedOf(await resultWith({ out: utf8('other') }))],
      [origin, PROVIDER.peer, { ...revealedOf(result), nonce: new Uint8Array(16) }],
      [origin, 'somebody else', revealedOf(result)],
    ];
    for (const lie of lies)
      await expect(desk.reveal(...lie)).rejects.toMatchObject({ code: 'verification/commitment-broken' });
    expect(desk.resultOf(origin)).toBeUndefined();
  });
  test('when a second commitment would fit it: the first word counts', async () => {
    await commit(await resultWith(small));
    const other = await resultWith({ out: utf8('copied from somebody') });
    await commit(other);
    await expect(desk.reveal(origin, PROVIDER.peer, revealedOf(other))).rejects.toMatchObject({
      code: 'verification/commitment-broken',
    });
  });
  test('when the bytes beside it are not those of its outputs', async () => {
    const result = await resultWith(small);
    await commit(result);
    for (const inline of [{ out: utf8('jello') }, { out: utf8('hell') }, { more: utf8('hello') }])
      await expect(desk.reveal(origin, PROVIDER.peer, revealedOf(result, inline))).rejects.toMatchObject({
        code: 'verification/wrong-output',
      });
    expect(desk.resultOf(origin)).toBeUndefined();
  });
});

describe('bytes', () => {
  test('that came along are there; the digest is that of the result', async () => {
    const result = await resultWith(small);
    await commit(result);
    const digest = await desk.reveal(origin, PROVIDER.peer, revealedOf(result, small));
    expect(digest).toBe(toHex(await resultDigest(result)));
    expect([desk.hasBytes(origin), await desk.gather(origin)]).toEqual([true, { result, inline: small }]);
    expect([asked, clock.armed]).toEqual([[], 0]);
  });
  test('that did not are asked for, and waited for', async () => {
    const result = await resultWith({ ...small, more: utf8('x') });
    await commit(result);
    await desk.reveal(origin, PROVIDER.peer, revealedOf(result, small));
    expect(desk.hasBytes(origin)).toBe(false);
    const gathering = desk.gather(origin);
    expect(asked).toEqual([origin]);
    await desk.reveal(origin, PROVIDER.peer, revealedOf(result, { more: utf8('x') }));
    expect((await gathering).inline).toEqual({ ...small, more: utf8('x') });
    await clock.settle();
    expect(clock.armed).toBe(0);
  });
  test('that never come end the wait with a named error', async () => {
    const result = await resultWith(small);
    await commit(result);
    await desk.reveal(origin, PROVIDER.peer, revealedOf(result));
    const gathering = desk.gather(origin).then(
      () => 'none',
      (error: { code: string }) => error.code,
    );
    await clock.advance(REVEAL_TIMEOUT_MS);
    expect(await gathering).toBe('verification/no-bytes');
  });
  test('that are left out of the second reveal too are missing, not empty', async () => {
    const result = await resultWith(small);
    await commit(result);
    await desk.reveal(origin, PROVIDER.peer, revealedOf(result));
    const gathering = desk.gather(origin);
    gathering.catch(() => {});
    await desk.reveal(origin, PROVIDER.peer, revealedOf(result));
    await expect(gathering).rejects.toMatchObject({ code: 'verification/no-bytes' });
  });
  test('of many outputs are fetched as blobs, all of them or none', async () => {
    const files = { a: new Uint8Array(MAX_INLINE_OUTPUT_BYTES), b: utf8('b') };
    const result = await resultWith(files);
    await commit(result);
    await desk.reveal(origin, PROVIDER.peer, revealedOf(result));
    blobs.set(await chunkCid(files.a), files.a);
    await expect(desk.gather(origin)).rejects.toThrow('not found');
    blobs.set(await chunkCid(files.b), files.b);
    expect(await desk.gather(origin)).toEqual({ result, inline: {} });
    expect(await desk.outputs(origin)).toEqual([
      { path: 'a', bytes: files.a },
      { path: 'b', bytes: files.b },
    ]);
    expect(asked).toEqual([]);
  });
  test('right at the limit travel in the frame', async () => {
    const files = { a: new Uint8Array(MAX_INLINE_OUTPUT_BYTES) };
    const result = await resultWith(files);
    await commit(result);
    await desk.reveal(origin, PROVIDER.peer, revealedOf(result, files));
    expect((await desk.gather(origin)).inline).toEqual(files);
    expect(fetched).toEqual([]);
  });
});

test('what was forgotten is not here, and may be committed to anew', async () => {
  const result = await resultWith(small);
  await commit(result);
  await desk.reveal(origin, PROVIDER.peer, revealedOf(result, small));
  desk.forget(origin);
  expect([desk.hasBytes(origin), desk.resultOf(origin)]).toEqual([false, undefined]);
  await expect(desk.gather(origin)).rejects.toMatchObject({ code: 'verification/no-result' });
  await commit(await resultWith({}));
  await expect(desk.reveal(origin, PROVIDER.peer, revealedOf(await resultWith({})))).resolves.toMatch(
    /^[0-9a-f]{64}$/,
  );
});

test('our own result needs no commitment', async () => {
  const result = await resultWith(small);
  desk.addOwn(origin, result, small);
  expect(await desk.outputs(origin)).toEqual([{ path: 'out', bytes: small.out }]);
});
