import type { ShaderModule } from '../read/shader-module.ts';
import type { ShaderText, Span } from '../read/shader-text.ts';

const MATRIX = /^mat[234]x[234][fh]?$/;

/** Functions that matrices may be multiplied in: they name a matrix type, or something that has one inside. */
export function matrixFunctions(shader: ShaderText, module: ShaderModule): ReadonlySet<string> {
  const users = new Map<string, string[]>();
  const found = new Set<string>();
  const queue: string[] = [];
  const declare = (name: string, { from, to }: Span) => {
    for (let i = from; i < to; i++) {
      const word = shader.at(i);
      if (!shader.isWord(i) || word === name) continue;
      if (MATRIX.test(word)) queue.push(name);
      else {
        const known = users.get(word);
        if (known === undefined) users.set(word, [name]);
        else known.push(name);
      }
    }
  };
  for (const { name, span } of module.declarations) declare(name, span);
  for (const { name, parameters, result } of module.functions) {
    declare(name, parameters);
    if (result !== undefined) declare(name, result);
  }
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (found.has(name)) continue;
    found.add(name);
    queue.push(...(users.get(name) ?? []));
  }
  const holders = module.functions.filter(({ parameters, body }) => {
    for (let i = parameters.from; i < body.to; i++) {
      if (found.has(shader.at(i)) || MATRIX.test(shader.at(i))) return true;
    }
    return false;
  });
  return new Set(holders.map(({ name }) => name));
}
