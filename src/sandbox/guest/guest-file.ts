import { File, Inode, OpenFile, wasi } from '@bjorn3/browser_wasi_shim';
import { GuestFault } from '../messages.ts';

/** What all files of one run may hold and create together. */
export class FileBudget {
  #leftBytes: number;
  #leftFiles: number;
  /** Set when the budget ran out: the run's outcome, whatever the guest does afterwards. */
  fault: GuestFault | undefined;

  constructor(bytes: number, files: number) {
    this.#leftBytes = bytes;
    this.#leftFiles = files;
  }

  /** Takes bytes that a file grows by (or gives back, when negative); throws when there are none left. */
  takeBytes(count: number): void {
    if (count > this.#leftBytes) this.#fail('The task wrote more than its output limit.');
    this.#leftBytes -= count;
  }

  takeFile(): void {
    if (this.#leftFiles-- <= 0) this.#fail('The task created too many files.');
  }

  #fail(message: string): never {
    this.fault = new GuestFault('output-limit', message);
    throw this.fault;
  }
}

/** An in-memory file that doubles its room when it grows, so that many small writes stay linear in time. */
export class GuestFile extends File {
  readonly budget: FileBudget;
  #room: Uint8Array;

  /** Takes the bytes without a copy: only for read-only files, or bytes that nobody else uses. */
  constructor(bytes: Uint8Array, budget: FileBudget, options: { readonly isReadOnly: boolean }) {
    super(EMPTY, { readonly: options.isReadOnly });
    this.budget = budget;
    this.#room = bytes;
    this.data = bytes;
  }

  /** A new file that can be written. */
  static empty(budget: FileBudget): GuestFile {
    return new GuestFile(new Uint8Array(0), budget, { isReadOnly: false });
  }

  /** Makes the file this long; new bytes are zero. */
  resize(length: number): void {
    const old = this.data.byteLength;
    this.budget.takeBytes(length - old);
    if (length > this.#room.byteLength) {
      const room = new Uint8Array(Math.max(length, 2 * this.#room.byteLength, MIN_ROOM_BYTES));
      room.set(this.data);
      this.#room = room;
    } else if (length < old) this.#room.fill(0, length, old);
    this.data = this.#room.subarray(0, length);
  }

  override path_open(oflags: number, rights: bigint, flags: number) {
    const wantsWrite = (rights & BigInt(wasi.RIGHTS_FD_WRITE)) !== 0n;
    const truncates = (oflags & wasi.OFLAGS_TRUNC) !== 0;
    if (this.readonly && (wantsWrite || truncates)) return { ret: wasi.ERRNO_PERM, fd_obj: null as never };
    if (truncates) this.resize(0);
    return { ret: wasi.ERRNO_SUCCESS, fd_obj: new OpenGuestFile(this, (flags & wasi.FDFLAGS_APPEND) !== 0) };
  }
}

const EMPTY = new ArrayBuffer(0);
const MIN_ROOM_BYTES = 4_096;

class OpenGuestFile extends OpenFile {
  readonly #file: GuestFile;
  readonly #appends: boolean;

  constructor(file: GuestFile, appends: boolean) {
    super(file);
    this.#file = file;
    this.#appends = appends;
  }

  override fd_write(data: Uint8Array) {
    if (this.#appends) this.file_pos = this.#file.size;
    const { ret, nwritten } = this.fd_pwrite(data, this.file_pos);
    this.file_pos += BigInt(nwritten);
    return { ret, nwritten };
  }

  override fd_pwrite(data: Uint8Array, offset: bigint) {
    if (this.#file.readonly) return { ret: wasi.ERRNO_BADF, nwritten: 0 };
    if (data.byteLength > 0) {
      this.#grow(offset + BigInt(data.byteLength));
      this.#file.data.set(data, Number(offset));
    }
    return { ret: wasi.ERRNO_SUCCESS, nwritten: data.byteLength };
  }

  override fd_allocate(offset: bigint, length: bigint) {
    if (this.#file.readonly) return wasi.ERRNO_BADF;
    this.#grow(offset + length);
    return wasi.ERRNO_SUCCESS;
  }

  override fd_filestat_set_size(size: bigint) {
    if (this.#file.readonly) return wasi.ERRNO_BADF;
    this.#file.resize(toLength(size));
    return wasi.ERRNO_SUCCESS;
  }

  #grow(end: bigint): void {
    if (end > this.#file.size) this.#file.resize(toLength(end));
  }
}

/** Sizes beyond 2⁵³ meet the budget like any other that is too large. */
function toLength(size: bigint): number {
  return Number(size & 0xffff_ffff_ffff_ffffn);
}

/** Starts inode numbers anew, so that a run sees the same numbers on a fresh and on a warm slot. */
export function resetInodeNumbers(): void {
  (Inode as unknown as { next_ino: bigint }).next_ino = 1n;
}
