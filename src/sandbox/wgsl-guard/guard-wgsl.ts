import { KilnError } from '../../base/errors.ts';
import { type DeclaredAccess, declaredAccess } from './declared-access.ts';
import { stripComments } from './strip-comments.ts';

/** What the guard holds a shader to. */
export interface WgslLimits {
  readonly shaderBytes: number;
  readonly inlinedTokens: number;
  readonly loopTurns: number;
}

/** Text that the guard put into a line of the author's: `columns` characters before this column (both from 1). */
export interface WgslEdit {
  readonly line: number;
  readonly column: number;
  readonly columns: number;
}

/** A shader that may be compiled. Lines keep their numbers. */
export interface GuardedWgsl {
  readonly code: string;
  readonly access: DeclaredAccess;
  readonly edits: readonly WgslEdit[];
  /** Does it hold loops, and so bind the overrun word at `@group(OVERRUN_GROUP) @binding(0)`? */
  readonly hasLoops: boolean;
}

/** The bind group that the guard adds: one `atomic<u32>`, not 0 after an invocation ran out of loop turns. */
export const OVERRUN_GROUP = 1;

/** Extensions and language features a shader may ask for. None: results must not depend on the adapter. */
const ALLOWED_FEATURES: ReadonlySet<string> = new Set();

/**
 * The shader as it may be compiled, from the bytes of its blob. Throws `sandbox/shader-too-large`,
 * `sandbox/shader-not-text` or `sandbox/shader-feature-refused`. Pure: loop counters and size limits belong here too.
 */
export function guardWgsl(source: Uint8Array, limits: WgslLimits): GuardedWgsl {
  if (source.byteLength > limits.shaderBytes) {
    throw new KilnError('sandbox/shader-too-large', 'The shader is too large.', {
      data: { bytes: source.byteLength, limitBytes: limits.shaderBytes },
      hint: 'Move tables into a buffer.',
    });
  }
  const text = decode(source);
  for (const [, directive, list] of stripComments(text).matchAll(/\b(enable|requires)\s+([^;]*);/g)) {
    for (const feature of (list ?? '').split(',').map((name) => name.trim())) {
      if (feature === '' || ALLOWED_FEATURES.has(feature)) continue;
      throw new KilnError(
        'sandbox/shader-feature-refused',
        `The shader ${directive}s "${feature.slice(0, 60)}".`,
        {
          hint: 'Use WGSL without extensions.',
        },
      );
    }
  }
  return { code: text, access: declaredAccess(text), edits: [], hasLoops: false };
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
