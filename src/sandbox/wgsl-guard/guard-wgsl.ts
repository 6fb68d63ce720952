import { KilnError } from '../../base/errors.ts';
import { MAX_WGSL_BYTES } from '../limits.ts';
import { stripComments } from './strip-comments.ts';

/** What the guard holds a shader to. */
export interface WgslLimits {
  readonly sourceBytes: number;
}

export const DEFAULT_WGSL_LIMITS: WgslLimits = { sourceBytes: MAX_WGSL_BYTES };

/** Extensions and language features a shader may ask for. None: results must not depend on the adapter. */
const ALLOWED_FEATURES: ReadonlySet<string> = new Set();

/**
 * The shader as it may be compiled, from the bytes of its blob. Throws `sandbox/shader-too-large`,
 * `sandbox/shader-not-text` or `sandbox/shader-feature-refused`. Pure: loop counters and size limits belong here too.
 */
export function guardWgsl(source: Uint8Array, limits: WgslLimits = DEFAULT_WGSL_LIMITS): string {
  if (source.byteLength > limits.sourceBytes) {
    throw new KilnError('sandbox/shader-too-large', 'The shader is too large.', {
      data: { bytes: source.byteLength, limitBytes: limits.sourceBytes },
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
  return text;
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
