import { expect, test, vi } from 'vitest';
import { runtimeBytes } from './runtime-bytes.ts';

test('a runtime that cannot be had is named, and tried again', async () => {
  const missing = { code: 'onnx/no-runtime', hint: expect.stringMatching(/connection/) };
  vi.stubGlobal('fetch', async () => new Response('gone', { status: 404 }));
  await expect(runtimeBytes('wasm')).rejects.toMatchObject(missing);
  vi.stubGlobal('fetch', async () => Promise.reject(new TypeError('offline')));
  await expect(runtimeBytes('wasm')).rejects.toMatchObject(missing);
  vi.unstubAllGlobals();
  const bytes = await runtimeBytes('wasm');
  expect(bytes.subarray(0, 4)).toEqual(Uint8Array.of(0, 0x61, 0x73, 0x6d));
  expect(await runtimeBytes('wasm')).toBe(bytes);
});
