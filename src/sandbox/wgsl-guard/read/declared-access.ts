import { quote, refuse } from '../refuse.ts';
import type { Attribute, ShaderModule } from './shader-module.ts';
import type { ShaderText } from './shader-text.ts';

/** How a shader declares the buffers of `@group(0)`: binding number to `var<…>`. */
export type DeclaredAccess = ReadonlyMap<number, 'read' | 'read_write' | 'uniform'>;

/** WGSL's default group of the author's buffers; the others are the sandbox's. */
const AUTHOR_GROUP = 0;

/**
 * Reads how each buffer is declared. Throws `sandbox/shader-binding-refused` for other groups than 0, for groups and
 * bindings that are not plain numbers, and for variables without either.
 */
export function declaredAccess(shader: ShaderText, { declarations }: ShaderModule): DeclaredAccess {
  const found = new Map<number, 'read' | 'read_write' | 'uniform'>();
  for (const { keyword, token, attributes, span } of declarations) {
    if (keyword !== 'var') continue;
    const group = attributes.find(({ name }) => name === 'group');
    const binding = attributes.find(({ name }) => name === 'binding');
    if (group === undefined && binding === undefined) continue;
    if (group === undefined || binding === undefined) {
      const what = `The buffer ${quote(shader.at(token))} needs both @group and @binding.`;
      throw refuse('shader-binding-refused', what, shader.position(token), 'Write @group(0) @binding(0).');
    }
    if (numberIn(shader, group) !== AUTHOR_GROUP) {
      const hint = 'Put all buffers into @group(0).';
      throw refuse('shader-binding-refused', 'The group is not 0.', shader.position(group.token), hint);
    }
    const access = accessOf(shader, span.from + 1, token);
    if (access !== undefined) found.set(numberIn(shader, binding), access);
  }
  return found;
}

function numberIn(shader: ShaderText, { name, token, arguments: { from, to } }: Attribute): number {
  const isAlone = to === from + 1 || (to === from + 2 && shader.at(from + 1) === ',');
  const digits = /^(?:(0|[1-9]\d*)|(0[xX][\da-fA-F]+))[iu]?$/.exec(shader.at(from));
  if (isAlone && digits !== null) return Number(digits[1] ?? digits[2]);
  const what = `The number of this @${name} is computed.`;
  throw refuse('shader-binding-refused', what, shader.position(token), `Write it out: @${name}(0).`);
}

/** `<storage, read_write>`; other address spaces have no buffer. */
function accessOf(shader: ShaderText, open: number, end: number) {
  const space = shader.at(open + 1);
  if (space === 'uniform') return 'uniform';
  if (space !== 'storage') return undefined;
  for (let i = open + 2; i < end; i++) if (shader.at(i) === 'read_write') return 'read_write';
  return 'read';
}
