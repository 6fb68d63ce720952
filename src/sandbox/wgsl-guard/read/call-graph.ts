import { quote, refuse } from '../refuse.ts';
import type { ShaderFunction, ShaderModule } from './shader-module.ts';
import type { ShaderText, Span } from './shader-text.ts';

/** A call of one of the shader's own functions. */
export interface Call {
  readonly callee: string;
  /** The token of the function's name; its "(" follows. */
  readonly token: number;
}

/** Who calls whom. */
export interface CallGraph {
  readonly functions: ReadonlyMap<string, ShaderFunction>;
  /** Every function after all functions that it calls. */
  readonly order: readonly ShaderFunction[];
  /** Calls inside a span of tokens, in order. */
  callsIn(span: Span): readonly Call[];
  /** Calls in the body of a function. */
  callsOf(name: string): readonly Call[];
}

/** Calls inside calls: compilers inline recursively, and lose their stack beyond some hundreds. */
export const MAX_CALL_DEPTH = 64;

/** Orders functions by their calls. Throws `sandbox/shader-recursion` and `sandbox/shader-too-nested`. */
export function callGraph(shader: ShaderText, module: ShaderModule): CallGraph {
  const functions = new Map(module.functions.map((one) => [one.name, one]));
  const callsIn = (span: Span): Call[] => {
    const calls: Call[] = [];
    for (let i = span.from; i < span.to; i++) {
      if (shader.at(i + 1) === '(' && functions.has(shader.at(i))) {
        calls.push({ callee: shader.at(i), token: i });
      }
    }
    return calls;
  };
  const calls = new Map(module.functions.map(({ name, body }) => [name, callsIn(body)]));
  const order = orderByCalls(shader, functions, calls);
  refuseDeepCalls(shader, order, calls);
  return { functions, order, callsIn, callsOf: (name) => calls.get(name) ?? [] };
}

/** Depth first with a stack of our own: a shader of 256 KiB can chain more calls than a JavaScript stack holds. */
function orderByCalls(
  shader: ShaderText,
  functions: ReadonlyMap<string, ShaderFunction>,
  calls: ReadonlyMap<string, readonly Call[]>,
): ShaderFunction[] {
  const order: ShaderFunction[] = [];
  const state = new Map<string, 'open' | 'done'>();
  for (const root of functions.keys()) {
    if (state.has(root)) continue;
    const path = [{ name: root, next: 0 }];
    state.set(root, 'open');
    while (path.length > 0) {
      const top = path.at(-1)!;
      const call = calls.get(top.name)![top.next++];
      if (call === undefined) {
        state.set(top.name, 'done');
        order.push(functions.get(top.name)!);
        path.pop();
      } else if (state.get(call.callee) === 'open') {
        const names = path.map(({ name }) => name);
        throw recursion(shader, [...names.slice(names.indexOf(call.callee)), call.callee], call.token);
      } else if (!state.has(call.callee)) {
        state.set(call.callee, 'open');
        path.push({ name: call.callee, next: 0 });
      }
    }
  }
  return order;
}

/** Longest cycle that a message spells out. */
const MAX_SHOWN_CALLS = 8;

function recursion(shader: ShaderText, cycle: readonly string[], token: number): Error {
  const shown = cycle.length > MAX_SHOWN_CALLS ? [...cycle.slice(0, MAX_SHOWN_CALLS), '…'] : cycle;
  const what = `${quote(cycle[0]!)} calls itself: ${shown.map((name) => name.slice(0, 60)).join(' → ')}.`;
  return refuse(
    'shader-recursion',
    what,
    shader.position(token),
    'WGSL has no recursion: use a loop and an array.',
  );
}

function refuseDeepCalls(
  shader: ShaderText,
  order: readonly ShaderFunction[],
  calls: ReadonlyMap<string, readonly Call[]>,
): void {
  const depths = new Map<string, number>();
  for (const { name, token } of order) {
    let depth = 1;
    for (const { callee } of calls.get(name)!) depth = Math.max(depth, 1 + depths.get(callee)!);
    if (depth > MAX_CALL_DEPTH) {
      const what = `${quote(name)} nests its calls deeper than ${MAX_CALL_DEPTH}.`;
      throw refuse('shader-too-nested', what, shader.position(token), 'Merge some functions.');
    }
    depths.set(name, depth);
  }
}
