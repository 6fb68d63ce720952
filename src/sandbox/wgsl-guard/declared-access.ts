import { stripComments } from './strip-comments.ts';

/** How a shader declares the buffers of `@group(0)`: binding number to `var<…>`. */
export type DeclaredAccess = ReadonlyMap<number, 'read' | 'read_write' | 'uniform'>;

/** Reads `@group(0) @binding(N) var<storage, read_write> …` declarations whose numbers are literals. */
export function declaredAccess(source: string): DeclaredAccess {
  const found = new Map<number, 'read' | 'read_write' | 'uniform'>();
  const pattern =
    /((?:@\w+\s*\([^)]*\)\s*)+)var\s*<\s*(storage|uniform)\s*(?:,\s*(read_write|read)\s*,?\s*)?>/g;
  for (const [, attributes = '', space, access] of stripComments(source).matchAll(pattern)) {
    const binding = /@binding\s*\(\s*(\d+)[iu]?\s*,?\s*\)/.exec(attributes)?.[1];
    if (binding === undefined || !/@group\s*\(\s*0[iu]?\s*,?\s*\)/.test(attributes)) continue;
    found.set(
      Number(binding),
      space === 'uniform' ? 'uniform' : access === 'read_write' ? 'read_write' : 'read',
    );
  }
  return found;
}
