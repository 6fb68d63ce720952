import type { Descriptor } from '../files/descriptors.ts';
import { ERRNO, fail } from '../errno.ts';
import { ErrorOutput } from '../error-output.ts';
import { FDFLAG } from '../files/flags.ts';
import type { Calls, Process } from '../process.ts';
import { RegularFile } from '../files/regular-file.ts';
import { RIGHT } from '../files/rights.ts';

const WHENCE_SET = 0;
const WHENCE_CURRENT = 1;
const WHENCE_END = 2;
/** `advice` has six values; none means anything in memory. */
const ADVICES = 6;

/** Reading, writing and sizing what is open. */
export function contentCalls({ memory, clock, descriptors, onWrite }: Process): Calls {
  /** Writes all ranges from `offset` on; the offset behind them. */
  const write = ({ inode, path }: Descriptor, ranges: readonly Uint8Array[], offset: number): number => {
    let end = offset;
    for (const range of ranges) {
      if (inode instanceof RegularFile) inode.write(range, end);
      else if (inode instanceof ErrorOutput) inode.write(range);
      else fail(ERRNO.BADF);
      if (onWrite !== undefined && path !== undefined) onWrite(path, end, range);
      end += range.byteLength;
    }
    if (end > offset) inode.touch(clock.tick());
    return end;
  };
  /** Fills the ranges from `offset` on; the offset behind what was read. */
  const read = ({ inode }: Descriptor, ranges: readonly Uint8Array[], offset: number): number => {
    const file = regular(inode);
    let end = offset;
    for (const range of ranges) {
      const length = file.read(range, end);
      end += length;
      if (length < range.byteLength) break;
    }
    file.accessedNs = clock.nowNs;
    return end;
  };
  const resize = (file: RegularFile, size: number) => {
    file.resize(size);
    file.touch(clock.tick());
  };

  return {
    fd_write(fd: number, vectorsAt: number, count: number, writtenAt: number) {
      const descriptor = descriptors.get(fd, RIGHT.FD_WRITE);
      const ranges = memory.vectors(vectorsAt, count);
      memory.check(writtenAt, 4);
      const { inode, flags } = descriptor;
      const offset = (flags & FDFLAG.APPEND) === 0 ? descriptor.position : inode.size;
      descriptor.position = write(descriptor, ranges, offset);
      memory.setU32(writtenAt, descriptor.position - offset);
    },
    fd_pwrite(fd: number, vectorsAt: number, count: number, at: bigint, writtenAt: number) {
      const descriptor = descriptors.get(fd, RIGHT.FD_WRITE | RIGHT.FD_SEEK);
      const ranges = memory.vectors(vectorsAt, count);
      memory.check(writtenAt, 4);
      const offset = toSize(at);
      memory.setU32(writtenAt, write(descriptor, ranges, offset) - offset);
    },
    fd_read(fd: number, vectorsAt: number, count: number, readAt: number) {
      const descriptor = descriptors.get(fd, RIGHT.FD_READ);
      const ranges = memory.vectors(vectorsAt, count);
      memory.check(readAt, 4);
      const offset = descriptor.position;
      descriptor.position = read(descriptor, ranges, offset);
      memory.setU32(readAt, descriptor.position - offset);
    },
    fd_pread(fd: number, vectorsAt: number, count: number, at: bigint, readAt: number) {
      const descriptor = descriptors.get(fd, RIGHT.FD_READ | RIGHT.FD_SEEK);
      const ranges = memory.vectors(vectorsAt, count);
      memory.check(readAt, 4);
      const offset = toSize(at);
      memory.setU32(readAt, read(descriptor, ranges, offset) - offset);
    },

    fd_seek(fd: number, delta: bigint, whence: number, at: number) {
      const descriptor = descriptors.get(fd);
      // Asking for the position is seeking nowhere, and needs less.
      const isTelling = whence === WHENCE_CURRENT && delta === 0n;
      if (!isTelling || (descriptor.rights & RIGHT.FD_TELL) === 0) descriptors.get(fd, RIGHT.FD_SEEK);
      memory.check(at, 8);
      const target = startOf(descriptor, whence) + delta;
      if (target < 0n) fail(ERRNO.INVAL);
      if (target > Number.MAX_SAFE_INTEGER) fail(ERRNO.OVERFLOW);
      descriptor.position = Number(target);
      memory.setU64(at, target);
    },
    fd_tell(fd: number, at: number) {
      const descriptor = descriptors.get(fd);
      // The right to seek includes this one (witx `rights`).
      if ((descriptor.rights & RIGHT.FD_SEEK) === 0) descriptors.get(fd, RIGHT.FD_TELL);
      memory.setU64(at, BigInt(descriptor.position));
    },

    fd_advise(fd: number, _offset: bigint, _length: bigint, advice: number) {
      descriptors.get(fd, RIGHT.FD_ADVISE);
      if (advice >>> 0 >= ADVICES) fail(ERRNO.INVAL);
    },
    fd_allocate(fd: number, offset: bigint, length: bigint) {
      const file = regular(descriptors.get(fd, RIGHT.FD_ALLOCATE).inode);
      if (length <= 0n) fail(ERRNO.INVAL);
      const end = toSize(offset) + toSize(length);
      if (end > file.size) resize(file, end);
    },
    fd_filestat_set_size(fd: number, size: bigint) {
      resize(regular(descriptors.get(fd, RIGHT.FD_FILESTAT_SET_SIZE).inode), toSize(size));
    },
    fd_datasync(fd: number) {
      descriptors.get(fd, RIGHT.FD_DATASYNC);
    },
    fd_sync(fd: number) {
      descriptors.get(fd, RIGHT.FD_SYNC);
    },
  };
}

function startOf({ inode, position }: Descriptor, whence: number): bigint {
  if (whence === WHENCE_SET) return 0n;
  if (whence === WHENCE_CURRENT) return BigInt(position);
  return whence === WHENCE_END ? BigInt(inode.size) : fail(ERRNO.INVAL);
}

/** A size or offset: signed in the guest's hands. What is beyond exact numbers is beyond every budget as well. */
function toSize(size: bigint): number {
  return size < 0n ? fail(ERRNO.INVAL) : Number(size);
}

function regular(inode: unknown): RegularFile {
  return inode instanceof RegularFile ? inode : fail(ERRNO.BADF);
}
