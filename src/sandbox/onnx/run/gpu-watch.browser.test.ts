import { afterEach, expect, test } from 'vitest';
import { watchGpu } from './gpu-watch.ts';

const { createBuffer } = GPUDevice.prototype;
const { destroy } = GPUBuffer.prototype;
afterEach(
  () =>
    Object.assign(GPUDevice.prototype, { createBuffer }) && Object.assign(GPUBuffer.prototype, { destroy }),
);

async function openDevice(): Promise<GPUDevice> {
  const adapter = await navigator.gpu.requestAdapter();
  return adapter!.requestDevice();
}

test('buffers count while they live, and the one beyond the limit is a fault', async () => {
  const watch = watchGpu(1_000);
  const device = await openDevice();
  const make = (size: number) => device.createBuffer({ size, usage: GPUBufferUsage.STORAGE });
  const first = make(600);
  first.destroy();
  first.destroy();
  make(800);
  expect(watch.fault).toBeUndefined();
  expect(() => make(400)).toThrow(RangeError);
  expect(watch.fault).toMatchObject({ kind: 'out-of-memory' });
  await expect(watch.failed).rejects.toBe(watch.fault);
  device.destroy();
});

test('a device that goes away is a fault of its own', async () => {
  const watch = watchGpu(1_000);
  const device = await openDevice();
  await watch.attach(Promise.resolve(device));
  device.destroy();
  await expect(watch.failed).rejects.toMatchObject({
    kind: 'device-lost',
    message: expect.stringMatching(/destroyed/),
  });
});
