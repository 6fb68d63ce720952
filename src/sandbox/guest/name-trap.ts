import { KilnError } from '../../base/errors.ts';
import type { Exit } from '../../protocol/task.ts';
import { GuestFault, faultExit } from '../messages.ts';

/**
 * What V8, SpiderMonkey and JavaScriptCore say of a trap, in our words: the same fault is named alike in every browser.
 * JavaScriptCore adds the call after its message, so patterns begin at the message's start. The first that matches
 * counts. SpiderMonkey says "index out of bounds" of memories and of tables, so memory goes last.
 */
const TRAPS: readonly (readonly [RegExp, string])[] = [
  [/^unreachable/i, 'unreachable'],
  [/^(integer )?(divide|division|remainder) by zero/i, 'integer divided by zero'],
  [
    /^(divide result unrepresentable|float unrepresentable|integer overflow|invalid conversion to integer|out of bounds trunc)/i,
    'number not representable',
  ],
  [/^(indirect call|call_indirect|out of bounds call_indirect|null function)/i, 'bad indirect call'],
  [/^(table|element segment|out of bounds table|use of dropped element)/i, 'table access out of bounds'],
  [
    /^(memory access|data segment|out of bounds memory|index out of bounds|use of dropped data|unaligned memory)/i,
    'memory access out of bounds',
  ],
];
const STACK = /^(maximum call stack size exceeded|too much recursion|stack overflow)/i;
const MEMORY = /out of memory|could not allocate|cannot allocate|allocation failed|failed to allocate/i;

/** Turns whatever a guest's run threw into its exit. */
export function nameFault(thrown: unknown): Exit {
  if (thrown instanceof GuestFault) return faultExit(thrown.kind, thrown.message);
  if (thrown instanceof KilnError) return faultExit('refused', thrown.message);
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  if (STACK.test(message)) return faultExit('stack', 'The program exhausted its call stack.');
  if (MEMORY.test(message)) {
    return faultExit('out-of-memory', 'The program could not get the memory it asked for.');
  }
  if (thrown instanceof WebAssembly.CompileError || thrown instanceof WebAssembly.LinkError) {
    return faultExit('refused', message);
  }
  const named = TRAPS.find(([pattern]) => pattern.test(message))?.[1];
  return faultExit('trap', named ?? 'The program trapped.');
}
