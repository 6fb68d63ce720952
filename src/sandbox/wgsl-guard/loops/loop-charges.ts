import type { CallGraph } from '../read/call-graph.ts';
import { type CountedLoop, loopSpan } from './loop-plan.ts';
import type { Weights } from '../cost/compile-cost.ts';
import type { ShaderText } from '../read/shader-text.ts';
import type { LoopStatement } from '../read/statements.ts';

/** What a turn of a loop costs, and for a `local` loop how much it may spend each time it begins. */
export interface LoopCharge {
  readonly turn: number;
  readonly budget: number;
}

/**
 * A turn counts once more for each so many tokens of its body, calls inlined: a long body is much work a turn. An
 * endless loop of 256 invocations takes 3 s on SwiftShader with a body of 8 tokens; with 500 tokens it took 25 s
 * before turns were weighed so.
 */
const TOKENS_PER_TURN = 256;

/**
 * Costs and budgets that bound all turns of one invocation. A `local` loop's counter begins anew each time the loop
 * does, so whoever repeats it pays for its whole budget with each turn. Local loops inside local loops share the
 * limit by its roots: with `levels` of them, one of height h may spend limit^(h / (levels + 1)).
 */
export function chargeLoops(
  shader: ShaderText,
  graph: CallGraph,
  loops: readonly CountedLoop[],
  weights: Weights,
  limit: number,
): ReadonlyMap<LoopStatement, LoopCharge> {
  const charges = new Map<LoopStatement, LoopCharge>();
  const turnOf = ({ loop }: CountedLoop, inside: number) => {
    const long = Math.floor(weights.of(loopSpan(shader, loop)) / TOKENS_PER_TURN);
    return Math.min(1 + inside + long, limit);
  };
  if (loops.every(({ counter }) => counter !== 'local')) {
    for (const one of loops) charges.set(one.loop, { turn: turnOf(one, 0), budget: limit });
    return charges;
  }
  const regions = new Regions(shader, graph, loops);
  const repeated = regions.repeatedFunctions();
  const heights = regions.fold((one, inside) => (one.counter === 'local' ? inside + 1 : inside), Math.max);
  const isRepeated = (one: CountedLoop) => repeated.has(one.function) || regions.parent(one) !== undefined;
  const levels = loops
    .filter((one) => one.counter === 'local' && isRepeated(one))
    .reduce((most, one) => Math.max(most, heights.get(one)!), 0);
  const free = regions.fold(
    (one, inside) => (one.counter === 'local' ? 1 : inside),
    (a, b) => Math.min(a + b, limit),
  );
  const freeCount = Math.max(1, ...graph.order.map(({ name }) => free.get(name) ?? 0));
  const budgetOf = (one: CountedLoop): number => {
    if (one.counter !== 'local') return limit;
    if (!isRepeated(one)) return Math.floor(limit / freeCount);
    return Math.floor(limit ** (heights.get(one)! / (levels + 1)));
  };
  const add = (a: number, b: number) => Math.min(a + b, limit);
  regions.fold(
    (one) => (one.counter === 'local' ? budgetOf(one) : 0),
    add,
    (one, inside) => {
      charges.set(one.loop, { turn: turnOf(one, inside), budget: budgetOf(one) });
    },
  );
  return charges;
}

/** Loops and functions as a tree of what runs inside what. */
class Regions {
  readonly #shader: ShaderText;
  readonly #graph: CallGraph;
  readonly #byFunction = new Map<string, CountedLoop[]>();
  readonly #parents = new Map<CountedLoop, CountedLoop>();

  constructor(shader: ShaderText, graph: CallGraph, loops: readonly CountedLoop[]) {
    this.#shader = shader;
    this.#graph = graph;
    for (const one of loops) {
      const list = this.#byFunction.get(one.function) ?? [];
      const around = this.#climb(list.at(-1), one.loop.keyword);
      if (around !== undefined) this.#parents.set(one, around);
      list.push(one);
      this.#byFunction.set(one.function, list);
    }
  }

  /** The loop directly around this one in its function. */
  parent(one: CountedLoop): CountedLoop | undefined {
    return this.#parents.get(one);
  }

  /** Functions that some loop calls, directly or through others. */
  repeatedFunctions(): ReadonlySet<string> {
    const repeated = new Set<string>();
    for (const { name } of this.#graph.order.toReversed()) {
      for (const { callee, token } of this.#graph.callsOf(name)) {
        if (repeated.has(name) || this.#innermost(name, token) !== undefined) repeated.add(callee);
      }
    }
    return repeated;
  }

  /**
   * Folds from the inside out: what a loop amounts to from what its inside does, a function or a loop's inside from
   * its loops and calls. `onInside` hears each loop's inside.
   */
  fold(
    ofLoop: (one: CountedLoop, inside: number) => number,
    join: (a: number, b: number) => number,
    onInside?: (one: CountedLoop, inside: number) => void,
  ): Map<CountedLoop | string, number> {
    const values = new Map<CountedLoop | string, number>();
    for (const { name } of this.#graph.order) {
      const inside = new Map<CountedLoop | undefined, number>();
      const put = (where: CountedLoop | undefined, value: number) =>
        inside.set(where, join(inside.get(where) ?? 0, value));
      for (const { callee, token } of this.#graph.callsOf(name)) {
        for (const where of this.#places(name, token)) put(where, values.get(callee) ?? 0);
      }
      for (const one of (this.#byFunction.get(name) ?? []).toReversed()) {
        const within = inside.get(one) ?? 0;
        onInside?.(one, within);
        const value = ofLoop(one, within);
        values.set(one, value);
        put(this.#parents.get(one), value);
      }
      values.set(name, inside.get(undefined) ?? 0);
    }
    return values;
  }

  /** Where a call counts: in its loop; a call in a loop's head also runs once more, outside. */
  #places(name: string, token: number): readonly (CountedLoop | undefined)[] {
    const inner = this.#innermost(name, token);
    if (inner === undefined || token > inner.loop.body.open) return [inner];
    return [inner, this.#parents.get(inner)];
  }

  #innermost(name: string, token: number): CountedLoop | undefined {
    const list = this.#byFunction.get(name) ?? [];
    let low = 0;
    let high = list.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (list[middle]!.loop.keyword <= token) low = middle + 1;
      else high = middle;
    }
    return this.#climb(list[low - 1], token);
  }

  /** The innermost of this loop and those around it that holds the token. */
  #climb(from: CountedLoop | undefined, token: number): CountedLoop | undefined {
    let one = from;
    while (one !== undefined && token >= loopSpan(this.#shader, one.loop).to) one = this.#parents.get(one);
    return one;
  }
}
