import { quote, refuse } from './refuse.ts';
import type { ShaderModule } from './read/shader-module.ts';
import type { ShaderText } from './read/shader-text.ts';

/** Names that begin so are the guard's own. */
const OWN_PREFIX = 'kiln_';

/** What the guard's own declarations are made of: a shader that gives these names another meaning would blind it. */
const USED_NAMES: ReadonlySet<string> = new Set([
  'atomic',
  'atomicStore',
  'function',
  'private',
  'ptr',
  'read_write',
  'storage',
  'u32',
]);

/** Built-in functions that work across a subgroup, whose size differs from device to device. */
const SUBGROUP_CALL = /^(?:subgroup|quad)[A-Z]/;

/** Features whose name a shader writes after `enable` or `requires`. None is allowed: not every provider has them. */
export function refuseDirectives(shader: ShaderText, { directives }: ShaderModule): void {
  for (const { keyword, span } of directives) {
    if (keyword === 'diagnostic') continue;
    const what = `The shader ${keyword}s ${quote(shader.join({ from: span.from + 1, to: span.to }))}.`;
    throw refuse('shader-feature-refused', what, shader.position(span.from), 'Use WGSL without extensions.');
  }
}

/** Throws `sandbox/shader-name-refused`, or `sandbox/shader-feature-refused` for calls that need an extension. */
export function refuseNames(shader: ShaderText, { functions, declarations }: ShaderModule): void {
  for (const { name, token } of [...functions, ...declarations]) {
    if (!USED_NAMES.has(name)) continue;
    const what = `${quote(name)} has a meaning in WGSL.`;
    throw refuse('shader-name-refused', what, shader.position(token), 'Give it another name.');
  }
  const own = new Set(functions.map(({ name }) => name));
  for (let i = 0; i < shader.tokens.length; i++) {
    if (!shader.isWord(i)) continue;
    const word = shader.at(i);
    const isCall = shader.at(i + 1) === '(';
    if (word.startsWith(OWN_PREFIX)) {
      const what = `Names that begin with "${OWN_PREFIX}" are the sandbox's.`;
      throw refuse('shader-name-refused', what, shader.position(i), `Rename ${quote(word)}.`);
    }
    if (word === 'atomicStore' && !isCall) {
      const what = `${quote(word)} is a function of WGSL.`;
      throw refuse('shader-name-refused', what, shader.position(i), 'Give it another name.');
    }
    if (isCall && SUBGROUP_CALL.test(word) && !own.has(word)) {
      const hint = 'Use workgroup memory and barriers.';
      throw refuse('shader-feature-refused', `${quote(word)} needs subgroups.`, shader.position(i), hint);
    }
  }
}

/** Only compute shaders run here; vertex and fragment stages have rules of their own. */
export function refuseStages(shader: ShaderText, { functions }: ShaderModule): void {
  for (const { attributes } of functions) {
    const stage = attributes.find(({ name }) => name === 'vertex' || name === 'fragment');
    if (stage === undefined) continue;
    const what = `There is no ${stage.name} stage here.`;
    throw refuse('shader-feature-refused', what, shader.position(stage.token), 'Write @compute functions.');
  }
}
