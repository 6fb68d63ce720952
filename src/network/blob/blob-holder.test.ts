import { expect, test } from 'vitest';
import { CHUNK_BYTES, chunkCid } from '../../base/cid.ts';
import {
  BLOB,
  BLOB_WINDOW_START_BYTES,
  type BlobAnswerMessage,
  MAX_BLOB_REQUESTS,
} from '../../protocol/blob.ts';
import { dialerChannel } from '../../protocol/channel.ts';
import { heldClock } from '../testing/held-clock.ts';
import { MemoryChunks } from '../testing/memory-peer.ts';
import { framePair } from '../testing/memory-streams.ts';
import { TokenBuckets } from '../token-bucket.ts';
import { BlobHolder } from './blob-holder.ts';

const chunk = new Uint8Array(CHUNK_BYTES).fill(3);

async function setUp() {
  const clock = heldClock();
  const chunks = new MemoryChunks();
  const cid = await chunkCid(chunk);
  await chunks.put(cid, chunk);
  const [here, there] = framePair('asker', 'holder');
  const holder = new BlobHolder(there, chunks, new TokenBuckets(clock, 1e9, 1e9), clock);
  const ended = holder.run();
  const channel = dialerChannel(BLOB, here);
  const answers: BlobAnswerMessage[] = [];
  const read = (async () => {
    for await (const answer of channel.messages) answers.push(answer);
  })();
  read.catch(() => {});
  const bytes = () => answers.reduce((sum, one) => sum + (one.type === 'data' ? one.bytes.byteLength : 0), 0);
  return { clock, cid, channel, answers, bytes, read, ended };
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 20));

test('a receiver that acknowledges nothing gets 256 KiB and, half a minute later, the end', async () => {
  const { clock, cid, channel, bytes, read } = await setUp();
  await channel.send({ type: 'get', id: 1, cid, offset: 0 });
  await settle();
  expect(bytes()).toBe(BLOB_WINDOW_START_BYTES);
  clock.advance(30_000);
  await expect(read).rejects.toMatchObject({ code: 'network/stream-broken' });
});

test('each acknowledgement lets more out, until all has come', async () => {
  const { cid, channel, answers, bytes } = await setUp();
  await channel.send({ type: 'get', id: 1, cid, offset: 0 });
  while (bytes() < CHUNK_BYTES) {
    await settle();
    await channel.send({ type: 'ack', bytes: bytes() });
  }
  expect(answers.at(-1)).toMatchObject({ isLast: true });
});

test('an acknowledgement of more than was sent ends the stream', async () => {
  const { channel, read } = await setUp();
  await channel.send({ type: 'ack', bytes: 1 });
  await expect(read).rejects.toMatchObject({ code: 'network/stream-broken' });
});

test('an offset leaves the beginning out; one beyond the end is not held', async () => {
  const { cid, channel, answers, bytes } = await setUp();
  await channel.send({ type: 'get', id: 1, cid, offset: CHUNK_BYTES - 10 });
  await channel.send({ type: 'get', id: 2, cid, offset: CHUNK_BYTES });
  await settle();
  expect(bytes()).toBe(10);
  expect(answers.at(-1)).toEqual({ type: 'refused', id: 2, reason: 'not-held' });
});

test('requests beyond the queue are refused as busy', async () => {
  const { cid, channel, answers } = await setUp();
  for (let id = 0; id < MAX_BLOB_REQUESTS + 10; id++) await channel.send({ type: 'get', id, cid, offset: 0 });
  await settle();
  const busy = answers.filter((one) => one.type === 'refused' && one.reason === 'busy');
  expect(busy.length).toBeGreaterThanOrEqual(9);
});

test('a cancelled request stops', async () => {
  const { cid, channel, bytes } = await setUp();
  await channel.send({ type: 'get', id: 1, cid, offset: 0 });
  await settle();
  await channel.send({ type: 'cancel', id: 1 });
  await channel.send({ type: 'ack', bytes: bytes() });
  await settle();
  expect(bytes()).toBeLessThanOrEqual(BLOB_WINDOW_START_BYTES + 65_536);
});

test('a message that is none ends the stream', async () => {
  const { channel, read } = await setUp();
  await channel.send({ type: 'get', id: -1, cid: 'no', offset: 0 } as never);
  await expect(read).rejects.toMatchObject({ code: 'network/stream-broken' });
});
