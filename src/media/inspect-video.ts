import { ALL_FORMATS, BufferSource, EncodedPacketSink, Input, VideoSampleSink } from 'mediabunny';
import { KilnError } from '../base/errors.ts';

/** What a video file holds, found by decoding every frame of it. */
export interface VideoFacts {
  readonly codec: string;
  readonly width: number;
  readonly height: number;
  readonly frames: number;
  readonly keyFrames: number;
  readonly durationSeconds: number;
  /** Mean of red, green and blue over each frame, 0 to 255. */
  readonly meanColors: readonly (readonly [red: number, green: number, blue: number])[];
}

/** Plays a video through once and says what it holds; throws `media/not-a-video` when it holds no video track. */
export async function inspectVideo(bytes: Uint8Array): Promise<VideoFacts> {
  using input = new Input({ source: new BufferSource(bytes), formats: ALL_FORMATS });
  const track = await input.getPrimaryVideoTrack();
  if (track === null) {
    throw new KilnError('media/not-a-video', 'This file holds no video.', {
      hint: 'Assemble the job again.',
    });
  }
  let keyFrames = 0;
  for await (const packet of new EncodedPacketSink(track).packets()) if (packet.type === 'key') keyFrames++;
  const meanColors: [number, number, number][] = [];
  for await (const sample of new VideoSampleSink(track).samples()) {
    using frame = sample;
    const rgba = new Uint8Array(frame.allocationSize({ format: 'RGBA' }));
    await frame.copyTo(rgba, { format: 'RGBA' });
    meanColors.push(meanColor(rgba));
  }
  return {
    codec: (await track.getCodec()) ?? 'unknown',
    width: await track.getDisplayWidth(),
    height: await track.getDisplayHeight(),
    frames: meanColors.length,
    keyFrames,
    durationSeconds: await track.computeDuration(),
    meanColors,
  };
}

function meanColor(rgba: Uint8Array): [number, number, number] {
  const sums: [number, number, number] = [0, 0, 0];
  for (let i = 0; i < rgba.length; i += 4) for (const c of [0, 1, 2] as const) sums[c] += rgba[i + c]!;
  const pixels = rgba.length / 4;
  return [sums[0] / pixels, sums[1] / pixels, sums[2] / pixels];
}
