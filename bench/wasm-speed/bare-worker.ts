/**
 * Source of a plain worker that does what everybody would: `WebAssembly.instantiate`, then one call of `_start`, with
 * the least of WASI that the programs call. Then the same again with a second instance, for which V8 has optimised the code.
 */
export const BARE_WORKER = `
const imports = (args, print) => {
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
        print(new TextDecoder().decode(new Uint8Array(memory.buffer, at, length)));
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
const call = (instance) => {
  try { instance.exports._start(); } catch (exit) { if (exit.code !== 0) throw exit; }
};
let module;
self.onmessage = async ({ data }) => {
  if (data === 'ready?') return self.postMessage('ready');
  let printed = '';
  const given = imports(data.args, (text) => (printed += text));
  let instance;
  if (data.bytes) ({ module, instance } = await WebAssembly.instantiate(data.bytes, given));
  else instance = await WebAssembly.instantiate(module, given);
  given.attach(instance);
  call(instance);
  self.postMessage(printed);
};`;
