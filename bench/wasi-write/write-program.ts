import createWabt from 'wabt';

/** Bytes of one `fd_write`: the buffer of C's stdio is of this order. */
export const CALL_BYTES = 4_096;

/** A program that writes the file `out` in so many calls of {@link CALL_BYTES}. */
export async function buildWriteProgram(calls: number): Promise<Buffer> {
  // Descriptor 3 is the directory open at the start; create and truncate; the right to write.
  const text = `(module
    (import "wasi_snapshot_preview1" "path_open"
      (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 64) "out")
    (func (export "_start") (local $left i32)
      (if (call $open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 3) (i32.const 9)
        (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 0)) (then (unreachable)))
      (i32.store (i32.const 8) (i32.const 1024))
      (i32.store (i32.const 12) (i32.const ${CALL_BYTES}))
      (memory.fill (i32.const 1024) (i32.const 7) (i32.const ${CALL_BYTES}))
      (local.set $left (i32.const ${calls}))
      (loop $again
        (if (call $write (i32.load (i32.const 0)) (i32.const 8) (i32.const 1) (i32.const 16)) (then (unreachable)))
        (if (i32.ne (i32.load (i32.const 16)) (i32.const ${CALL_BYTES})) (then (unreachable)))
        (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
      (drop (call $close (i32.load (i32.const 0))))))`;
  const wabt = await createWabt();
  const module = wabt.parseWat('write.wat', text);
  const { buffer } = module.toBinary({});
  module.destroy();
  return Buffer.from(buffer);
}
