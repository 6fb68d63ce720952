import { describe, expect, test } from 'vitest';
import { inspectVideo } from './inspect-video.ts';
import { encodeVideo, type VideoCodecName } from './video.ts';

const WIDTH = 320;
const HEIGHT = 180;
const { signal } = new AbortController();
const options = { width: WIDTH, height: HEIGHT, framesPerSecond: 24, signal };

/** Frames that fade from black to red, so that order can be told from colour. */
async function* fade(frames: number, width = WIDTH, height = HEIGHT) {
  for (let i = 0; i < frames; i++) {
    const rgba = new Uint8Array(width * height * 4);
    for (let p = 0; p < rgba.length; p += 4) rgba.set([Math.round((255 * i) / frames), 0, 0, 255], p);
    yield { rgba };
  }
}

test('every frame comes back, in order, at the right size and speed, with key frames to seek to', async () => {
  const progress: number[] = [];
  const video = await encodeVideo(fade(60), { ...options, onProgress: (frames) => progress.push(frames) });
  expect(video.frames).toBe(60);
  expect(progress).toEqual(Array.from({ length: 60 }, (_, i) => i + 1));
  const facts = await inspectVideo(video.bytes);
  expect(facts).toMatchObject({ codec: video.codec, width: WIDTH, height: HEIGHT, frames: 60 });
  expect(facts.keyFrames).toBeGreaterThanOrEqual(3);
  expect(facts.durationSeconds).toBeCloseTo(60 / 24, 2);
  for (const [i, [red, green, blue]] of facts.meanColors.entries()) {
    expect(Math.abs(red - (255 * i) / 60)).toBeLessThan(12);
    expect(green + blue).toBeLessThan(16);
  }
});

test.each([
  [WIDTH, HEIGHT],
  [96, 54],
])('a browser video element plays %i × %i', async (width, height) => {
  const video = await encodeVideo(fade(12, width, height), { ...options, width, height });
  const element = document.createElement('video');
  element.muted = true;
  element.src = URL.createObjectURL(new Blob([video.bytes], { type: video.mediaType }));
  await new Promise((resolve, reject) => {
    element.onloadeddata = resolve;
    element.onerror = () => reject(new Error(element.error?.message));
  });
  expect([element.videoWidth, element.videoHeight]).toEqual([width, height]);
  expect(element.duration).toBeCloseTo(0.5, 1);
  URL.revokeObjectURL(element.src);
});

test('an odd size falls to a codec that takes it', async () => {
  const video = await encodeVideo(fade(3, 33, 17), { ...options, width: 33, height: 17 });
  expect(video.codec).not.toBe('avc');
  expect(await inspectVideo(video.bytes)).toMatchObject({ width: 33, height: 17, frames: 3 });
});

describe.each<VideoCodecName>(['vp9', 'av1', 'vp8'])('%s', (codec) => {
  test('makes a whole video when H.264 is not there', async () => {
    const video = await encodeVideo(fade(10), { ...options, codecs: [codec] });
    expect(video.codec).toBe(codec);
    expect(video.mediaType).toBe(`video/${video.extension}`);
    expect(await inspectVideo(video.bytes)).toMatchObject({
      codec,
      frames: 10,
      width: WIDTH,
      height: HEIGHT,
    });
  });
});

test('refuses what is not a frame, by its number', async () => {
  async function* frames() {
    yield* fade(1);
    yield { rgba: new Uint8Array(5) };
  }
  await expect(encodeVideo(frames(), options)).rejects.toThrow(
    expect.objectContaining({ code: 'media/bad-frame', data: expect.objectContaining({ frame: 1 }) }),
  );
});

test('refuses to make a video of nothing', async () => {
  await expect(encodeVideo(fade(0), options)).rejects.toThrow(
    expect.objectContaining({ code: 'media/no-frames' }),
  );
});

test('says when no codec takes the size', async () => {
  await expect(encodeVideo(fade(1), { ...options, width: 100_000, height: 100_000 })).rejects.toThrow(
    expect.objectContaining({ code: 'media/no-video-encoder' }),
  );
});

test('stops when asked to, and passes on what its source throws', async () => {
  const stopping = new AbortController();
  const onProgress = (frames: number) => {
    if (frames === 3) stopping.abort();
  };
  const stopped = encodeVideo(fade(1000), { ...options, signal: stopping.signal, onProgress });
  await expect(stopped).rejects.toThrow(expect.objectContaining({ code: 'base/aborted' }));
  async function* broken() {
    yield* fade(1);
    throw new Error('the frame was lost');
  }
  await expect(encodeVideo(broken(), options)).rejects.toThrow('the frame was lost');
});

test('a file that is no video is refused', async () => {
  await expect(inspectVideo(new Uint8Array(1000))).rejects.toThrow();
});
