import { type Bytes, concat, copyBytes } from '../../../src/base/bytes.ts';
import { KilnError } from '../../../src/base/errors.ts';

/** A decoded picture: four bytes a pixel, sRGB, straight alpha. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly rgba: Bytes;
}

/** Larger textures would fill a provider's GPU memory. */
export const MAX_TEXTURE_SIDE = 2_048;

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** Samples a pixel of each PNG color type (PNG specification, 11.2.2). */
const CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

interface Header {
  readonly width: number;
  readonly height: number;
  readonly colorType: number;
  readonly channels: number;
}

/**
 * Decodes an 8-bit PNG without a canvas, so that pages and Node get the same bytes. Throws `scene/bad-texture` for
 * anything damaged and for what it does not know: 16 bits, less than 8 bits, interlacing.
 */
export async function decodePng(bytes: Uint8Array): Promise<Picture> {
  if (!SIGNATURE.every((byte, i) => bytes[i] === byte)) throw bad('it is not a PNG');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const data: Uint8Array[] = [];
  let header: Header | undefined;
  let palette = new Uint8Array();
  let alpha = new Uint8Array();
  for (let at = 8; at + 12 <= bytes.byteLength;) {
    const size = view.getUint32(at);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    const body = bytes.subarray(at + 8, at + 8 + size);
    if (body.byteLength !== size) throw bad('it is cut off');
    if (type === 'IHDR') header = readHeader(body);
    if (type === 'PLTE') palette = copyBytes(body);
    if (type === 'tRNS') alpha = copyBytes(body);
    if (type === 'IDAT') data.push(body);
    if (type === 'IEND') break;
    at += size + 12;
  }
  if (header === undefined) throw bad('it has no header');
  const stride = header.width * header.channels;
  const rows = await inflate(concat(data), (stride + 1) * header.height);
  unfilter(rows, stride, header.height, header.channels);
  return { width: header.width, height: header.height, rgba: toRgba(rows, header, palette, alpha) };
}

function bad(why: string): KilnError {
  return new KilnError('scene/bad-texture', `A texture cannot be read: ${why}.`, {
    hint: 'Store it as an 8-bit PNG without interlacing, at most 2048 pixels a side.',
  });
}

function readHeader(body: Uint8Array): Header {
  if (body.byteLength !== 13) throw bad('its header is damaged');
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const [width, height, colorType] = [view.getUint32(0), view.getUint32(4), body[9]!];
  const channels = CHANNELS[colorType];
  if (body[8] !== 8 || body[12] !== 0 || channels === undefined) throw bad('its form is not one we read');
  const fits = width >= 1 && height >= 1 && width <= MAX_TEXTURE_SIDE && height <= MAX_TEXTURE_SIDE;
  if (!fits) throw bad(`it measures ${width} × ${height}`);
  return { width, height, colorType, channels };
}

/** Inflates exactly `size` bytes; stops reading as soon as there are more. */
async function inflate(data: Bytes, size: number): Promise<Bytes> {
  const out = new Uint8Array(size);
  let filled = 0;
  try {
    for await (const part of new Blob([data]).stream().pipeThrough(new DecompressionStream('deflate'))) {
      if (filled + part.byteLength > size) throw bad('it holds more rows than its header says');
      out.set(part, filled);
      filled += part.byteLength;
    }
  } catch (thrown) {
    throw thrown instanceof KilnError ? thrown : bad('its data is damaged');
  }
  if (filled !== size) throw bad('it is cut off');
  return out;
}

/** Undoes each row's filter in place (PNG specification, 9.2). Rows keep their filter byte in front. */
function unfilter(rows: Uint8Array, stride: number, height: number, pixelBytes: number): void {
  for (let y = 0; y < height; y++) {
    const row = y * (stride + 1) + 1;
    const filter = rows[row - 1]!;
    if (filter > 4) throw bad('it uses an unknown filter');
    for (let x = 0; x < stride; x++) {
      const left = x >= pixelBytes ? rows[row + x - pixelBytes]! : 0;
      const up = y > 0 ? rows[row + x - stride - 1]! : 0;
      const corner = x >= pixelBytes && y > 0 ? rows[row + x - stride - 1 - pixelBytes]! : 0;
      rows[row + x] = rows[row + x]! + predict(filter, left, up, corner);
    }
  }
}

function predict(filter: number, left: number, up: number, corner: number): number {
  if (filter < 2) return filter * left;
  if (filter === 2) return up;
  if (filter === 3) return (left + up) >> 1;
  const [a, b, c] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)];
  return a <= b && a <= c ? left : b <= c ? up : corner;
}

function toRgba(rows: Uint8Array, header: Header, palette: Uint8Array, alpha: Uint8Array): Bytes {
  const { width, height, colorType, channels } = header;
  const rgba = new Uint8Array(width * height * 4);
  for (let i = 0; i < width * height; i++) {
    const at = Math.floor(i / width) * (width * channels + 1) + 1 + (i % width) * channels;
    const sample = rows[at]!;
    if (colorType === 3) {
      if (3 * sample + 2 >= palette.length) throw bad('it names a color that its palette lacks');
      rgba.set([...palette.subarray(3 * sample, 3 * sample + 3), alpha[sample] ?? 255], 4 * i);
    } else if (channels < 3) {
      rgba.set([sample, sample, sample, channels === 2 ? rows[at + 1]! : 255], 4 * i);
    } else {
      rgba.set([sample, rows[at + 1]!, rows[at + 2]!, channels === 4 ? rows[at + 3]! : 255], 4 * i);
    }
  }
  return rgba;
}
