import { PLAIN_WASI } from '../plain-wasi.ts';

/**
 * Source of a plain worker that does what everybody would: `WebAssembly.instantiate`, then one call of `_start`, with
 * the least of WASI that the programs call. Then the same again with a second instance, for which V8 has optimised the code.
 */
export const BARE_WORKER = `
${PLAIN_WASI}
let module;
self.onmessage = async ({ data }) => {
  if (data === 'ready?') return self.postMessage('ready');
  let printed = '';
  const given = plainWasi(data.args, (bytes) => (printed += new TextDecoder().decode(bytes)));
  let instance;
  if (data.bytes) ({ module, instance } = await WebAssembly.instantiate(data.bytes, given));
  else instance = await WebAssembly.instantiate(module, given);
  given.attach(instance);
  callStart(instance);
  self.postMessage(printed);
};`;
