/**
 * Source of `plainWasi(args, print)`: the least of WASI that the benches' programs call, as a page without Kiln would
 * write it. Its result is an import object, and `attach(instance)` gives it the instance's memory.
 */
export const PLAIN_WASI = `
const plainWasi = (args, print = () => {}) => {
  const texts = args.map((text) => new TextEncoder().encode(text + '\\0'));
  let memory;
  const view = () => new DataView(memory.buffer);
  const wasi = {
    args_sizes_get(count, size) {
      view().setUint32(count, texts.length, true);
      view().setUint32(size, texts.reduce((sum, text) => sum + text.length, 0), true);
      return 0;
    },
    args_get(list, buffer) {
      for (const [i, text] of texts.entries()) {
        view().setUint32(list + 4 * i, buffer, true);
        new Uint8Array(memory.buffer, buffer).set(text);
        buffer += text.length;
      }
      return 0;
    },
    fd_write(fd, vectors, count, written) {
      let bytes = 0;
      for (let i = 0; i < count; i++) {
        const at = view().getUint32(vectors + 8 * i, true), length = view().getUint32(vectors + 8 * i + 4, true);
        print(new Uint8Array(memory.buffer, at, length));
        bytes += length;
      }
      view().setUint32(written, bytes, true);
      return 0;
    },
    fd_fdstat_get() { return 0; },
    fd_close() { return 0; },
    fd_seek() { return 70; },
    proc_exit(code) { throw { code }; },
  };
  const known = new Proxy(wasi, { get: (calls, name) => calls[name] ?? (() => 52) });
  return { wasi_snapshot_preview1: known, attach: (instance) => (memory = instance.exports.memory) };
};
const callStart = (instance) => {
  try { instance.exports._start(); } catch (exit) { if (exit.code !== 0) throw exit; }
};`;
