import type { CallGraph } from './call-graph.ts';
import { quote, refuse } from './refuse.ts';
import type { ShaderModule } from './shader-module.ts';
import type { ShaderText } from './shader-text.ts';

/**
 * Holds each function, with all calls inlined, and the declarations around them to `limit` tokens. GPU compilers
 * inline every call, so 1.2 KB of functions that call each other twice grow to gigabytes. Linear in the calls of the
 * source; sums stop growing at 2⁵³. Throws `sandbox/shader-too-complex`.
 */
export function checkInlinedSize(
  shader: ShaderText,
  { functions }: ShaderModule,
  graph: CallGraph,
  limit: number,
): void {
  const inFunctions = functions.reduce((sum, { body }) => sum + body.to - body.from, 0);
  const around = shader.tokens.length - inFunctions;
  const sizes = new Map<string, number>();
  for (const { name, token, body } of graph.order) {
    let size = body.to - body.from;
    for (const { callee } of graph.callsOf(name)) size += sizes.get(callee) ?? 0;
    size = Math.min(size, Number.MAX_SAFE_INTEGER);
    sizes.set(name, size);
    if (size + around <= limit) continue;
    const what = `${quote(name)} has ${size + around} tokens once its calls are inlined; the limit is ${limit}.`;
    const hint = 'Call functions from a loop instead of many places, or raise limits.inlinedTokens.';
    throw refuse('shader-too-complex', what, shader.position(token), hint);
  }
}
