import { type Bytes, copyBytes } from '../../../base/bytes.ts';
import { GuestFault } from '../../messages.ts';
import type { FileBudget } from './file-budget.ts';
import { FILE_TYPE, Inode } from './inode.ts';

const MIN_ROOM_BYTES = 4_096;
/**
 * How much a file's room grows when it is full. Room that nothing was written to costs addresses but no memory, so a
 * large step saves copies.
 */
const GROWTH = 8;

/** Room that was written to is given back when the file shrinks to less than its share of it. */
const MAX_SPARE = 2;

/** A file in memory. Its room grows by a factor, so that many small writes stay linear in time. */
export class RegularFile extends Inode {
  readonly type = FILE_TYPE.REGULAR_FILE;
  readonly isReadOnly: boolean;
  readonly #budget: FileBudget;
  /** Beyond the file's end it holds zeros only, unless it is read-only. */
  #room: Bytes;
  #length: number;
  /** The longest the file was since it got its room: so much of the room takes memory. */
  #usedBytes = 0;

  /** Empty, or read-only with this content, which is not copied. */
  constructor(number: bigint, nowNs: bigint, budget: FileBudget, readOnly?: Bytes) {
    super(number, nowNs);
    this.isReadOnly = readOnly !== undefined;
    this.#budget = budget;
    this.#room = readOnly ?? new Uint8Array(0);
    this.#length = this.#room.byteLength;
  }

  get size(): number {
    return this.#length;
  }

  /** What it holds of this device's memory, beyond its size too. */
  get roomBytes(): number {
    return this.#room.byteLength;
  }

  /** Copies bytes from `offset` on into the target; how many there were. */
  read(target: Uint8Array, offset: number): number {
    const part = this.#room.subarray(
      Math.min(offset, this.#length),
      Math.min(offset + target.byteLength, this.#length),
    );
    target.set(part);
    return part.byteLength;
  }

  /** Writes at `offset`; a gap before it reads as zeros. Throws `output-limit` when the budget is spent. */
  write(bytes: Uint8Array, offset: number): void {
    if (bytes.byteLength === 0) return;
    const end = offset + bytes.byteLength;
    if (end > this.#length) this.resize(end);
    this.#room.set(bytes, offset);
  }

  /** Makes the file this long; new bytes are zero. Throws `output-limit`, or `out-of-memory`. */
  resize(length: number): void {
    const old = this.#length;
    this.#budget.takeBytes(length - old);
    if (length > this.#room.byteLength) this.#move(length, this.#roomFor(length));
    else if (this.#usedBytes > MAX_SPARE * length + MIN_ROOM_BYTES) this.#move(length, length);
    else if (length < old) this.#room.fill(0, length, old);
    this.#length = length;
    this.#usedBytes = Math.max(this.#usedBytes, length);
  }

  /** The content in memory of its own, to be called once, after the run: it is taken out of the file. */
  take(): Bytes {
    if (this.isReadOnly || this.links > 1) return copyBytes(this.#room.subarray(0, this.#length));
    const { buffer } = this.#room;
    this.#room = new Uint8Array(0);
    return new Uint8Array(buffer.transfer(this.#length));
  }

  override release(): void {
    if (!this.isReadOnly) this.#budget.takeBytes(-this.#length);
    this.#room = new Uint8Array(0);
    this.#length = 0;
  }

  #roomFor(length: number): number {
    const atMost = length + this.#budget.leftBytes;
    return Math.max(length, Math.min(GROWTH * this.#room.byteLength, atMost), MIN_ROOM_BYTES);
  }

  /** Other room for what stays of the content. */
  #move(length: number, roomBytes: number): void {
    try {
      const room = new Uint8Array(roomBytes);
      room.set(this.#room.subarray(0, Math.min(length, this.#length)));
      this.#room = room;
      this.#usedBytes = 0;
    } catch {
      throw new GuestFault('out-of-memory', 'This device has no memory left for the files of the task.');
    }
  }
}
