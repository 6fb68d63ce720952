import type { ByteReader } from '../format/byte-reader.ts';
import type { ByteWriter } from '../format/byte-writer.ts';
import { settleScalar } from '../nans/canonical-nans.ts';
import { FuelCode } from './fuel-code.ts';
import { FuelRegions } from './fuel-regions.ts';
import { MAX_BRANCH_TARGETS, MAX_FUNCTION_BYTES, MAX_LOCALS, MAX_NESTING } from '../guard-limits.ts';
import { GuardLocals } from './guard-locals.ts';
import type { ModuleShape } from './module-shape.ts';
import * as op from '../format/opcodes.ts';
import { proposalOf } from '../format/proposals.ts';
import { readBlockType, readIndex, readMemoryAccess, readValueType } from '../format/read-operands.ts';
import { grewTooLarge, malformed, opcodeRefused, tooMany } from '../refusals.ts';
import { rewriteOther } from './rewrite-other.ts';
import { LONG_LEB, seemsToLoop, skipSimple } from '../format/skip-simple.ts';

const NOTHING_WATCHED = new Uint8Array(256);
/** A function's locals are cleared at its entry, several at once. */
const LOCALS_PER_FUEL = 8;

/** Reads functions and writes them metered, one after another. */
export class FunctionRewriter {
  readonly reader: ByteReader;
  readonly out: ByteWriter;
  readonly shape: ModuleShape;
  readonly hasNans: boolean;
  readonly fuel: FuelCode;
  readonly regions = new FuelRegions();
  readonly locals: GuardLocals;
  /** Index of the function that is read. */
  index = 0;
  /** Sum of locals × control instructions so far. */
  mergeWork = 0;
  #hasLoops = false;
  #localCount = 0;
  /** Up to here the original is copied. */
  #copied = 0;
  /** Where the cost of the function, and of each open loop, is filled in later. */
  #entryPlace = 0;
  readonly #turnPlaces: number[] = [];

  constructor(reader: ByteReader, out: ByteWriter, shape: ModuleShape, hasNans: boolean) {
    this.reader = reader;
    this.out = out;
    this.shape = shape;
    this.hasNans = hasNans;
    this.fuel = new FuelCode(out, shape.globals);
    this.locals = new GuardLocals(out, hasNans);
  }

  /** Rewrites the function whose body the reader stands at and ends with. */
  rewrite(index: number): void {
    const { reader, out } = this;
    const from = reader.at;
    const to = out.length;
    this.index = index;
    // A guess saves reading twice. One loop too few is begun again, one too many only costs the guest a little.
    if (!this.#attempt(seemsToLoop(reader))) {
      reader.at = from;
      out.length = to;
      this.#attempt(true);
    }
  }

  /** False when the function has loops and was written as one without. */
  #attempt(hasLoops: boolean): boolean {
    const { reader, out, regions } = this;
    this.#hasLoops = hasLoops;
    this.#turnPlaces.length = 0;
    const sizePlace = out.reserve();
    const bodyStart = out.length;
    this.#rewriteLocals();
    this.#entryPlace = this.fuel.chargeEntry();
    this.#copied = reader.at;
    const simpleLocals = Math.min(this.#localCount, LONG_LEB);
    const watched = this.hasNans ? op.NAN_RESULTS : NOTHING_WATCHED;
    let controls = 0;
    for (;;) {
      regions.add(skipSimple(reader, simpleLocals, watched));
      const start = reader.at;
      const opcode = reader.byte();
      switch (op.OPCODES[opcode]) {
        case op.PLAIN:
          break;
        case op.MEMORY_ACCESS:
          readMemoryAccess(reader, this.index);
          break;
        case op.LOCAL_INDEX:
          readIndex(reader, this.#localCount, 'local');
          break;
        case op.GLOBAL_INDEX:
          readIndex(reader, this.shape.globals, 'global');
          break;
        case op.TABLE_INDEX:
          readIndex(reader, this.shape.tables, 'table');
          break;
        case op.FUNCTION_INDEX:
          readIndex(reader, this.shape.functionTypes.length, 'function');
          break;
        case op.NUMBER_32:
          reader.skipLeb(5);
          break;
        case op.NUMBER_64:
          reader.skipLeb(10);
          break;
        case op.BYTES_4:
          reader.skip(4);
          break;
        case op.BYTES_8:
          reader.skip(8);
          break;
        case op.SPECIAL:
          if (opcode >= op.MEMORY_SIZE || opcode === op.SELECT_TYPED) {
            rewriteOther(this, opcode, start);
            continue;
          }
          controls++;
          if (opcode === op.LOOP && !hasLoops) return false;
          this.#rewriteControl(opcode, start);
          if (regions.depth >= 0) continue;
          this.#finish(sizePlace, bodyStart);
          this.mergeWork += controls * this.#localCount;
          return true;
        default:
          throw opcodeRefused([opcode], proposalOf(opcode), start, this.index);
      }
      regions.add(1);
      if (this.hasNans && op.NAN_RESULTS[opcode] !== 0) settleScalar(this, op.NAN_RESULTS[opcode]!);
    }
  }

  /** Copies the original up to there. */
  flush(end: number): void {
    this.out.copy(this.reader.bytes, this.#copied, end);
    this.#copied = end;
  }

  #finish(sizePlace: number, bodyStart: number): void {
    const { reader, out } = this;
    if (reader.at !== reader.end) throw malformed(`function ${this.index} goes on after its end`, reader.at);
    this.flush(reader.at);
    const bytes = out.length - bodyStart;
    if (bytes > MAX_FUNCTION_BYTES) throw grewTooLarge(MAX_FUNCTION_BYTES, this.index);
    out.fill(sizePlace, bytes);
  }

  #rewriteLocals(): void {
    const { reader, out, locals, regions } = this;
    const at = reader.at;
    const groups = reader.count('local declarations', MAX_LOCALS);
    const groupsAt = reader.at;
    const parameters = this.shape.typeArity[this.shape.functionTypes[this.index]!]!;
    let count = parameters;
    for (let group = 0; group < groups; group++) {
      count += reader.u32();
      readValueType(reader);
      if (count > MAX_LOCALS) throw tooMany(`locals in function ${this.index}`, count, MAX_LOCALS, at);
    }
    out.u32(groups + locals.declarations);
    out.copy(reader.bytes, groupsAt, reader.at);
    locals.begin(count);
    this.#localCount = count;
    this.fuel.begin(count, this.#hasLoops);
    regions.begin(1 + Math.floor((count - parameters) / LOCALS_PER_FUEL));
  }

  #rewriteControl(opcode: number, start: number): void {
    const { reader, regions, fuel } = this;
    switch (opcode) {
      case op.UNREACHABLE:
        regions.add(1);
        this.#leave(start);
        regions.stop();
        return;
      case op.NOP:
        return;
      case op.BLOCK:
      case op.LOOP:
      case op.IF:
        readBlockType(reader, this.shape.typeArity.length);
        if (opcode === op.IF) regions.add(1);
        regions.open(opcode);
        if (regions.depth > MAX_NESTING)
          throw tooMany('blocks inside one another', regions.depth, MAX_NESTING, start);
        if (opcode === op.LOOP) this.#beginLoop();
        return;
      case op.ELSE:
        if (!regions.else()) throw malformed(`function ${this.index} has an else without if`, start);
        return;
      case op.END:
        this.#end(start);
        return;
      case op.BR:
      case op.BR_IF: {
        const levels = readIndex(reader, regions.depth + 1, 'label');
        regions.add(1);
        if (levels === regions.depth) this.#leave(start);
        regions.branch(levels);
        if (opcode === op.BR) regions.stop();
        return;
      }
      case op.BR_TABLE:
        this.#rewriteBranchTable(start);
        return;
      case op.RETURN:
        regions.add(1);
        this.#leave(start);
        regions.stop();
        return;
      case op.CALL:
        readIndex(reader, this.shape.functionTypes.length, 'function');
        break;
      case op.CALL_INDIRECT:
        readIndex(reader, this.shape.typeArity.length, 'type');
        readIndex(reader, this.shape.tables, 'table');
    }
    regions.add(1);
    this.#leave(start);
    if (!this.#hasLoops || !regions.isLive) return;
    this.flush(reader.at);
    fuel.reload();
  }

  /** Before an instruction that may leave the function: its fuel goes back to the global. */
  #leave(start: number): void {
    if (!this.#hasLoops || !this.regions.isLive) return;
    this.flush(start);
    this.fuel.spill();
  }

  #beginLoop(): void {
    if (!this.regions.isLive) {
      this.#turnPlaces.push(-1);
      return;
    }
    this.flush(this.reader.at);
    this.#turnPlaces.push(this.fuel.chargeTurn());
  }

  #end(start: number): void {
    const { regions } = this;
    const isLoop = regions.isLoop;
    if (regions.depth === 0) this.#leave(start);
    const cost = regions.close();
    if (isLoop) {
      const place = this.#turnPlaces.pop()!;
      if (place >= 0) this.out.fill(place, cost);
    } else if (regions.depth < 0) this.out.fill(this.#entryPlace, cost);
  }

  #rewriteBranchTable(start: number): void {
    const { reader, regions } = this;
    regions.add(1);
    const count = reader.count('targets of one br_table', MAX_BRANCH_TARGETS) + 1;
    let leaves = false;
    for (let i = 0; i < count; i++) {
      const levels = readIndex(reader, regions.depth + 1, 'label');
      if (levels === regions.depth) leaves = true;
      regions.branch(levels);
    }
    if (leaves) this.#leave(start);
    regions.stop();
  }
}
