import { beforeEach, expect, test } from 'vitest';
import type { Bytes } from '../../base/bytes.ts';
import { CHUNK_BYTES, chunkCid, type Cid, cutBlob } from '../../base/cid.ts';
import { systemClock } from '../../base/time.ts';
import { encode } from '../../protocol/codec.ts';
import { MemoryChunks } from '../testing/memory-peer.ts';
import { MemoryStreams } from '../testing/memory-streams.ts';
import { BlobExchange } from './blob-exchange.ts';
import { equalBytes } from '../../base/bytes.ts';
import { CID } from 'multiformats/cid';
import { sha256 } from 'multiformats/hashes/sha2';

class CountingChunks extends MemoryChunks {
  readonly asked: Cid[] = [];
  override get = async (cid: Cid) => {
    this.asked.push(cid);
    return this.pieces.get(cid);
  };
}

let streams: MemoryStreams;

beforeEach(() => {
  streams = new MemoryStreams();
});

async function peer(name: string, servedPerMinuteBytes?: number) {
  const chunks = new CountingChunks();
  const blobs = await BlobExchange.start(streams.of(name), chunks, systemClock, servedPerMinuteBytes);
  return { name, chunks, blobs, address: { peer: name, addresses: [] } };
}

function randomBytes(size: number): Bytes {
  const bytes = new Uint8Array(size);
  for (let i = 0; i < size; i += 65_536)
    crypto.getRandomValues(bytes.subarray(i, Math.min(size, i + 65_536)));
  return bytes;
}

const blob = randomBytes(5 * CHUNK_BYTES + 1_234);

test('a blob of several chunks comes from several holders, is kept, and is served on', async () => {
  const [first, second, asker, third] = await Promise.all(
    ['first', 'second', 'asker', 'third'].map((name) => peer(name)),
  );
  const cid = await first!.blobs.put(blob);
  await second!.blobs.put(blob);
  const progress: number[] = [];
  const holders = [first!.address, second!.address];
  const got = await asker!.blobs.get(cid, { holders, onProgress: (done) => progress.push(done) });
  expect(equalBytes(got, blob)).toBe(true);
  expect(progress.at(-1)).toBe(blob.byteLength);
  expect([...progress].sort((a, b) => a - b)).toEqual(progress);
  for (const holder of [first!, second!]) expect(holder.chunks.asked.length).toBeGreaterThan(0);
  expect(equalBytes(await third!.blobs.get(cid, { holders: [asker!.address] }), blob)).toBe(true);
  expect(equalBytes(await asker!.blobs.get(cid, { holders: [] }), blob)).toBe(true);
});

test.each([
  [0, 10, 1],
  [CHUNK_BYTES - 5, 10, 2],
  [2 * CHUNK_BYTES, CHUNK_BYTES, 1],
  [5 * CHUNK_BYTES + 1_000, 234, 1],
  [100, 0, 0],
])('a range at %i of %i bytes fetches the %i chunks that cover it', async (offset, length, count) => {
  const [holder, asker] = await Promise.all([peer('holder'), peer('asker')]);
  const cid = await holder.blobs.put(blob);
  const got = await asker.blobs.get(cid, { holders: [holder.address], range: { offset, length } });
  expect(equalBytes(got, blob.slice(offset, offset + length))).toBe(true);
  expect(asker.chunks.pieces.size).toBe(count + 1);
});

test('a range beyond the blob is refused', async () => {
  const holder = await peer('holder');
  const cid = await holder.blobs.put(blob);
  for (const range of [
    { offset: 0, length: blob.byteLength + 1 },
    { offset: -1, length: 1 },
    { offset: 0.5, length: 1 },
  ]) {
    await expect(holder.blobs.get(cid, { holders: [], range })).rejects.toMatchObject({
      code: 'blob/bad-range',
    });
  }
});

test('a holder that lies is dropped, and the honest one gives the bytes', async () => {
  const [liar, honest, asker] = await Promise.all(['liar', 'honest', 'asker'].map((name) => peer(name)));
  const cid = await honest!.blobs.put(blob);
  for (const [key, bytes] of honest!.chunks.pieces) {
    const forged = new Uint8Array(bytes);
    forged[0]! ^= 1;
    liar!.chunks.pieces.set(key, forged);
  }
  const holders = [liar!.address, honest!.address];
  expect(equalBytes(await asker!.blobs.get(cid, { holders }), blob)).toBe(true);
  for (const [key, bytes] of asker!.chunks.pieces)
    expect(equalBytes(bytes, honest!.chunks.pieces.get(key)!)).toBe(true);
  const asked = liar!.chunks.asked.length;
  const other = randomBytes(100);
  liar!.chunks.pieces.set(await chunkCid(other), other);
  await expect(asker!.blobs.get(await chunkCid(other), { holders: [liar!.address] })).rejects.toMatchObject({
    code: 'blob/not-found',
  });
  expect(liar!.chunks.asked.length).toBe(asked);
});

test('with liars alone the error says so and nothing is kept', async () => {
  const [liar, asker] = await Promise.all([peer('liar'), peer('asker')]);
  const { cid } = await cutBlob(randomBytes(1_000));
  liar.chunks.pieces.set(cid, randomBytes(1_000));
  await expect(asker.blobs.get(cid, { holders: [liar.address] })).rejects.toMatchObject({
    code: 'blob/digest-mismatch',
    data: { holder: 'liar' },
  });
  expect(asker.chunks.pieces.size).toBe(0);
});

test('a holder that would send more than a chunk is a liar too', async () => {
  const [liar, asker] = await Promise.all([peer('liar'), peer('asker')]);
  const cid = await chunkCid(Uint8Array.of(1));
  liar.chunks.pieces.set(cid, randomBytes(3 * CHUNK_BYTES));
  await expect(asker.blobs.get(cid, { holders: [liar.address] })).rejects.toMatchObject({
    code: 'blob/digest-mismatch',
  });
});

test('what one holder lacks, another gives', async () => {
  const [left, right, asker] = await Promise.all(['left', 'right', 'asker'].map((name) => peer(name)));
  const cid = await left!.blobs.put(blob);
  const pieces = [...left!.chunks.pieces];
  pieces.forEach(([key, bytes], i) => {
    if (i % 2 === 0) return;
    right!.chunks.pieces.set(key, bytes);
    left!.chunks.pieces.delete(key);
  });
  expect(equalBytes(await asker!.blobs.get(cid, { holders: [left!.address, right!.address] }), blob)).toBe(
    true,
  );
});

test('nobody left to ask: the blob is not found', async () => {
  const [empty, asker] = await Promise.all([peer('empty'), peer('asker')]);
  const { cid } = await cutBlob(blob);
  for (const holders of [[], [empty.address], [{ peer: 'nobody', addresses: [] }]]) {
    await expect(asker.blobs.get(cid, { holders })).rejects.toMatchObject({ code: 'blob/not-found' });
  }
});

test('a stream that breaks midway is opened again and only what is missing is fetched', async () => {
  const [holder, asker] = await Promise.all([peer('holder'), peer('asker')]);
  const cid = await holder.blobs.put(blob);
  let isBroken = false;
  const got = await asker.blobs.get(cid, {
    holders: [holder.address],
    onProgress: (done) => {
      if (done < 2 * CHUNK_BYTES || isBroken) return;
      isBroken = true;
      streams.break('holder');
    },
  });
  expect(isBroken).toBe(true);
  expect(equalBytes(got, blob)).toBe(true);
});

test('a fetch that was stopped goes on where it was', async () => {
  const [holder, asker] = await Promise.all([peer('holder'), peer('asker')]);
  const cid = await holder.blobs.put(blob);
  const stop = new AbortController();
  const stopped = asker.blobs.get(cid, {
    holders: [holder.address],
    signal: stop.signal,
    onProgress: (done) => done >= 3 * CHUNK_BYTES && stop.abort(),
  });
  await expect(stopped).rejects.toMatchObject({ code: 'base/aborted' });
  const kept = new Set(asker.chunks.pieces.keys());
  expect(kept.size).toBeGreaterThanOrEqual(3);
  holder.chunks.asked.length = 0;
  expect(equalBytes(await asker.blobs.get(cid, { holders: [holder.address] }), blob)).toBe(true);
  expect(holder.chunks.asked.filter((key) => kept.has(key))).toEqual([]);
});

test('two askers of one blob in one tab fetch it once', async () => {
  const [holder, asker] = await Promise.all([peer('holder'), peer('asker')]);
  const cid = await holder.blobs.put(blob);
  const request = { holders: [holder.address] };
  const [one, two] = await Promise.all([asker.blobs.get(cid, request), asker.blobs.get(cid, request)]);
  expect(equalBytes(one, two)).toBe(true);
  expect(holder.chunks.asked.length).toBe(holder.chunks.pieces.size);
});

test('a blob larger than it was said to be is refused before its chunks are fetched', async () => {
  const [holder, asker] = await Promise.all([peer('holder'), peer('asker')]);
  const cid = await holder.blobs.put(blob);
  const request = { holders: [holder.address], maxBytes: blob.byteLength - 1 };
  await expect(asker.blobs.get(cid, request)).rejects.toMatchObject({ code: 'blob/too-large' });
  expect(asker.chunks.pieces.size).toBe(1);
});

test('a list whose chunks have other sizes than it says is refused', async () => {
  const [holder, asker] = await Promise.all([peer('holder'), peer('asker')]);
  const small = randomBytes(10);
  holder.chunks.pieces.set(await chunkCid(small), small);
  const digest = CID.parse(await chunkCid(small)).multihash.digest;
  const list = encode({ size: CHUNK_BYTES + 10, chunks: [digest, digest] });
  const cid = CID.createV1(0x71, await sha256.digest(list)).toString();
  holder.chunks.pieces.set(cid, list);
  await expect(asker.blobs.get(cid, { holders: [holder.address] })).rejects.toMatchObject({
    code: 'blob/bad-list',
  });
});

test('one peer draws so many bytes a minute and no more', async () => {
  const [holder, asker, other] = await Promise.all([
    peer('holder', 2 * CHUNK_BYTES),
    peer('asker'),
    peer('other'),
  ]);
  const cid = await holder.blobs.put(blob);
  const failure = await asker.blobs.get(cid, { holders: [holder.address] }).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: 'blob/not-found', data: { why: 'blob/rate-limited' } });
  expect(asker.chunks.pieces.size).toBeLessThanOrEqual(3);
  const small = await holder.blobs.put(randomBytes(1_000));
  expect((await other.blobs.get(small, { holders: [holder.address] })).byteLength).toBe(1_000);
});

test('a full store costs nothing but the keeping', async () => {
  const [holder, asker] = await Promise.all([peer('holder'), peer('asker')]);
  const cid = await holder.blobs.put(blob);
  asker.chunks.put = async () => {
    throw new Error('full');
  };
  expect(equalBytes(await asker.blobs.get(cid, { holders: [holder.address] }), blob)).toBe(true);
});
