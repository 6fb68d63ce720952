import { KilnError } from '../../base/errors.ts';
import type { Exit } from '../../protocol/task.ts';
import { GuestFault, faultExit } from '../messages.ts';

/** What engines say of a trap, in our words: the same fault is named alike in every browser. */
const TRAPS: readonly (readonly [RegExp, string])[] = [
  [/unreachable/i, 'unreachable'],
  [/divide by zero|division by zero/i, 'integer divided by zero'],
  [/indirect call|signature|null function|table index/i, 'bad indirect call'],
  [/table/i, 'table access out of bounds'],
  [/unrepresentable|integer overflow|float.*integer|divide result/i, 'number not representable'],
  [/out of bounds|index out of|offset is outside|invalid typed array length/i, 'memory access out of bounds'],
];

/** Turns whatever a guest's run threw into its exit. */
export function nameFault(thrown: unknown): Exit {
  if (thrown instanceof GuestFault) return faultExit(thrown.kind, thrown.message);
  if (thrown instanceof KilnError) return faultExit('refused', thrown.message);
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  if (/call stack|too much recursion|stack overflow/i.test(message)) {
    return faultExit('stack', 'The program exhausted its call stack.');
  }
  if (/out of memory|could not allocate|allocation failed/i.test(message)) {
    return faultExit('out-of-memory', 'The program could not get the memory it asked for.');
  }
  if (thrown instanceof WebAssembly.CompileError || thrown instanceof WebAssembly.LinkError) {
    return faultExit('refused', message);
  }
  const named = TRAPS.find(([pattern]) => pattern.test(message))?.[1];
  return faultExit('trap', named ?? 'The program trapped.');
}
