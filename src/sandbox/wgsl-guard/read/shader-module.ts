import { quote, refuse } from '../refuse.ts';
import type { ShaderText, Span } from './shader-text.ts';

/** One attribute: its name's token and what its parentheses hold. */
export interface Attribute {
  readonly token: number;
  readonly name: string;
  readonly arguments: Span;
}

/** A function: `body` is what its braces hold, `result` the tokens of its return type. */
export interface ShaderFunction {
  readonly name: string;
  readonly token: number;
  readonly attributes: readonly Attribute[];
  readonly parameters: Span;
  readonly result: Span | undefined;
  readonly body: Span;
}

/** Any other declaration of a module: `span` runs from its keyword to before its `;` or `}`. */
export interface ShaderDeclaration {
  readonly keyword: string;
  readonly token: number;
  readonly name: string;
  readonly attributes: readonly Attribute[];
  readonly span: Span;
}

/** `enable`, `requires` or `diagnostic`, up to its `;`. */
export interface Directive {
  readonly keyword: string;
  readonly span: Span;
}

/** The declarations of a shader. */
export interface ShaderModule {
  readonly directives: readonly Directive[];
  readonly functions: readonly ShaderFunction[];
  readonly declarations: readonly ShaderDeclaration[];
}

const DIRECTIVES: ReadonlySet<string> = new Set(['enable', 'requires', 'diagnostic']);
const DECLARATIONS: ReadonlySet<string> = new Set([
  'alias',
  'const',
  'const_assert',
  'override',
  'struct',
  'var',
]);

/** Finds a shader's declarations (specification, 4.1 and 7–11). Throws `sandbox/shader-syntax`. */
export function parseModule(shader: ShaderText): ShaderModule {
  const directives: Directive[] = [];
  const functions: ShaderFunction[] = [];
  const declarations: ShaderDeclaration[] = [];
  const end = shader.tokens.length;
  for (let i = 0; i < end;) {
    if (shader.at(i) === ';') {
      i++;
      continue;
    }
    const { attributes, next } = readAttributes(shader, i);
    const keyword = shader.at(next);
    if (DIRECTIVES.has(keyword) && next === i) {
      const to = shader.find(';', { from: i, to: end });
      directives.push({ keyword, span: { from: i, to } });
      i = to + 1;
    } else if (keyword === 'fn') {
      const found = readFunction(shader, next, attributes);
      functions.push(found);
      i = found.body.to + 1;
    } else if (DECLARATIONS.has(keyword)) {
      const found = readDeclaration(shader, next, attributes);
      declarations.push(found);
      i = found.span.to + 1;
    } else {
      throw shader.syntaxError(next, `No declaration begins with ${quote(keyword)}.`);
    }
  }
  refuseDuplicates(shader, functions);
  return { directives, functions, declarations };
}

/** The attributes that begin here, and the token after them. */
export function readAttributes(
  shader: ShaderText,
  from: number,
): { readonly attributes: readonly Attribute[]; readonly next: number } {
  const attributes: Attribute[] = [];
  let i = from;
  while (shader.at(i) === '@') {
    const token = i + 1;
    const open = token + 1;
    const hasArguments = shader.at(open) === '(';
    const inside = hasArguments ? { from: open + 1, to: shader.pair(open) } : { from: open, to: open };
    attributes.push({ token, name: shader.at(token), arguments: inside });
    i = hasArguments ? shader.after(open) : open;
  }
  return { attributes, next: i };
}

function readFunction(shader: ShaderText, keyword: number, attributes: readonly Attribute[]): ShaderFunction {
  const token = keyword + 1;
  const open = token + 1;
  if (!shader.isWord(token) || shader.at(open) !== '(') {
    throw shader.syntaxError(keyword, 'This function has no name or no parameters.');
  }
  const close = shader.pair(open);
  const brace = shader.find('{', { from: close + 1, to: shader.tokens.length });
  return {
    name: shader.at(token),
    token,
    attributes,
    parameters: { from: open + 1, to: close },
    result: readResult(shader, close + 1, brace),
    body: { from: brace + 1, to: shader.pair(brace) },
  };
}

function readResult(shader: ShaderText, arrow: number, brace: number): Span | undefined {
  if (shader.at(arrow) !== '->') return undefined;
  const from = readAttributes(shader, arrow + 1).next;
  let to = from;
  while (to < brace && shader.at(to) !== '@') to = shader.next(to);
  return { from, to };
}

function readDeclaration(
  shader: ShaderText,
  from: number,
  attributes: readonly Attribute[],
): ShaderDeclaration {
  const keyword = shader.at(from);
  const template = keyword === 'var' && shader.at(from + 1) === '<' ? shader.pair(from + 1) : from;
  if (template < 0) throw shader.syntaxError(from, 'The "<" of this var is never closed.');
  const token = template + 1;
  const to =
    keyword === 'struct'
      ? shader.pair(shader.find('{', { from, to: shader.tokens.length }))
      : shader.find(';', { from, to: shader.tokens.length });
  return { keyword, token, name: shader.at(token), attributes, span: { from, to } };
}

function refuseDuplicates(shader: ShaderText, functions: readonly ShaderFunction[]): void {
  const seen = new Set<string>();
  for (const { name, token } of functions) {
    if (seen.has(name)) {
      const what = `There are two functions ${quote(name)}.`;
      throw refuse('shader-syntax', what, shader.position(token), 'Rename one of them.');
    }
    seen.add(name);
  }
}
