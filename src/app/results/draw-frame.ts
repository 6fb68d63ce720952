/**
 * Draws raw RGBA8 pixels on a canvas, scaled down when wider or higher than `maxPixels`. Draws nothing when the bytes are
 * not exactly width × height × 4: a stranger made them.
 */
export async function drawFrame(
  canvas: HTMLCanvasElement,
  bytes: Uint8Array,
  size: { readonly width: number; readonly height: number },
  maxPixels = Infinity,
): Promise<void> {
  const { width, height } = size;
  const scale = Math.min(1, maxPixels / Math.max(width, height));
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  if (bytes.byteLength !== width * height * 4) return;
  const context = canvas.getContext('2d');
  if (context === null) return;
  const image = new ImageData(new Uint8ClampedArray(bytes), width, height);
  if (scale === 1) {
    context.putImageData(image, 0, 0);
    return;
  }
  const bitmap = await createImageBitmap(image, {
    resizeWidth: canvas.width,
    resizeHeight: canvas.height,
    resizeQuality: 'medium',
  });
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
}
