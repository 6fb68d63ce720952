import { expect, test } from 'vitest';
import { bundleGuestWorker } from '../../vite-plugin.node.ts';

/** Scripts without the runtime's WASM binary; with it they would be tens of megabytes. */
const MAX_SCRIPT_CHARS = 200_000;

test.each(['onnx', 'onnxGpu'] as const)(
  'the %s worker gives up its network before the runtime starts, and carries no binary',
  async (page) => {
    const script = await bundleGuestWorker(page);
    const lockDown = script.indexOf('RTCPeerConnection');
    const runtime = script.indexOf('InferenceSession');
    expect(lockDown).toBeGreaterThanOrEqual(0);
    expect(runtime).toBeGreaterThan(lockDown);
    expect(script.length).toBeLessThan(MAX_SCRIPT_CHARS);
    expect(script).not.toMatch(/import\.meta|data:application\/wasm/);
  },
);
