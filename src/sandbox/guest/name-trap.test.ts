import { describe, expect, test } from 'vitest';
import { KilnError } from '../../base/errors.ts';
import { GuestFault } from '../messages.ts';
import { nameFault } from './name-trap.ts';

/** Messages as V8 (Chromium 156), SpiderMonkey (Firefox 153) and JavaScriptCore (WebKitGTK 2.50) word them. */
const WORDS: readonly (readonly [named: string, ...said: readonly string[]])[] = [
  ['unreachable', 'unreachable', 'unreachable executed', 'Unreachable code should not be executed'],
  [
    'integer divided by zero',
    'divide by zero',
    'remainder by zero',
    'integer divide by zero',
    'Division by zero',
  ],
  [
    'number not representable',
    'divide result unrepresentable',
    'float unrepresentable in integer range',
    'integer overflow',
    'invalid conversion to integer',
    'Integer overflow',
    'Out of bounds Trunc operation',
  ],
  [
    'bad indirect call',
    'null function or function signature mismatch',
    'indirect call to null',
    'indirect call signature mismatch',
    'call_indirect to a null table entry',
    'call_indirect to a signature that does not match',
    'Out of bounds call_indirect',
  ],
  [
    'table access out of bounds',
    'table index is out of bounds',
    'element segment out of bounds',
    'table index out of bounds',
    'use of dropped element segment',
    'Out of bounds table access',
  ],
  [
    'memory access out of bounds',
    'memory access out of bounds',
    'data segment out of bounds',
    'index out of bounds',
    'use of dropped data segment',
    'Out of bounds memory access',
  ],
  ['The program trapped.', 'something no engine said before'],
];

describe('a fault is named alike in every engine', () => {
  test.each(WORDS)('trap: %s', (named, ...said) => {
    for (const message of said) {
      const thrown = new WebAssembly.RuntimeError(message);
      expect(nameFault(thrown), message).toEqual({ kind: 'trap', message: named });
      const inWebKit = new WebAssembly.RuntimeError(`${message} (evaluating 'start(table, memory)')`);
      expect(nameFault(inWebKit), message).toEqual({ kind: 'trap', message: named });
    }
  });

  test.each(['Maximum call stack size exceeded', 'too much recursion', 'Stack overflow'])(
    'stack: %s',
    (said) => {
      expect(nameFault(new RangeError(said)).kind).toBe('stack');
    },
  );

  test.each([
    'WebAssembly.Instance(): Out of memory: Cannot allocate Wasm memory for new instance',
    'out of memory',
    'Out of memory',
    'Array buffer allocation failed',
  ])('out of memory: %s', (said) => {
    expect(nameFault(new RangeError(said)).kind).toBe('out-of-memory');
  });
});

describe('what is not the program’s trap', () => {
  test('keeps its own kind and words', () => {
    expect(nameFault(new GuestFault('output-limit', 'Too much.'))).toEqual({
      kind: 'output-limit',
      message: 'Too much.',
    });
    expect(nameFault(new KilnError('sandbox/x', 'No.')).kind).toBe('refused');
    expect(nameFault(new WebAssembly.CompileError('bad opcode')).kind).toBe('refused');
    expect(nameFault(new WebAssembly.LinkError('no such import')).kind).toBe('refused');
  });

  test('is cut to what the wire allows', () => {
    const exit = nameFault(new WebAssembly.LinkError('x'.repeat(5_000)));
    expect('message' in exit && exit.message.length).toBe(300);
  });
});
