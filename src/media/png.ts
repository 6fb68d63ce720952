import { type Bytes, ownBytes } from '../base/bytes.ts';
import { KilnError } from '../base/errors.ts';

/** RGBA pixels as a PNG file; throws `media/bad-frame` when the bytes do not make width × height pixels. */
export async function encodePng(rgba: Uint8Array, width: number, height: number): Promise<Bytes> {
  if (rgba.byteLength !== width * height * 4 || width < 1 || height < 1) {
    throw new KilnError('media/bad-frame', `These bytes are not ${width} × ${height} RGBA pixels.`, {
      data: { bytes: rgba.byteLength, width, height },
      hint: 'Make the output buffer width × height × 4 bytes.',
    });
  }
  const canvas = new OffscreenCanvas(width, height);
  const pixels = new Uint8ClampedArray(ownBytes(rgba).buffer, rgba.byteOffset, rgba.byteLength);
  canvas.getContext('2d')!.putImageData(new ImageData(pixels, width, height), 0, 0);
  const blob = await canvas.convertToBlob({ type: 'image/png' });
  return new Uint8Array(await blob.arrayBuffer());
}
