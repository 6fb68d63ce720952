import {
  BufferTarget,
  canEncodeVideo,
  Mp4OutputFormat,
  Output,
  Quality,
  VideoSample,
  VideoSampleSource,
  WebMOutputFormat,
} from 'mediabunny';
import { type Bytes, ownBytes } from '../base/bytes.ts';
import { aborted, KilnError, toKilnError } from '../base/errors.ts';

/** Seconds between key frames: a player can seek to each of them. */
const KEY_FRAME_INTERVAL_SECONDS = 1;
/** Visually clean; renders have noise, which a lower level turns into blocks. */
const QUALITY = new Quality('very-high');

const MP4 = {
  mediaType: 'video/mp4',
  extension: 'mp4',
  format: () => new Mp4OutputFormat({ fastStart: 'in-memory' }),
};
const WEBM = { mediaType: 'video/webm', extension: 'webm', format: () => new WebMOutputFormat() };

/** In the order of how widely they play, each in the file form in which it plays most widely. */
const CHOICES = [
  { codec: 'avc', container: MP4 },
  { codec: 'vp9', container: WEBM },
  { codec: 'av1', container: MP4 },
  { codec: 'vp8', container: WEBM },
] as const;

/** A codec this module can choose. */
export type VideoCodecName = (typeof CHOICES)[number]['codec'];

/** How the frames become a video. */
export interface VideoOptions {
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  readonly framesPerSecond: number;
  readonly signal: AbortSignal;
  /** Called with the number of frames encoded so far. */
  readonly onProgress?: (frames: number) => void;
  /**
   * Codecs to try, in this order.
   * @default H.264, VP9, AV1, VP8
   */
  readonly codecs?: readonly VideoCodecName[];
}

/** A playable video file. */
export interface Video {
  readonly bytes: Bytes;
  readonly mediaType: string;
  /** Without the dot. */
  readonly extension: string;
  readonly codec: VideoCodecName;
  readonly frames: number;
}

/**
 * Encodes RGBA frames, one after another and never all in memory, with the first codec this browser has. Throws
 * `media/no-video-encoder`, `media/bad-frame`, `media/no-frames`, `media/encoding-failed` or `base/aborted`.
 *
 * @example
 * const video = await encodeVideo(frames, { width: 640, height: 360, framesPerSecond: 24, signal });
 * const file = new File([video.bytes], `film.${video.extension}`, { type: video.mediaType });
 */
export async function encodeVideo(
  frames: AsyncIterable<{ readonly rgba: Uint8Array }>,
  options: VideoOptions,
): Promise<Video> {
  const { codec, container } = await chooseCodec(options);
  const target = new BufferTarget();
  const output = new Output({ format: container.format(), target });
  const source = new VideoSampleSource({
    codec,
    quality: QUALITY,
    keyFrameInterval: KEY_FRAME_INTERVAL_SECONDS,
    latencyMode: 'quality',
  });
  output.addVideoTrack(source, { frameRate: options.framesPerSecond });
  try {
    await output.start();
    const count = await addFrames(source, frames, options);
    source.close();
    await output.finalize();
    return {
      bytes: ownBytes(new Uint8Array(target.buffer!)),
      mediaType: container.mediaType,
      extension: container.extension,
      codec,
      frames: count,
    };
  } catch (error) {
    await output.cancel();
    throw toKilnError(error, 'media/encoding-failed');
  }
}

async function chooseCodec({ width, height, framesPerSecond, codecs }: VideoOptions) {
  const wanted = codecs?.map((codec) => CHOICES.find((choice) => choice.codec === codec)!) ?? CHOICES;
  for (const choice of wanted) {
    const isPossible = await canEncodeVideo(choice.codec, {
      width,
      height,
      frameRate: framesPerSecond,
      quality: QUALITY,
      latencyMode: 'quality',
    });
    if (isPossible) return choice;
  }
  throw new KilnError('media/no-video-encoder', 'This browser cannot encode a video of this size.', {
    data: { width, height, codecs: wanted.map(({ codec }) => codec).join(', ') },
    hint: 'Use a current Chromium, Firefox or Safari, or choose an even width and height of at most 4096 pixels.',
  });
}

async function addFrames(
  source: VideoSampleSource,
  frames: AsyncIterable<{ readonly rgba: Uint8Array }>,
  { width, height, framesPerSecond, signal, onProgress }: VideoOptions,
): Promise<number> {
  let count = 0;
  for await (const { rgba } of frames) {
    if (signal.aborted) throw aborted(signal.reason);
    if (rgba.byteLength !== width * height * 4) {
      throw new KilnError(
        'media/bad-frame',
        `Frame ${count} does not hold ${width} × ${height} RGBA pixels.`,
        {
          data: { frame: count, bytes: rgba.byteLength, expectedBytes: width * height * 4 },
          hint: 'Make the output buffer width × height × 4 bytes.',
        },
      );
    }
    const sample = new VideoSample(ownBytes(rgba), {
      format: 'RGBA',
      codedWidth: width,
      codedHeight: height,
      timestamp: count / framesPerSecond,
      duration: 1 / framesPerSecond,
    });
    try {
      await source.add(sample);
    } finally {
      sample.close();
    }
    count++;
    onProgress?.(count);
  }
  if (signal.aborted) throw aborted(signal.reason);
  if (count === 0) {
    throw new KilnError('media/no-frames', 'There is no frame to make a video of.', {
      hint: 'Wait for the first result.',
    });
  }
  return count;
}
