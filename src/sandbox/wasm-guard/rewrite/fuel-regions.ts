import { BLOCK, ELSE, IF, LOOP } from '../format/opcodes.ts';

/** Where no path leads: code after `br`, `return`, `unreachable`. */
const DEAD = -1;

/**
 * Counts one function's instructions by region. A region is the function's body, or a loop's, without the loops inside
 * it: its code runs at most once per entry, since only a loop's head is ever jumped back to. Its cost is its longest
 * path, so that a switch with a hundred cases costs its dearest case and not their sum, and one charge at its head pays
 * for whatever way the guest then takes. One pass: the cost of a place is the most that any path to it has cost.
 */
export class FuelRegions {
  /** Blocks that are open; 0 is the function's. */
  depth = 0;
  /** Cost from the region's head to here, or {@link DEAD}. */
  #cost = 0;
  #opcode = new Uint8Array(64);
  /** Cost at a block's beginning, in the region around it. */
  #entry = new Int32Array(64);
  /** Most that a jump to a block's end has cost, in the region around it. */
  #label = new Int32Array(64);
  /** A loop's or the function's longest path so far. */
  #longest = new Int32Array(64);
  /** Frames of open loops, innermost last. */
  #loops = new Int32Array(64);
  #loopCount = 0;

  /** Begins a function whose entry costs so much. */
  begin(cost: number): void {
    this.depth = 0;
    this.#loopCount = 0;
    this.#cost = cost;
    this.#opcode[0] = BLOCK;
    this.#label[0] = DEAD;
    this.#longest[0] = 0;
  }

  get isLive(): boolean {
    return this.#cost !== DEAD;
  }

  /** Is the innermost open block a loop? */
  get isLoop(): boolean {
    return this.#opcode[this.depth] === LOOP;
  }

  add(cost: number): void {
    if (this.#cost !== DEAD) this.#cost += cost;
  }

  /** Opens a block, loop or if. */
  open(opcode: number): void {
    const frame = ++this.depth;
    if (frame === this.#opcode.length) this.#grow();
    this.#opcode[frame] = opcode;
    this.#entry[frame] = this.#cost;
    this.#label[frame] = DEAD;
    if (opcode !== LOOP) return;
    this.#leaveRegion();
    this.#longest[frame] = 0;
    this.#loops[this.#loopCount++] = frame;
    if (this.#cost !== DEAD) this.#cost = 0;
  }

  /** Goes from an if's first branch to its second; false when there is no such if. */
  else(): boolean {
    const frame = this.depth;
    if (this.#opcode[frame] !== IF) return false;
    this.#opcode[frame] = ELSE;
    this.#label[frame] = Math.max(this.#label[frame]!, this.#cost);
    this.#cost = this.#entry[frame]!;
    return true;
  }

  /** Closes the innermost block, or the function; the cost of its region when it is a loop or the function, else 0. */
  close(): number {
    const frame = this.depth--;
    const opcode = this.#opcode[frame];
    if (opcode === LOOP) {
      this.#leaveRegion();
      this.#loopCount--;
      if (this.#cost !== DEAD) this.#cost = this.#entry[frame]!;
      return this.#longest[frame]!;
    }
    this.#cost = Math.max(this.#cost, this.#label[frame]!);
    if (opcode === IF) this.#cost = Math.max(this.#cost, this.#entry[frame]!);
    if (frame > 0) return 0;
    this.#leaveRegion();
    return this.#longest[0]!;
  }

  /** A jump, taken or not, to a block so many levels out. */
  branch(levels: number): void {
    if (this.#cost === DEAD) return;
    const target = this.depth - levels;
    if (target < this.#region) this.#leaveRegion();
    if (this.#opcode[target] === LOOP) this.#leaveRegion();
    else this.#label[target] = Math.max(this.#label[target]!, this.#costIn(target));
  }

  /** Nothing after this runs until the block ends. */
  stop(): void {
    this.#leaveRegion();
    this.#cost = DEAD;
  }

  /** The innermost open loop's frame, or the function's. */
  get #region(): number {
    return this.#loopCount === 0 ? 0 : this.#loops[this.#loopCount - 1]!;
  }

  #leaveRegion(): void {
    const region = this.#region;
    this.#longest[region] = Math.max(this.#longest[region]!, this.#cost);
  }

  /** What leads here has cost so much in the region that the target stands in: inner loops pay for themselves. */
  #costIn(target: number): number {
    if (target >= this.#region) return this.#cost;
    let low = 0;
    let high = this.#loopCount - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#loops[middle]! > target) high = middle;
      else low = middle + 1;
    }
    return this.#entry[this.#loops[low]!]!;
  }

  #grow(): void {
    const larger = (old: Int32Array<ArrayBuffer>) => {
      const copy = new Int32Array(2 * old.length);
      copy.set(old);
      return copy;
    };
    const opcodes = new Uint8Array(2 * this.#opcode.length);
    opcodes.set(this.#opcode);
    this.#opcode = opcodes;
    this.#entry = larger(this.#entry);
    this.#label = larger(this.#label);
    this.#longest = larger(this.#longest);
    this.#loops = larger(this.#loops);
  }
}
