/** A WebAssembly feature that guests may not use. */
export interface Proposal {
  readonly name: string;
  /** What a job's author can do about it. */
  readonly hint: string;
}

export const GC: Proposal = {
  name: 'garbage collection',
  hint: 'Compile to linear memory instead: a target without WasmGC (in Kotlin, Dart, Java: a native or C backend).',
};
export const FUNCTION_REFERENCES: Proposal = {
  name: 'typed function references',
  hint: 'Leave out -mgc and "function-references"; call through a table.',
};
export const EXCEPTIONS: Proposal = {
  name: 'exceptions',
  hint: 'Build without exceptions: leave out -fwasm-exceptions and -mexception-handling; in Rust use panic=abort.',
};
export const THREADS: Proposal = {
  name: 'threads and atomics',
  hint: 'Build for one thread: leave out -pthread, -matomics and --shared-memory, and the target wasm32-wasip1-threads.',
};
export const TAIL_CALLS: Proposal = {
  name: 'tail calls',
  hint: 'Leave out -mtail-call and __attribute__((musttail)); in Rust -C target-feature=-tail-call.',
};
export const RELAXED_SIMD: Proposal = {
  name: 'relaxed SIMD',
  hint: 'Its results differ between machines. Leave out -mrelaxed-simd; -msimd128 is fine.',
};
export const MEMORY64: Proposal = {
  name: '64-bit memory',
  hint: 'Build for wasm32, not wasm64.',
};
export const MULTI_MEMORY: Proposal = {
  name: 'several memories',
  hint: 'Use one memory: leave out -mmultimemory, and tools that add a memory of their own.',
};
export const PAGE_SIZES: Proposal = {
  name: 'custom page sizes',
  hint: 'Leave out --page-size and -mcustom-page-sizes; pages are 64 KiB.',
};
export const EXTENDED_CONST: Proposal = {
  name: 'extended constant expressions',
  hint: 'Leave out -mextended-const and -fPIC; link statically.',
};
export const WIDE_ARITHMETIC: Proposal = {
  name: 'wide arithmetic',
  hint: 'Leave out -mwide-arithmetic.',
};
export const STACK_SWITCHING: Proposal = {
  name: 'stack switching',
  hint: 'Build without coroutines of the engine; binaryen --asyncify works.',
};
const MEMORY_CONTROL: Proposal = {
  name: 'memory control',
  hint: 'Leave out memory.discard.',
};

/** The proposal that an opcode outside the allow-list belongs to, as far as it is known. */
export function proposalOf(opcode: number): Proposal | undefined {
  if ((opcode >= 0x06 && opcode <= 0x0a) || [0x18, 0x19, 0x1f].includes(opcode)) return EXCEPTIONS;
  if (opcode === 0x12 || opcode === 0x13) return TAIL_CALLS;
  if (opcode === 0x14 || opcode === 0x15 || (opcode >= 0xd4 && opcode <= 0xd6)) return FUNCTION_REFERENCES;
  if (opcode >= 0xe0 && opcode <= 0xe6) return STACK_SWITCHING;
  if (opcode === 0xd3 || opcode === 0xfb) return GC;
  if (opcode === 0xfe) return THREADS;
  return undefined;
}

/** The same for the second number of an opcode with a prefix. */
export function prefixedProposalOf(prefix: number, opcode: number): Proposal | undefined {
  if (prefix === 0xfd && opcode >= 0x100 && opcode <= 0x12f) return RELAXED_SIMD;
  if (prefix === 0xfc && opcode >= 0x13 && opcode <= 0x16) return WIDE_ARITHMETIC;
  if (prefix === 0xfc && opcode === 0x12) return MEMORY_CONTROL;
  return undefined;
}

/** The proposal that a type outside the allow-list belongs to. */
export function typeProposalOf(type: number): Proposal {
  if (type === 0x69 || type === 0x74) return EXCEPTIONS;
  if (type === 0x40 || type === 0x63 || type === 0x64) return FUNCTION_REFERENCES;
  if (type === 0x68 || type === 0x75 || type === 0x5d) return STACK_SWITCHING;
  return GC;
}
