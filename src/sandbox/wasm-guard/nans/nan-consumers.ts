import * as op from '../format/opcodes.ts';

/** Instructions that are looked ahead: sums of products are shorter, and the guard stays linear. */
const MAX_LOOK_AHEAD = 12;

const DROP = 0x1a;
const LOCAL_GET = 0x20;
const FIRST_I32_BINARY = 0x6a;
const LAST_I32_BINARY = 0x78;

/** What an instruction does to the operands on the stack, as far as looking ahead cares. */
interface Effect {
  /** Operands it takes, and results it leaves (0 or 1). */
  readonly takes: number;
  readonly leaves: number;
  /** Lane or value type of operands of which a NaN's bits do not matter to it; 0 when it cares, or takes none. */
  readonly blindTo: number;
  /** Only moves a NaN's bits on: what was open stays open. */
  readonly passes?: boolean;
}

const PUSH: Effect = { takes: 0, leaves: 1, blindTo: 0 };
const REPLACE: Effect = { takes: 1, leaves: 1, blindTo: 0 };
const PASS: Effect = { takes: 1, leaves: 1, blindTo: 0, passes: true };
const COMBINE: Effect = { takes: 2, leaves: 1, blindTo: 0 };

const effects: (Effect | undefined)[] = [];
const vectorEffects: (Effect | undefined)[] = [];

function define(to: (Effect | undefined)[], first: number, last: number, effect: Effect): void {
  for (let opcode = first; opcode <= last; opcode++) to[opcode] = effect;
}

const blind = (takes: number, blindTo: number): Effect => ({ takes, leaves: 1, blindTo });

define(effects, LOCAL_GET, LOCAL_GET, PUSH);
define(effects, 0x28, 0x35, REPLACE); // loads
define(effects, 0x41, 0x44, PUSH); // constants
define(effects, FIRST_I32_BINARY, LAST_I32_BINARY, COMBINE);
define(effects, 0x5b, 0x60, blind(2, op.F32_TYPE)); // comparisons
define(effects, 0x61, 0x66, blind(2, op.F64_TYPE));
define(effects, 0x8b, 0x8c, PASS); // abs, neg
define(effects, 0x8d, 0x91, blind(1, op.F32_TYPE)); // ceil to sqrt
define(effects, 0x92, 0x97, blind(2, op.F32_TYPE)); // add to max
define(effects, 0x99, 0x9a, PASS);
define(effects, 0x9b, 0x9f, blind(1, op.F64_TYPE));
define(effects, 0xa0, 0xa5, blind(2, op.F64_TYPE));
define(effects, 0xa8, 0xa9, blind(1, op.F32_TYPE)); // trunc, which traps on every NaN
define(effects, 0xaa, 0xab, blind(1, op.F64_TYPE));
define(effects, 0xae, 0xaf, blind(1, op.F32_TYPE));
define(effects, 0xb0, 0xb1, blind(1, op.F64_TYPE));
define(effects, 0xb6, 0xb6, blind(1, op.F64_TYPE)); // demote
define(effects, 0xbb, 0xbb, blind(1, op.F32_TYPE)); // promote
define(vectorEffects, 0x00, 0x0a, REPLACE);
define(vectorEffects, 0x0c, 0x0c, PUSH);
define(vectorEffects, 0x0f, 0x14, REPLACE); // splats
define(vectorEffects, 0x41, 0x46, blind(2, op.F32_TYPE));
define(vectorEffects, 0x47, 0x4c, blind(2, op.F64_TYPE));
define(vectorEffects, 0x5c, 0x5d, REPLACE);
define(vectorEffects, 0x5e, 0x5e, blind(1, op.F64_TYPE));
define(vectorEffects, 0x5f, 0x5f, blind(1, op.F32_TYPE));
define(vectorEffects, 0x67, 0x6a, blind(1, op.F32_TYPE));
define(vectorEffects, 0x74, 0x75, blind(1, op.F64_TYPE));
define(vectorEffects, 0x7a, 0x7a, blind(1, op.F64_TYPE));
define(vectorEffects, 0x94, 0x94, blind(1, op.F64_TYPE));
define(vectorEffects, 0xe3, 0xe3, blind(1, op.F32_TYPE));
define(vectorEffects, 0xe4, 0xe9, blind(2, op.F32_TYPE));
define(vectorEffects, 0xef, 0xef, blind(1, op.F64_TYPE));
define(vectorEffects, 0xf0, 0xf5, blind(2, op.F64_TYPE));

/**
 * Is the float (or vector of such lanes) that an instruction before `at` leaves taken by one for which all NaNs are
 * alike: float arithmetic, whose own result is made canonical in turn, a comparison, a conversion, `drop`? Then it need
 * not be made canonical. Follows straight code a little way; whatever it does not know ends in "no".
 */
export function isTakenBlindly(bytes: Uint8Array, at: number, end: number, type: number): boolean {
  // Operands above the one that is watched.
  let above = 0;
  let next = at;
  for (let left = MAX_LOOK_AHEAD; left > 0 && next < end; left--) {
    const opcode = bytes[next++]!;
    const isVector = opcode === op.VECTOR_PREFIX;
    let number = opcode;
    if (isVector) {
      number = bytes[next++]!;
      if (number >= 0x80 && bytes[next++] !== 1) return false;
    }
    if (opcode === DROP && above === 0) return true;
    const effect = isVector ? vectorEffects[number] : effects[opcode];
    if (effect === undefined) return false;
    if (effect.takes > above) {
      if (effect.passes !== true) return effect.blindTo === type;
    } else above += effect.leaves - effect.takes;
    next = skipOperands(bytes, next, isVector ? op.VECTOR_OPCODES[number]! : op.OPCODES[opcode]!);
  }
  return false;
}

/** Where the operands of a kind end. */
function skipOperands(bytes: Uint8Array, from: number, kind: number): number {
  switch (kind) {
    case op.LOCAL_INDEX:
    case op.NUMBER_32:
    case op.NUMBER_64:
      return skipLeb(bytes, from);
    case op.MEMORY_ACCESS:
      return skipLeb(bytes, skipLeb(bytes, from));
    case op.BYTES_4:
      return from + 4;
    case op.BYTES_8:
      return from + 8;
    case op.BYTES_16:
      return from + 16;
    default:
      return from;
  }
}

function skipLeb(bytes: Uint8Array, from: number): number {
  let at = from;
  while (bytes[at]! >= 0x80) at++;
  return at + 1;
}
