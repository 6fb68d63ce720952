import { expect, test } from 'vitest';
import { encodePng } from './png.ts';

test('the pixels come back from the file', async () => {
  const rgba = new Uint8Array([255, 0, 0, 255, 0, 128, 0, 255, 1, 2, 3, 255, 250, 251, 252, 255]);
  const shifted = new Uint8Array([9, ...rgba]).subarray(1); // a view that does not begin its buffer
  const png = await encodePng(shifted, 2, 2);
  const bitmap = await createImageBitmap(new Blob([png], { type: 'image/png' }));
  const context = new OffscreenCanvas(2, 2).getContext('2d')!;
  context.drawImage(bitmap, 0, 0);
  expect([...context.getImageData(0, 0, 2, 2).data]).toEqual([...rgba]);
});

test('bytes that do not fit the size are refused', async () => {
  await expect(encodePng(new Uint8Array(15), 2, 2)).rejects.toThrow(
    expect.objectContaining({ code: 'media/bad-frame' }),
  );
});
