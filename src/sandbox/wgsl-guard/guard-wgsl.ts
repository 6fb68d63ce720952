import { KilnError } from '../../base/errors.ts';
import { callGraph } from './read/call-graph.ts';
import { checkCompileCost } from './cost/compile-cost.ts';
import { countLoops } from './loops/count-loops.ts';
import { type DeclaredAccess, declaredAccess } from './read/declared-access.ts';

import { writeShader } from './loops/insertions.ts';
import { refusePointers } from './cost/pointer-arguments.ts';
import type { WgslEdit } from './read/positions.ts';
import { refuseDirectives, refuseNames, refuseStages } from './refused-names.ts';
import { parseModule } from './read/shader-module.ts';
import { ShaderText } from './read/shader-text.ts';

/** What the guard holds a shader to. */
export interface WgslLimits {
  readonly shaderBytes: number;
  /** Of one function and the declarations around it, all calls inlined; what compiles slowly weighs more. */
  readonly inlinedTokens: number;
  /** Of all loops of one invocation together; a turn of a long body counts as several. */
  readonly loopTurns: number;
}

/** A shader that may be compiled. Lines keep their numbers, and columns can be told with `authorPosition`. */
export interface GuardedWgsl {
  readonly code: string;
  readonly access: DeclaredAccess;
  readonly edits: readonly WgslEdit[];
  /** Does it hold loops, and so bind the overrun word at `@group(OVERRUN_GROUP) @binding(0)`? */
  readonly hasLoops: boolean;
}

/**
 * The shader as it may be compiled, from the bytes of its blob. Throws KilnErrors `sandbox/shader-…` with the
 * author's line and column in message and data; what is wrong in another way is the compiler's to refuse. Pure, and
 * linear in the length of the source.
 *
 * @example
 * const { code, hasLoops } = guardWgsl(bytes, effectiveLimits(manifest.limits));
 */
export function guardWgsl(source: Uint8Array, limits: WgslLimits): GuardedWgsl {
  if (source.byteLength > limits.shaderBytes) {
    throw new KilnError('sandbox/shader-too-large', 'The shader is too large.', {
      data: { bytes: source.byteLength, limitBytes: limits.shaderBytes },
      hint: 'Move tables into a buffer.',
    });
  }
  const shader = new ShaderText(decode(source));
  const module = parseModule(shader);
  refuseDirectives(shader, module);
  refuseNames(shader, module);
  refuseStages(shader, module);
  const access = declaredAccess(shader, module);
  const graph = callGraph(shader, module);
  refusePointers(shader, module, graph);
  const weights = checkCompileCost(shader, module, graph, limits.inlinedTokens);
  const insertions = countLoops(shader, graph, weights, limits.loopTurns);
  return { ...writeShader(shader, insertions), access, hasLoops: insertions.length > 0 };
}

function decode(source: Uint8Array): string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(source);
    if (!text.includes('\0')) return text;
  } catch {
    // falls through to the one error below
  }
  throw new KilnError('sandbox/shader-not-text', 'The shader is not UTF-8 text.', {
    hint: 'Save it as UTF-8.',
  });
}
