import { GuestFault } from '../../messages.ts';

/** Holds the runtime's GPU work to the job's memory, and notices when the device goes away. */
export interface GpuWatch {
  /** What went wrong first, if anything did. */
  readonly fault: GuestFault | undefined;
  /** Rejects with that fault; never resolves. */
  readonly failed: Promise<never>;
  /** Watches the device that the runtime opened. */
  attach(device: Promise<GPUDevice>): Promise<void>;
}

/**
 * Counts the bytes of all buffers from now on. The runtime opens its own device, so the count sits where every device
 * makes its buffers; a buffer beyond the limit is refused as the device itself would refuse it.
 */
export function watchGpu(limitBytes: number): GpuWatch {
  let fault: GuestFault | undefined;
  const { promise: failed, reject } = Promise.withResolvers<never>();
  failed.catch(() => undefined);
  const fail = (found: GuestFault) => {
    fault ??= found;
    reject(fault);
  };
  let totalBytes = 0;
  const create = GPUDevice.prototype.createBuffer;
  GPUDevice.prototype.createBuffer = function (descriptor) {
    if (totalBytes + descriptor.size > limitBytes) {
      const message = `The model needs more than the job's limit of ${limitBytes} bytes of GPU memory.`;
      fail(new GuestFault('out-of-memory', message));
      throw new RangeError(message);
    }
    totalBytes += descriptor.size;
    return create.call(this, descriptor);
  };
  const destroyed = new WeakSet<GPUBuffer>();
  const destroy = GPUBuffer.prototype.destroy;
  GPUBuffer.prototype.destroy = function () {
    if (!destroyed.has(this)) totalBytes -= this.size;
    destroyed.add(this);
    return destroy.call(this);
  };
  return {
    get fault() {
      return fault;
    },
    failed,
    async attach(device) {
      void (await device).lost.then(({ reason, message }) =>
        fail(new GuestFault('device-lost', `The GPU device was lost (${reason}): ${message}`)),
      );
    },
  };
}
