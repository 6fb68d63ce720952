import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WASI } from 'node:wasi';

/** Milliseconds that a program takes in Node's own WASI, writing a real file of so many bytes. */
export async function timeInNode(module: WebAssembly.Module, bytes: number): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'kiln-wasi-write-'));
  try {
    const wasi = new WASI({ version: 'preview1', preopens: { '/': folder } });
    const startedMs = performance.now();
    const instance = new WebAssembly.Instance(module, { wasi_snapshot_preview1: wasi.wasiImport });
    wasi.start(instance);
    const tookMs = performance.now() - startedMs;
    const { size } = await stat(join(folder, 'out'));
    if (size !== bytes) throw new Error(`Node wrote ${size} of ${bytes} bytes.`);
    return tookMs;
  } finally {
    await rm(folder, { recursive: true });
  }
}
