import runtimeUrl from 'onnxruntime-web/ort-wasm-simd-threaded.wasm?url';
import gpuRuntimeUrl from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url';
import type { Bytes } from '../../../base/bytes.ts';
import { KilnError } from '../../../base/errors.ts';
import type { OnnxProgram } from '../../../protocol/manifest.ts';

type Backend = NonNullable<OnnxProgram['backend']>;

const URLS: Readonly<Record<Backend, string>> = { wasm: runtimeUrl, webgpu: gpuRuntimeUrl };
const known = new Map<Backend, Promise<Bytes>>();

/**
 * onnxruntime-web's WASM binary for a backend, from this page's own origin: 14 MB (27 MB for the GPU), fetched with the
 * first model and kept. Throws `onnx/no-runtime` when it cannot be had; the next call tries again.
 */
export function runtimeBytes(backend: Backend): Promise<Bytes> {
  const found = known.get(backend) ?? fetchRuntime(URLS[backend]);
  known.set(backend, found);
  found.catch(() => known.delete(backend));
  return found;
}

async function fetchRuntime(url: string): Promise<Bytes> {
  try {
    const response = await fetch(url);
    if (response.ok) return new Uint8Array(await response.arrayBuffer());
    throw new Error(`The server answered ${response.status}.`);
  } catch (cause) {
    throw new KilnError('onnx/no-runtime', 'The runtime for ONNX models could not be loaded.', {
      data: { url },
      cause,
      hint: 'Check the connection to the site this page came from, then try again.',
    });
  }
}
