import { isBarrierCall } from './loops/barriers.ts';
import type { CallGraph } from './read/call-graph.ts';
import type { ShaderFunction } from './read/shader-module.ts';
import type { ShaderText, Span } from './read/shader-text.ts';
import type { Block, Statement } from './read/statements.ts';

/** A function with its body read. */
export interface FunctionBody {
  readonly function: ShaderFunction;
  readonly block: Block;
}

/**
 * Names whose values decide how control comes to a barrier. Uniformity analysis (specification, 15.2) must find them
 * uniform, so no loop that assigns one of them may end by a counter that differs between invocations. Names of the
 * whole module are taken as one, and every value flows through whole statements: the set may be too large, never too
 * small.
 */
export function uniformNames(
  shader: ShaderText,
  graph: CallGraph,
  bodies: readonly FunctionBody[],
  barrierFunctions: ReadonlySet<string>,
): ReadonlySet<string> {
  const flow = new Flow(shader, graph, barrierFunctions);
  for (const body of bodies) flow.addFunction(body);
  return flow.solve();
}

/** Words of the shader that a statement may assign: what is left of `=`, before `++`, declared, or passed by pointer. */
export function assignedNames(shader: ShaderText, graph: CallGraph, span: Span): readonly string[] {
  const names: string[] = [];
  const first = shader.at(span.from);
  const second = span.from + 1;
  if (first === 'let' || first === 'const') names.push(shader.at(second));
  else if (first === 'var') names.push(shader.at(shader.at(second) === '<' ? shader.after(second) : second));
  else if (isAssignment(shader, span)) names.push(rootWord(shader, span));
  for (const { callee, token } of graph.callsIn(span)) {
    const { parameters } = graph.functions.get(callee)!;
    if (!wordsIn(shader, parameters).includes('ptr')) continue;
    names.push(...wordsIn(shader, { from: token + 2, to: shader.pair(token + 1) }));
  }
  return names;
}

function isAssignment(shader: ShaderText, span: Span): boolean {
  if (['++', '--'].includes(shader.at(span.to - 1))) return true;
  for (let i = span.from; i < span.to; i = shader.next(i)) {
    const text = shader.at(i);
    if (text.endsWith('=') && text !== '==' && text !== '!=') return true;
  }
  return false;
}

function rootWord(shader: ShaderText, { from, to }: Span): string {
  for (let i = from; i < to; i++) if (shader.isWord(i)) return shader.at(i);
  return '';
}

function wordsIn(shader: ShaderText, { from, to }: Span): string[] {
  const words: string[] = [];
  for (let i = from; i < to; i++) if (shader.isWord(i)) words.push(shader.at(i));
  return words;
}

/** Who depends on whom: nodes are names, and `#n` for the control flow inside a construct. */
class Flow {
  readonly #shader: ShaderText;
  readonly #graph: CallGraph;
  readonly #barrierFunctions: ReadonlySet<string>;
  readonly #edges = new Map<string, Set<string>>();
  readonly #roots = new Set<string>();
  #controls = 0;

  constructor(shader: ShaderText, graph: CallGraph, barrierFunctions: ReadonlySet<string>) {
    this.#shader = shader;
    this.#graph = graph;
    this.#barrierFunctions = barrierFunctions;
  }

  addFunction({ function: { name, body }, block }: FunctionBody): void {
    const control = this.#newControl();
    this.#depend(name, wordsIn(this.#shader, body));
    this.#depend(name, [control]);
    this.#addBlock(block, { inside: control, loop: control, function: control });
  }

  solve(): ReadonlySet<string> {
    const queue = [...this.#roots];
    for (let node = queue.pop(); node !== undefined; node = queue.pop()) {
      for (const next of this.#edges.get(node) ?? []) {
        if (this.#roots.has(next)) continue;
        this.#roots.add(next);
        queue.push(next);
      }
    }
    return this.#roots;
  }

  #newControl(...dependsOn: readonly string[]): string {
    const control = `#${this.#controls++}`;
    this.#depend(control, dependsOn);
    return control;
  }

  #depend(node: string, on: readonly string[]): void {
    const known = this.#edges.get(node) ?? new Set();
    for (const one of on) known.add(one);
    this.#edges.set(node, known);
  }

  #addBlock({ statements }: Block, controls: Controls): void {
    for (const statement of statements) this.#addStatement(statement, controls);
  }

  #addStatement(statement: Statement, controls: Controls): void {
    if (statement.kind === 'simple') this.#addSimple(statement, controls);
    else if (statement.kind === 'branch') {
      const words = statement.heads.flatMap((head) => wordsIn(this.#shader, head));
      const inside = this.#newControl(controls.inside, ...words);
      // A `break` of a switch ends the switch alone; taking it for the loop's only makes the set larger.
      for (const head of statement.heads) this.#addUses(head, controls);
      for (const block of statement.blocks) this.#addBlock(block, { ...controls, inside });
    } else if (statement.kind === 'loop') {
      const inside = this.#newControl(controls.inside, ...wordsIn(this.#shader, statement.condition));
      const within = { ...controls, inside, loop: inside };
      this.#addUses(statement.condition, within);
      for (const head of statement.heads) this.#addStatement(head, within);
      this.#addBlock(statement.body, within);
    } else this.#addBlock(statement.block, controls);
  }

  #addSimple({ keyword, span }: Statement & { readonly kind: 'simple' }, controls: Controls): void {
    const words = wordsIn(this.#shader, span);
    if (keyword === 'break if') {
      this.#depend(controls.loop, [...words, controls.inside]);
    } else if (keyword === 'break' || keyword === 'continue') {
      this.#depend(controls.loop, [controls.inside]);
    } else if (keyword === 'return') {
      this.#depend(controls.function, [controls.inside]);
      this.#depend(controls.loop, [controls.inside]);
    }
    this.#addUses(span, controls);
    const takesAddress = (keyword === 'let' || keyword === 'const') && this.#hasMark(span, '&');
    if (!takesAddress) return;
    for (const word of words) this.#depend(word, assignedNames(this.#shader, this.#graph, span));
  }

  /**
   * What a span assigns depends on all its words and on the control flow around it. A barrier needs the control flow around it
   * uniform, and what is passed to it or to a function that holds one.
   */
  #addUses(span: Span, controls: Controls): void {
    for (const name of assignedNames(this.#shader, this.#graph, span)) {
      this.#depend(name, [...wordsIn(this.#shader, span), controls.inside]);
    }
    for (let i = span.from; i < span.to; i++) {
      const isCall = this.#shader.at(i + 1) === '(' && this.#shader.isWord(i);
      if (!isCall) continue;
      const needsUniform =
        this.#barrierFunctions.has(this.#shader.at(i)) || isBarrierCall(this.#shader, this.#graph, i);
      if (!needsUniform) continue;
      this.#roots.add(controls.inside);
      for (const word of wordsIn(this.#shader, span)) this.#roots.add(word);
    }
  }

  #hasMark({ from, to }: Span, mark: string): boolean {
    for (let i = from; i < to; i++) if (this.#shader.at(i) === mark) return true;
    return false;
  }
}

/** The control nodes around a statement: the innermost construct, the loop and the function. */
interface Controls {
  readonly inside: string;
  readonly loop: string;
  readonly function: string;
}
