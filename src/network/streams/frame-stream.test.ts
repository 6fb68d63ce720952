import type { Stream } from '@libp2p/interface';
import { expect, test } from 'vitest';
import { KilnError } from '../../base/errors.ts';
import { END_OF_FRAMES, prefixFrame } from './frame-parser.ts';
import { frameStream } from './frame-stream.ts';
import { heldClock } from '../testing/held-clock.ts';

/** A libp2p stream in the hand of the test. */
class HeldStream extends EventTarget {
  status = 'open';
  writableNeedsDrain = false;
  sent: Uint8Array[] = [];
  isFull = false;
  isPaused = false;
  abortedWith: unknown;
  send(bytes: Uint8Array): boolean {
    this.sent.push(bytes);
    this.writableNeedsDrain = this.isFull;
    return !this.isFull;
  }
  drain(): void {
    this.writableNeedsDrain = false;
    this.dispatchEvent(new Event('drain'));
  }
  receive(bytes: Uint8Array): void {
    this.dispatchEvent(Object.assign(new Event('message'), { data: bytes }));
  }
  finish(error?: Error): void {
    this.status = error === undefined ? 'closed' : 'reset';
    this.dispatchEvent(Object.assign(new Event('close'), { error }));
  }
  abort(error: Error): void {
    this.abortedWith = error;
    this.finish(error);
  }
  pause = () => void (this.isPaused = true);
  resume = () => void (this.isPaused = false);
  close = async () => this.finish();
}

const limits = { id: '/test/1', maxFrameBytes: 4_194_304, framesPerSecond: 5, frameBurst: 10 };

function setUp() {
  const held = new HeldStream();
  const clock = heldClock();
  const frames = frameStream(held as unknown as Stream, 'peer', limits, clock);
  const read = (async () => {
    const all: Uint8Array[] = [];
    for await (const frame of frames.frames) all.push(frame);
    return all;
  })();
  read.catch(() => {});
  return { held, clock, frames, read };
}

test('frames arrive in order and the polite end ends them', async () => {
  const { held, read } = setUp();
  held.receive(prefixFrame(Uint8Array.of(1)));
  held.receive(prefixFrame(Uint8Array.of(2)));
  held.receive(END_OF_FRAMES);
  expect(await read).toEqual([Uint8Array.of(1), Uint8Array.of(2)]);
});

test('a stream that closes without the polite end is broken, even when its transport says that all is well', async () => {
  const { held, read } = setUp();
  held.receive(prefixFrame(Uint8Array.of(1)));
  held.finish();
  await expect(read).rejects.toMatchObject({ code: 'network/stream-broken' });
});

test('an oversize frame aborts the stream by name', async () => {
  const { held, read } = setUp();
  held.receive(Uint8Array.of(0xff, 0xff, 0xff, 0xff));
  await expect(read).rejects.toMatchObject({ code: 'network/frame-too-large' });
  expect(held.abortedWith).toMatchObject({ code: 'network/frame-too-large' });
});

test('a flood of frames is cut after its burst', async () => {
  const { held, clock, read } = setUp();
  for (let i = 0; i < 10; i++) held.receive(prefixFrame(Uint8Array.of(1)));
  expect(held.abortedWith).toBeUndefined();
  clock.advance(1_000);
  for (let i = 0; i < 6; i++) held.receive(prefixFrame(Uint8Array.of(1)));
  expect(held.abortedWith).toMatchObject({ code: 'network/too-many-frames' });
  await expect(read).rejects.toMatchObject({ code: 'network/too-many-frames' });
});

test('every full stream is waited for, not only the first', async () => {
  const { held, frames } = setUp();
  held.isFull = true;
  for (let round = 0; round < 3; round++) {
    let isDone = false;
    const sending = frames.send(Uint8Array.of(round + 1)).then(() => (isDone = true));
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(isDone).toBe(false);
    held.drain();
    await sending;
  }
});

test('an honest sender stays below the limits of its peer, in order', async () => {
  const { held, clock, frames } = setUp();
  const sending = Array.from({ length: 12 }, (_, i) => frames.send(Uint8Array.of(i + 1)));
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(held.sent.length).toBeLessThanOrEqual(limits.frameBurst);
  for (let i = 0; i < 12; i++) {
    clock.advance(250);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  await Promise.all(sending);
  expect(held.sent.map((bytes) => bytes[4])).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
});

test('a sender that waits for a full stream hears that it closed', async () => {
  const { held, frames } = setUp();
  held.isFull = true;
  const sending = frames.send(Uint8Array.of(1));
  await Promise.resolve();
  held.finish();
  await expect(sending).rejects.toMatchObject({ code: 'network/stream-broken' });
  await expect(frames.send(Uint8Array.of(1))).rejects.toMatchObject({ code: 'network/stream-broken' });
});

test('frames that do not fit are refused before they leave', async () => {
  const { held, frames } = setUp();
  await expect(frames.send(new Uint8Array(limits.maxFrameBytes + 1))).rejects.toMatchObject({
    code: 'network/frame-too-large',
  });
  await expect(frames.send(new Uint8Array(0))).rejects.toMatchObject({ code: 'network/frame-too-large' });
  expect(held.sent).toEqual([]);
});

test('a reader that does not read pauses the peer', async () => {
  const held = new HeldStream();
  const frames = frameStream(held as unknown as Stream, 'peer', limits, heldClock());
  const large = prefixFrame(new Uint8Array(4_194_304));
  held.receive(large);
  held.receive(large);
  expect(held.isPaused).toBe(false);
  held.receive(large);
  expect(held.isPaused).toBe(true);
  const reader = frames.frames[Symbol.asyncIterator]();
  await reader.next();
  await reader.next();
  await reader.next();
  expect(held.isPaused).toBe(false);
});

test('closing sends the polite end; aborting tells why', async () => {
  const polite = setUp();
  await polite.frames.close();
  expect(polite.held.sent).toEqual([END_OF_FRAMES]);
  const rude = setUp();
  rude.frames.abort(new KilnError('test/why', 'because'));
  await expect(rude.read).rejects.toMatchObject({ code: 'test/why' });
});
