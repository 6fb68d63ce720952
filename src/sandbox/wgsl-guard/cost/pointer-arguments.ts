import type { CallGraph } from '../read/call-graph.ts';
import { refuse } from '../refuse.ts';
import type { ShaderModule } from '../read/shader-module.ts';
import type { ShaderText, Span } from '../read/shader-text.ts';

/** Address spaces that every browser lets functions take pointers into. */
const PLAIN_SPACES: ReadonlySet<string> = new Set(['function', 'private']);

/**
 * Refuses what the language feature `unrestricted_pointer_parameters` adds, which a shader need not ask for: pointers
 * into buffers and workgroup memory as parameters (Firefox 153 does not compile them), and pointers to a part of a
 * variable as arguments (they end Firefox 153 on Mesa's lavapipe, with all its windows). Throws
 * `sandbox/shader-feature-refused`.
 */
export function refusePointers(shader: ShaderText, { functions }: ShaderModule, graph: CallGraph): void {
  for (const { name, parameters, body } of functions) {
    for (let i = parameters.from; i < parameters.to; i++) {
      const isPointer = shader.at(i) === 'ptr' && shader.at(i + 1) === '<';
      if (!isPointer || PLAIN_SPACES.has(shader.at(i + 2))) continue;
      const what = 'A function cannot take a pointer into this address space here.';
      throw refusal(shader, i, what, 'Name the buffer in the function, or pass an index.');
    }
    const parts = partPointers(shader, body);
    for (const { token } of graph.callsOf(name)) {
      for (const argument of argumentsOf(shader, token + 1)) {
        if (!isPart(shader, parts, argument)) continue;
        const what = 'A pointer to a part of a variable cannot be passed here.';
        throw refusal(shader, argument.from, what, 'Pass a pointer to the whole variable, and an index.');
      }
    }
  }
}

function refusal(shader: ShaderText, token: number, what: string, hint: string): Error {
  return refuse('shader-feature-refused', what, shader.position(token), hint);
}

/** Names that a function gives to pointers to parts, whatever their scope. */
function partPointers(shader: ShaderText, body: Span): ReadonlySet<string> {
  const parts = new Set<string>();
  for (let i = body.from; i < body.to; i++) {
    if (shader.at(i) !== 'let') continue;
    let from = i + 2;
    while (from < body.to && !['=', ';'].includes(shader.at(from))) from = shader.next(from);
    let to = from;
    while (to < body.to && shader.at(to) !== ';') to = shader.next(to);
    if (isPart(shader, parts, { from: from + 1, to })) parts.add(shader.at(i + 1));
    i = to;
  }
  return parts;
}

/** `&name` is a whole variable; `&` before anything else may be a part, and so may a name that was given to one. */
function isPart(shader: ShaderText, parts: ReadonlySet<string>, { from, to }: Span): boolean {
  let start = from;
  while (shader.at(start) === '(') start++;
  if (shader.at(start) === '&') return !(start === from && shader.isWord(from + 1) && to === from + 2);
  return parts.has(shader.at(start));
}

function argumentsOf(shader: ShaderText, open: number): readonly Span[] {
  const close = shader.pair(open);
  const found: Span[] = [];
  let from = open + 1;
  for (let i = from; i < close; i = shader.next(i)) {
    if (shader.at(i) !== ',') continue;
    found.push({ from, to: i });
    from = i + 1;
  }
  if (from < close) found.push({ from, to: close });
  return found;
}
