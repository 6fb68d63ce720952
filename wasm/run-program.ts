import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WASI } from 'node:wasi';

/**
 * Runs a built program under Node's own WASI, apart from our sandbox; what it wrote, and its exit code. `file` is where
 * the program lies; absent: `wasm/NAME/NAME.wasm`.
 */
export async function runProgram(
  name: string,
  args: readonly string[],
  file: string | URL = join(import.meta.dirname, name, `${name}.wasm`),
): Promise<{ readonly exitCode: number; readonly stdout: Uint8Array; readonly stderr: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'kiln-wasm-'));
  const files = ['stdout', 'stderr'].map((file) => join(folder, file));
  const [stdout, stderr] = files.map((file) => openSync(file, 'w')) as [number, number];
  try {
    const wasi = new WASI({ version: 'preview1', args: [name, ...args], stdout, stderr, returnOnExit: true });
    const module = await WebAssembly.compile(readFileSync(file));
    const instance = await WebAssembly.instantiate(module, wasi.getImportObject() as WebAssembly.Imports);
    const exitCode = wasi.start(instance);
    return { exitCode, stdout: readFileSync(files[0]!), stderr: readFileSync(files[1]!, 'utf8') };
  } finally {
    closeSync(stdout);
    closeSync(stderr);
    rmSync(folder, { recursive: true });
  }
}
