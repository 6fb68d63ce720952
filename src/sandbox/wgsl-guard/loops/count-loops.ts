import { reachesEnd } from './behaviors.ts';
import type { CallGraph } from '../read/call-graph.ts';
import type { Weights } from '../cost/compile-cost.ts';
import type { Insertion } from './insertions.ts';
import { chargeLoops, type LoopCharge } from './loop-charges.ts';
import { type CountedLoop, type LoopPlan, planLoops } from './loop-plan.ts';
import { OVERRUN_GROUP } from './overrun-group.ts';
import type { ShaderFunction } from '../read/shader-module.ts';
import type { ShaderText } from '../read/shader-text.ts';
import { parseBody } from '../read/statements.ts';
import type { FunctionBody } from '../uniform-names.ts';

/** Attributes that make a function an entry point. */
const ENTRY_ATTRIBUTES: ReadonlySet<string> = new Set(['compute', 'vertex', 'fragment']);

const SET_OVERRUN = 'atomicStore(&kiln_overrun, 1u);';

/**
 * What to insert so that the loops of one invocation turn at most `turns` times for each kind of counter (see
 * `loop-plan.ts`), then all end, and the overrun word tells. Empty for a shader without loops. Throws
 * `sandbox/shader-syntax` when there are more loops than statements of that kind: then the guard misread the shader.
 */
export function countLoops(
  shader: ShaderText,
  graph: CallGraph,
  weights: Weights,
  turns: number,
): readonly Insertion[] {
  const bodies = graph.order.map((one) => ({ function: one, block: parseBody(shader, one) }));
  const plan = planLoops(shader, graph, bodies);
  refuseHiddenLoops(shader, plan.loops);
  if (plan.loops.length === 0) return [];
  const charges = chargeLoops(shader, graph, plan.loops, weights, turns);
  return [
    ...plan.loops.flatMap((one, index) => guardLoop(one, charges.get(one.loop)!, index)),
    ...bodies.flatMap((body) => endFunction(shader, body)),
    ...passUniformCounter(shader, graph, plan, turns),
    { token: shader.tokens.length, text: globals(turns) },
  ];
}

function globals(turns: number): string {
  return (
    ` var<private> kiln_left: u32 = ${turns}u;` +
    ` @group(${OVERRUN_GROUP}) @binding(0) var<storage, read_write> kiln_overrun: atomic<u32>;`
  );
}

/** A test at the head of the body: no `continue` can pass it by, and its `break` is inside no `switch`. */
function guardLoop({ loop, counter }: CountedLoop, charge: LoopCharge, index: number): readonly Insertion[] {
  const own = `kiln_turns_${index}`;
  const word = { shared: 'kiln_left', uniform: '*kiln_budget', local: own }[counter];
  const head = { token: loop.body.open + 1, text: testOf(word, charge) };
  if (counter !== 'local') return [head];
  return [{ token: loop.from, text: `var ${own} = ${charge.budget}u; ` }, head];
}

function testOf(word: string, { turn }: LoopCharge): string {
  if (turn === 1) return ` if (${word} == 0u) { ${SET_OVERRUN} break; } ${word} -= 1u;`;
  return ` if (${word} < ${turn}u) { ${word} = 0u; ${SET_OVERRUN} break; } ${word} -= ${turn}u;`;
}

/** A function that only ever left by `return` inside an endless loop now needs one after it. */
function endFunction(shader: ShaderText, { function: one, block }: FunctionBody): readonly Insertion[] {
  if (one.result === undefined || reachesEnd(block, false) || !reachesEnd(block, true)) return [];
  return [{ token: one.body.to, text: ` return ${shader.join(one.result)}(); ` }];
}

function passUniformCounter(
  shader: ShaderText,
  graph: CallGraph,
  { uniformFunctions }: LoopPlan,
  turns: number,
): readonly Insertion[] {
  const insertions: Insertion[] = [];
  const before = (token: number, text: string) =>
    insertions.push({ token, text: shader.at(token) === ')' ? text : `${text}, ` });
  for (const name of uniformFunctions) {
    const one = graph.functions.get(name)!;
    if (isEntry(one)) {
      const text = ` var kiln_counter = ${turns}u; let kiln_budget = &kiln_counter;`;
      insertions.push({ token: one.body.from, text });
    } else {
      before(one.parameters.from, 'kiln_budget: ptr<function, u32>');
    }
    for (const { callee, token } of graph.callsOf(name)) {
      if (uniformFunctions.has(callee)) before(token + 2, 'kiln_budget');
    }
  }
  return insertions;
}

function isEntry({ attributes }: ShaderFunction): boolean {
  return attributes.some(({ name }) => ENTRY_ATTRIBUTES.has(name));
}

/** Every word that begins a loop must have been found as one. */
function refuseHiddenLoops(shader: ShaderText, loops: readonly CountedLoop[]): void {
  const found = new Set(loops.map(({ loop }) => loop.keyword));
  for (let i = 0; i < shader.tokens.length; i++) {
    if (['loop', 'while', 'for'].includes(shader.at(i)) && !found.has(i)) {
      throw shader.syntaxError(i, 'A loop cannot stand here.');
    }
  }
}
