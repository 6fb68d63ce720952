import { type Bytes, toHex } from '../../base/bytes.ts';
import { guardWasm } from './guard-wasm.ts';
import { PLENTY, ROOMY } from './module-bytes.fixture.ts';
import { randomProgram } from './random-program.fixture.ts';
import { FUEL_EXPORT } from './reserved-exports.ts';

const GLOBALS = ['g0', 'g1', 'g2', 'g3', 'g4'];

/** Everything a run can show: what each function returned or how it ended, all globals, all memory. */
export interface Seen {
  readonly calls: readonly unknown[];
  readonly globals: readonly unknown[];
  readonly memory: Uint8Array;
  readonly fuel: readonly bigint[];
  readonly isOverflown: boolean;
}

/** What each function is called with, by its parameters' types. */
const ARGUMENTS: Record<number, unknown> = { 0x7f: 41, 0x7e: -3n, 0x7d: 2.5, 0x7c: -0.75 };

export function observe(
  module: Bytes,
  functions: ReturnType<typeof randomProgram>['functions'],
  fuel = PLENTY,
): Seen {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module), {});
  const tank = exports[FUEL_EXPORT] as WebAssembly.Global | undefined;
  const left: bigint[] = [];
  let isOverflown = false;
  const calls = functions.map(({ name, params }) => {
    if (tank !== undefined) tank.value = fuel;
    try {
      return (exports[name] as (...values: unknown[]) => unknown)(...params.map((type) => ARGUMENTS[type]));
    } catch (error) {
      if (error instanceof RangeError) isOverflown = true;
      return String(error);
    } finally {
      if (tank !== undefined) left.push(tank.value as bigint);
    }
  });
  return {
    calls,
    globals: GLOBALS.map((name) => (exports[name] as WebAssembly.Global).value as unknown),
    memory: new Uint8Array((exports['memory'] as WebAssembly.Memory).buffer),
    fuel: left,
    isOverflown,
  };
}

/**
 * A digest of what so many random programs return, leave in memory and burn: the same wherever and however they run.
 * Programs that end in a trap count by their fuel, since engines word traps differently; those that overflow the stack
 * do not count.
 */
export async function witness(programs: number): Promise<string> {
  const lines: string[] = [];
  for (let seed = 0; seed < programs; seed++) {
    const { module, functions } = randomProgram(seed);
    const guarded = guardWasm(module, { ...ROOMY, memoryBytes: 4 * 65_536, canonicalNans: true }).module;
    const seen = observe(guarded, functions);
    if (seen.isOverflown) continue;
    const calls = seen.calls.map((call) => (typeof call === 'string' ? 'trap' : String(call)));
    lines.push(
      `${seed}: ${calls.join()} ${seen.globals.join()} ${seen.fuel.join()} ${await sha256(seen.memory)}`,
    );
  }
  return sha256(new TextEncoder().encode(lines.join('\n')));
}

async function sha256(bytes: Uint8Array): Promise<string> {
  return toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', new Uint8Array(bytes))));
}
