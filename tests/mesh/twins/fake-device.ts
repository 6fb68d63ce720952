import type { DeviceSlice, DeviceTraits } from '../../../src/provider/slices.ts';

/** A small machine without a GPU, until the test says otherwise. */
export class FakeDevice implements DeviceSlice {
  now: DeviceTraits = { memoryBytes: 1 << 28, storageBytes: 1 << 30 };

  traits(): DeviceTraits {
    return this.now;
  }
}
