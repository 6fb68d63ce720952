import { barrierFunctions, holdsBarrier } from './barriers.ts';
import type { CallGraph } from '../read/call-graph.ts';
import type { ShaderText } from '../read/shader-text.ts';
import type { Block, LoopStatement, Statement } from '../read/statements.ts';
import { assignedNames, type FunctionBody, uniformNames } from '../uniform-names.ts';

/**
 * What counts a loop's turns.
 *
 * - `shared`: the module's private counter. It differs between invocations, and with it the loop's end.
 * - `uniform`: a counter of the entry point, handed down by pointer and touched by loops that hold a barrier only:
 *   these run in uniform control flow, or the shader does not compile.
 * - `local`: a counter of this loop alone, which is as uniform as the loop itself, for loops without a barrier that
 *   compute what control flow to a barrier depends on.
 */
export type CounterKind = 'shared' | 'uniform' | 'local';

/** A loop with its counter. */
export interface CountedLoop {
  readonly function: string;
  readonly loop: LoopStatement;
  readonly counter: CounterKind;
}

/** All loops of a shader, outer ones first within each function, and who needs the uniform counter. */
export interface LoopPlan {
  readonly loops: readonly CountedLoop[];
  /** Functions that hold a `uniform` loop, directly or through their calls. */
  readonly uniformFunctions: ReadonlySet<string>;
}

/** Chooses each loop's counter so that the guarded shader's control flow is as uniform as the author's. */
export function planLoops(shader: ShaderText, graph: CallGraph, bodies: readonly FunctionBody[]): LoopPlan {
  const withBarrier = barrierFunctions(shader, graph);
  const names = withBarrier.size === 0 ? undefined : uniformNames(shader, graph, bodies, withBarrier);
  const choose = (name: string, loop: LoopStatement): CounterKind => {
    if (names === undefined) return 'shared';
    if (holdsBarrier(shader, graph, withBarrier, loopSpan(shader, loop))) return 'uniform';
    // A `return` makes all that follows in the function, and its result, depend on when the loop ends.
    const mayMatter = withBarrier.has(name) || names.has(name);
    if (mayMatter && holdsReturn(loop.body)) return 'local';
    return [...assignedIn(shader, graph, loop)].some((one) => names.has(one)) ? 'local' : 'shared';
  };
  const loops: CountedLoop[] = [];
  for (const { function: one, block } of bodies) {
    for (const loop of loopsIn(block)) {
      loops.push({ function: one.name, loop, counter: choose(one.name, loop) });
    }
  }
  return { loops, uniformFunctions: holdersOf(graph, loops) };
}

/** The tokens of a loop from its keyword to its last brace. */
export function loopSpan(shader: ShaderText, { keyword, body }: LoopStatement) {
  return { from: keyword, to: shader.after(body.open) };
}

/** Every loop in a block, outer ones first. */
export function* loopsIn({ statements }: Block): Generator<LoopStatement> {
  for (const statement of statements) {
    if (statement.kind === 'loop') yield statement;
    for (const block of blocksOf(statement)) yield* loopsIn(block);
  }
}

function blocksOf(statement: Statement): readonly Block[] {
  if (statement.kind === 'simple') return [];
  if (statement.kind === 'branch') return statement.blocks;
  return [statement.kind === 'loop' ? statement.body : statement.block];
}

function holdsReturn({ statements }: Block): boolean {
  return statements.some(
    (one) => (one.kind === 'simple' && one.keyword === 'return') || blocksOf(one).some(holdsReturn),
  );
}

/** What a loop may assign, without the variable that a `for` declares: nobody sees it outside. */
function assignedIn(shader: ShaderText, graph: CallGraph, loop: LoopStatement): ReadonlySet<string> {
  const names = new Set<string>();
  const own = new Set<string>();
  const visit = (statement: Statement) => {
    if (statement.kind === 'simple') {
      for (const name of assignedNames(shader, graph, statement.span)) names.add(name);
    } else if (statement.kind === 'branch') {
      for (const head of statement.heads)
        for (const name of assignedNames(shader, graph, head)) names.add(name);
    } else if (statement.kind === 'loop') {
      for (const name of assignedNames(shader, graph, statement.condition)) names.add(name);
      statement.heads.forEach(visit);
    }
    for (const block of blocksOf(statement)) block.statements.forEach(visit);
  };
  visit(loop);
  const [first] = loop.heads;
  if (first?.kind === 'simple' && first.keyword === 'var') {
    for (const name of assignedNames(shader, graph, first.span).slice(0, 1)) own.add(name);
  }
  for (const name of own) names.delete(name);
  return names;
}

function holdersOf(graph: CallGraph, loops: readonly CountedLoop[]): ReadonlySet<string> {
  const holders = new Set(loops.filter(({ counter }) => counter === 'uniform').map((one) => one.function));
  for (const { name } of graph.order) {
    if (graph.callsOf(name).some(({ callee }) => holders.has(callee))) holders.add(name);
  }
  return holders;
}
