import createWabt from 'wabt';

/** WASI asks for one page per 64 KiB; a little room for the call's own words. */
const PAGE_BYTES = 65_536;

/**
 * A program that writes `bytes` of its memory to the file `out` in one call, or nothing at all: what it costs is moving
 * the bytes. It does not touch its input file, which crosses to the sandbox with its program.
 */
export async function buildPayloadProgram(bytes: number): Promise<Uint8Array> {
  const pages = Math.ceil(bytes / PAGE_BYTES) + 1;
  const text = `(module
    (import "wasi_snapshot_preview1" "path_open"
      (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") ${pages})
    (data (i32.const 64) "out")
    (func (export "_start")
      (if (i32.eqz (i32.const ${bytes})) (then (return)))
      ;; The preopened root is descriptor 3; create and truncate; right to write.
      (if (call $open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 3) (i32.const 9)
        (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 0)) (then (unreachable)))
      (i32.store (i32.const 8) (i32.const 1024))
      (i32.store (i32.const 12) (i32.const ${bytes}))
      (if (call $write (i32.load (i32.const 0)) (i32.const 8) (i32.const 1) (i32.const 16)) (then (unreachable)))))`;
  const wabt = await createWabt();
  const module = wabt.parseWat('payload.wat', text);
  const { buffer } = module.toBinary({});
  module.destroy();
  return buffer;
}
