import { leb, signed } from './module-bytes.fixture.ts';

/*
 * Random well-typed programs that end: every loop counts a budget down, functions call only earlier ones. Whatever they
 * show of a float (stores, reinterpretations) has its NaN made canonical by the program itself, because NaNs' bits
 * differ from run to run of the very same code.
 */

export const I32 = 0x7f;
export const I64 = 0x7e;
export const F32 = 0x7d;
export const F64 = 0x7c;
export const V128 = 0x7b;
export type Type = typeof I32 | typeof I64 | typeof F32 | typeof F64 | typeof V128;
export const TYPES: readonly Type[] = [I32, I64, F32, F64, V128];
/** Each function has so many locals of every type behind its parameters; the last i32 count loops. */
export const LOCALS_EACH = 3;
export const MAX_DEPTH = 4;
export const EMPTY = 0x40;
/** Block types of their own: two values to one, one to one. */
const BLOCK_TYPE = 0;
const LOOP_TYPE = 1;
export const FIRST_TYPE = 2;

export interface Signature {
  readonly params: readonly Type[];
  readonly results: readonly Type[];
}

/** A label that may be jumped to: what it wants on the stack. */
type Label = readonly Type[];

/** Makes code that leaves random values. */
export abstract class ValueGenerator {
  #state: number;
  readonly signatures: Signature[] = [];
  labels: Label[] = [];
  params: readonly Type[] = [];
  results: readonly Type[] = [];
  size = 0;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  abstract statement(depth: number): number[];

  /** mulberry32. */
  #random(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  below(count: number): number {
    return Math.floor(this.#random() * count);
  }

  pick<T>(of: readonly T[]): T {
    return of[this.below(of.length)]!;
  }

  local(type: Type): number {
    const own = this.params.length + TYPES.indexOf(type) * LOCALS_EACH;
    const params = this.params.flatMap((param, i) => (param === type ? [i] : []));
    // The last i32 is the loops' own.
    return this.pick([...params, own, own + 1]);
  }

  #const(type: Type): number[] {
    const bits = this.pick([0, 1, 2, 7, -1, -8, 63, this.below(2 ** 31), -this.below(2 ** 31)]);
    if (type === I32) return [0x41, ...signed(bits)];
    if (type === I64) return [0x42, ...signed(bits)];
    const number = this.pick([0, 1, -1.5, 1e10, -1e-10, 3.25, Number.POSITIVE_INFINITY, Number.NaN, bits]);
    if (type === F32) return [0x43, ...new Uint8Array(new Float32Array([number]).buffer)];
    if (type === F64) return [0x44, ...new Uint8Array(new Float64Array([number]).buffer)];
    return [0xfd, 0x0c, ...Array.from({ length: 16 }, () => this.below(256))];
  }

  /** An address that mostly lies in the first page. */
  address(depth: number): number[] {
    const value = this.value(I32, depth + 1);
    return this.#random() < 0.97 ? [...value, 0x41, ...signed(0xfff8), 0x71] : value;
  }

  /** Code that leaves one value of a type. */
  value(type: Type, depth: number): number[] {
    this.size++;
    if (depth >= MAX_DEPTH || this.size > 400) {
      if (this.#random() < 0.5) return [0x20, this.local(type)];
      return this.#const(type);
    }
    const any = (wanted: Type) => this.value(wanted, depth + 1);
    const choices: (() => number[])[] = [
      () => this.#const(type),
      () => [0x20, this.local(type)],
      () => [...any(type), 0x22, this.local(type)],
      () => [...any(type), ...any(type), ...any(I32), ...(type === V128 ? [0x1c, 1, V128] : [0x1b])],
      () => [
        ...any(I32),
        0x04,
        type,
        ...this.inside([type], depth),
        0x05,
        ...this.inside([type], depth),
        0x0b,
      ],
      () => [0x02, type, ...this.inside([type], depth), 0x0b],
      () => [0x02, type, ...this.#jumpingOut(type, depth), 0x0b],
      () => this.#load(type, depth),
      () => this.#call(type, depth) ?? any(type),
    ];
    if (type === I32) {
      choices.push(
        () => [0x23, this.pick([0, 4])],
        () => [
          ...any(I32),
          ...any(I32),
          this.pick([0x6a, 0x6b, 0x6c, 0x71, 0x72, 0x73, 0x74, 0x75, 0x76, 0x77, 0x46, 0x48, 0x4b]),
        ],
        () => [...any(I32), ...any(I32), this.pick([0x6d, 0x6e, 0x6f, 0x70])],
        () => [...any(I32), this.pick([0x45, 0x67, 0x68, 0x69, 0xc0, 0xc1])],
        () => [...any(I64), ...any(I64), this.pick([0x51, 0x53, 0x5a])],
        () => [...any(F32), ...any(F32), this.pick([0x5b, 0x5d, 0x60])],
        () => [...any(F64), ...any(F64), this.pick([0x61, 0x63, 0x66])],
        () => [...any(I64), 0xa7],
        () => [...any(F64), 0xfc, this.pick([2, 3])],
        () => [...this.plainFloat(F32, depth), 0xbc],
        () => [...any(V128), 0xfd, this.pick([0x1b, 0x15, 0x18]), this.below(4)],
        () => [...any(V128), 0xfd, this.pick([0x53, 0x63, 0x64])],
        () => [0x3f, 0],
        () => [0x41, this.below(2), 0x40, 0],
        () => [0xfc, 0x10, 0],
        () => [0x41, this.below(3), 0x25, 0, 0xd1],
        () => [0xd0, 0x70, 0x41, this.below(2), 0xfc, 0x0f, 0],
        () => this.#loopWithParameter(depth),
      );
    }
    if (type === I64) {
      choices.push(
        () => [0x23, 1],
        () => [...any(I64), ...any(I64), this.pick([0x7c, 0x7d, 0x7e, 0x83, 0x84, 0x85, 0x86, 0x88, 0x8a])],
        () => [...any(I64), ...any(I64), this.pick([0x7f, 0x80, 0x82])],
        () => [...any(I32), this.pick([0xac, 0xad])],
        () => [...any(I64), this.pick([0x79, 0x7a, 0x7b, 0xc2, 0xc3, 0xc4])],
        () => [...any(F32), 0xfc, this.pick([4, 5])],
        () => [...this.plainFloat(F64, depth), 0xbd],
        () => [...any(V128), 0xfd, 0x1d, this.below(2)],
        // A block with parameters.
        () => [
          ...any(I32),
          ...any(I64),
          0x02,
          BLOCK_TYPE,
          0x21,
          this.local(I64),
          0xac,
          0x20,
          this.local(I64),
          0x7c,
          0x0b,
        ],
      );
    }
    if (type === F32) {
      choices.push(
        () => [0x23, 2],
        () => [...any(F32), ...any(F32), this.pick([0x92, 0x93, 0x94, 0x95, 0x96, 0x97])],
        () => [...any(F32), this.pick([0x8b, 0x8c, 0x8d, 0x8f, 0x90, 0x91])],
        () => [...any(F64), 0xb6],
        () => [...any(I32), this.pick([0xb2, 0xb3, 0xbe])],
      );
    }
    if (type === F64) {
      choices.push(
        () => [0x23, 3],
        () => [...any(F64), ...any(F64), this.pick([0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5])],
        () => [...any(F64), this.pick([0x99, 0x9a, 0x9b, 0x9c, 0x9d, 0x9e, 0x9f])],
        () => [...any(F32), 0xbb],
        () => [...any(I64), this.pick([0xb9, 0xba, 0xbf])],
      );
    }
    if (type === V128) {
      choices.push(
        () => [
          ...any(V128),
          ...any(V128),
          0xfd,
          ...leb(this.pick([0x6e, 0x8e, 0xae, 0xce, 0x4e, 0x50, 0x51, 0x23, 0x39, 0xb5])),
        ],
        () => [...any(V128), ...any(V128), 0xfd, 0x0d, ...Array.from({ length: 16 }, () => this.below(32))],
        () => [...any(V128), ...any(I32), 0xfd, ...leb(this.pick([0xab, 0xcb, 0x6b]))],
        () => [...any(I32), 0xfd, 0x11],
        () => [...any(V128), ...any(I64), 0xfd, 0x1e, this.below(2)],
        // Lanes that are no NaN.
        () => [
          ...any(V128),
          0xfd,
          ...leb(0xfa),
          ...any(V128),
          0xfd,
          ...leb(0xfb),
          0xfd,
          ...leb(this.pick([0xe4, 0xe6, 0xe8])),
        ],
      );
    }
    return this.pick(choices)();
  }

  /** A float whose NaN is canonical. */
  plainFloat(type: typeof F32 | typeof F64, depth: number): number[] {
    const local = this.params.length + TYPES.indexOf(type) * LOCALS_EACH + 2;
    const nan = type === F32 ? [0x43, 0, 0, 0xc0, 0x7f] : [0x44, 0, 0, 0, 0, 0, 0, 0xf8, 0x7f];
    const kept = [...this.value(type, depth + 1), 0x22, local];
    return [...kept, ...nan, 0x20, local, 0x20, local, type === F32 ? 0x5b : 0x61, 0x1b];
  }

  #load(type: Type, depth: number): number[] {
    const offset = this.below(8);
    const opcode = {
      [I32]: [0x28, 0x2c, 0x2f],
      [I64]: [0x29, 0x30, 0x34],
      [F32]: [0x2a],
      [F64]: [0x2b],
      [V128]: [0],
    };
    const load = this.pick(opcode[type]);
    const loaded = [...this.address(depth), ...(type === V128 ? [0xfd, load] : [load]), 0, offset];
    // What a float load brings may be any NaN, whose payload arithmetic then shows or not.
    return loaded;
  }

  #call(type: Type, depth: number): number[] | undefined {
    const callee = this.signatures.findLastIndex(
      ({ results }) => results.length === 1 && results[0] === type,
    );
    if (callee < 0) return undefined;
    const given = this.signatures[callee]!.params.flatMap((param) => this.value(param, depth + 1));
    return this.#random() < 0.5
      ? [...given, 0x10, callee]
      : [...given, 0x41, callee, 0x11, FIRST_TYPE + callee, 0];
  }

  /** Statements, then values for the label around them. */
  inside(label: Label, depth: number): number[] {
    this.labels.push(label);
    const code = this.#random() < 0.4 ? this.statement(depth + 1) : [];
    for (const type of label) code.push(...this.value(type, depth + 1));
    this.labels.pop();
    return code;
  }

  /** A value by a jump that is taken or not. */
  #jumpingOut(type: Type, depth: number): number[] {
    this.labels.push([type]);
    const value = this.value(type, depth + 1);
    const jump = this.#random() < 0.5 ? [...this.value(I32, depth + 1), 0x0d, 0] : [0x0c, 0];
    this.labels.pop();
    return [...value, ...jump];
  }

  #loopWithParameter(depth: number): number[] {
    const local = this.local(I32);
    return [
      ...this.value(I32, depth + 1),
      ...[
        0x41,
        7,
        0x71,
        0x03,
        LOOP_TYPE,
        0x41,
        1,
        0x6b,
        0x22,
        local,
        0x20,
        local,
        0x41,
        0,
        0x4a,
        0x0d,
        0,
        0x0b,
      ],
    ];
  }
}
