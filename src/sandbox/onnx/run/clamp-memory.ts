const PAGE_BYTES = 65_536;

/**
 * Lets every WebAssembly memory made from now on grow to this size and no further. The runtime makes one memory for
 * everything it holds: its own data, the model, and all tensors; the engine then refuses to grow it beyond.
 */
export function clampMemory(limitBytes: number): void {
  const limitPages = Math.floor(limitBytes / PAGE_BYTES);
  WebAssembly.Memory = new Proxy(WebAssembly.Memory, {
    construct(target, [descriptor]: [WebAssembly.MemoryDescriptor], newTarget) {
      const maximum = Math.min(descriptor.maximum ?? limitPages, limitPages);
      return Reflect.construct(target, [{ ...descriptor, maximum }], newTarget) as WebAssembly.Memory;
    },
  });
}
