import type { Bytes } from '../../base/bytes.ts';
import { leb, list, moduleOf, named, section, signed } from './module-bytes.fixture.ts';
import {
  EMPTY,
  F32,
  F64,
  FIRST_TYPE,
  I32,
  I64,
  LOCALS_EACH,
  MAX_DEPTH,
  type Type,
  TYPES,
  V128,
  ValueGenerator,
} from './random-values.fixture.ts';

const SCALARS: readonly Type[] = [I32, I64, F32, F64];
const LOOP_BUDGET = 400;

/** A program for a seed; it exports `memory`, globals `g0`…`g4` and functions `f0`…, each with its parameters' types. */
export function randomProgram(seed: number): {
  module: Bytes;
  functions: { name: string; params: Type[] }[];
} {
  return new ProgramGenerator(seed).build();
}

class ProgramGenerator extends ValueGenerator {
  build(): { module: Bytes; functions: { name: string; params: Type[] }[] } {
    const count = 2 + this.below(4);
    const bodies: number[][] = [];
    for (let i = 0; i < count; i++) {
      this.params = Array.from({ length: this.below(4) }, () => this.pick(SCALARS));
      this.results = Array.from({ length: this.below(3) }, () => this.pick(SCALARS));
      bodies.push(this.#body());
      this.signatures.push({ params: this.params, results: this.results });
    }
    const indices = bodies.map((_, i) => i);
    const module = moduleOf(
      list(1, [
        [0x60, 2, I32, I64, 1, I64],
        [0x60, 1, I32, 1, I32],
        ...this.signatures.map(({ params, results }) => [
          0x60,
          params.length,
          ...params,
          results.length,
          ...results,
        ]),
      ]),
      list(
        3,
        indices.map((i) => [FIRST_TYPE + i]),
      ),
      list(4, [[0x70, 1, count, count + 3]]),
      list(5, [[1, 1, 3]]),
      list(6, [
        [I32, 1, 0x41, ...signed(LOOP_BUDGET), 0x0b],
        [I64, 1, 0x42, 5, 0x0b],
        [F32, 1, 0x43, 0, 0, 0x80, 0x3f, 0x0b],
        [F64, 1, 0x44, 0, 0, 0, 0, 0, 0, 0, 0x40, 0x0b],
        [I32, 1, 0x41, 7, 0x0b],
      ]),
      list(7, [
        [...named('memory'), 2, 0],
        ...[0, 1, 2, 3, 4].map((i) => [...named(`g${i}`), 3, i]),
        ...indices.map((i) => [...named(`f${i}`), 0, i]),
      ]),
      list(9, [[0, 0x41, 0, 0x0b, ...leb(count), ...indices]]),
      section(12, [1]),
      list(
        10,
        bodies.map((body) => [...leb(body.length), ...body]),
      ),
      list(11, [[1, ...leb(40), ...Array.from({ length: 40 }, (_, i) => i * 5)]]),
    );
    return {
      module,
      functions: this.signatures.map(({ params }, i) => ({ name: `f${i}`, params: [...params] })),
    };
  }

  #body(): number[] {
    this.labels = [this.results];
    this.size = 0;
    const code: number[] = [];
    for (let left = 2 + this.below(6); left > 0; left--) code.push(...this.statement(0));
    for (const type of this.results) code.push(...this.value(type, 1));
    return [TYPES.length, ...TYPES.flatMap((type) => [LOCALS_EACH, type]), ...code, 0x0b];
  }

  override statement(depth: number): number[] {
    this.size++;
    const value = (type: Type) => this.value(type, depth + 1);
    const type = this.pick(TYPES);
    const choices: (() => number[])[] = [
      () => [...value(type), 0x21, this.local(type)],
      () => [...value(type), 0x1a],
      () => this.#store(depth),
      () => this.#setGlobal(depth),
      () => [0x01],
    ];
    if (depth < MAX_DEPTH && this.size < 400) {
      choices.push(
        () => [...value(I32), 0x04, EMPTY, ...this.inside([], depth), 0x05, ...this.inside([], depth), 0x0b],
        () => [...value(I32), 0x04, EMPTY, ...this.inside([], depth), 0x0b],
        () => [0x02, EMPTY, ...this.#block(depth), 0x0b],
        () => this.#loop(depth),
        () => this.#loop(depth),
        () => this.#jump(depth),
        () => [...this.#bulk(depth)],
      );
    }
    return this.pick(choices)();
  }

  #block(depth: number): number[] {
    this.labels.push([]);
    const code = [
      ...this.statement(depth + 1),
      ...this.statement(depth + 1),
      ...this.#jump(depth),
      ...this.statement(depth + 1),
    ];
    this.labels.pop();
    return code;
  }

  /** A loop of a few turns: the budget of all loops, and a counter of its own. */
  #loop(depth: number): number[] {
    this.labels.push([], []);
    const body = [...this.statement(depth + 1), ...this.statement(depth + 1)];
    this.labels.pop();
    this.labels.pop();
    const spend = [0x23, 0, 0x41, 1, 0x6b, 0x24, 0, 0x23, 0, 0x41, 0, 0x4c, 0x0d, 1];
    const again = [0x23, 0, 0x41, 3, 0x71, 0x0d, 0];
    return [0x02, EMPTY, 0x03, EMPTY, ...spend, ...body, ...again, 0x0b, 0x0b];
  }

  /** A jump to some label around, taken or not. Loops are jumped to only by {@link #loop}, which pays for it. */
  #jump(depth: number): number[] {
    const targets = this.labels.flatMap((label, i) =>
      label.length === 0 ? [this.labels.length - 1 - i] : [],
    );
    const kind = this.below(10);
    if (kind === 0) return [...this.results.flatMap((type) => this.value(type, depth + 1)), 0x0f];
    if (kind === 1 && this.below(10) === 0) return [0x00];
    if (targets.length === 0) return [];
    const target = this.pick(targets);
    if (kind < 6) return [...this.value(I32, depth + 1), 0x0d, ...leb(target)];
    if (kind < 8) return [0x0c, ...leb(target)];
    const table = Array.from({ length: this.below(5) }, () => leb(this.pick(targets))).flat();
    const size = table.length;
    return [...this.value(I32, depth + 1), 0x0e, ...leb(size), ...table, ...leb(target)];
  }

  #store(depth: number): number[] {
    const type = this.pick(TYPES);
    const value = type === F32 || type === F64 ? this.plainFloat(type, depth) : this.value(type, depth + 1);
    const opcodes = {
      [I32]: [0x36, 0x3a, 0x3b],
      [I64]: [0x37, 0x3c, 0x3e],
      [F32]: [0x38],
      [F64]: [0x39],
      [V128]: [0x0b],
    };
    const store = this.pick(opcodes[type]);
    return [...this.address(depth), ...value, ...(type === V128 ? [0xfd, store] : [store]), 0, this.below(8)];
  }

  #setGlobal(depth: number): number[] {
    const index = this.pick([1, 2, 3, 4]);
    const type = ([I32, I64, F32, F64, I32] as const)[index]!;
    return [...this.value(type, depth + 1), 0x24, index];
  }

  #bulk(depth: number): number[] {
    const small = () => [...this.value(I32, depth + 1), 0x41, ...signed(63), 0x71];
    return this.pick([
      () => [...this.address(depth), ...this.value(I32, depth + 1), ...small(), 0xfc, 0x0b, 0],
      () => [...this.address(depth), ...this.address(depth), ...small(), 0xfc, 0x0a, 0, 0],
      () => [...this.address(depth), 0x41, this.below(8), 0x41, this.below(32), 0xfc, 0x08, 0, 0],
      () => [0x41, 0, 0x41, 1, 0x41, 1, 0xfc, 0x0e, 0, 0],
    ])();
  }
}
