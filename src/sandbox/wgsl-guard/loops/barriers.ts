import type { CallGraph } from '../read/call-graph.ts';
import type { ShaderText, Span } from '../read/shader-text.ts';

/** Built-in functions that a compute shader may call in uniform control flow only (specification, 15.2 and 17.11). */
const BARRIERS: ReadonlySet<string> = new Set([
  'workgroupBarrier',
  'storageBarrier',
  'textureBarrier',
  'workgroupUniformLoad',
]);

/** Does a call of a barrier begin at this token? A function of the author's may have the name, too. */
export function isBarrierCall(shader: ShaderText, { functions }: CallGraph, token: number): boolean {
  const name = shader.at(token);
  return BARRIERS.has(name) && shader.at(token + 1) === '(' && !functions.has(name);
}

/** The functions that call a barrier, directly or through others. */
export function barrierFunctions(shader: ShaderText, graph: CallGraph): ReadonlySet<string> {
  const found = new Set<string>();
  for (const { name, body } of graph.order) if (holdsBarrier(shader, graph, found, body)) found.add(name);
  return found;
}

/** Does a span call a barrier, or one of the functions that do? */
export function holdsBarrier(
  shader: ShaderText,
  graph: CallGraph,
  known: ReadonlySet<string>,
  { from, to }: Span,
): boolean {
  for (let i = from; i < to; i++) {
    if (isBarrierCall(shader, graph, i)) return true;
    if (shader.at(i + 1) === '(' && known.has(shader.at(i))) return true;
  }
  return false;
}
