import { utf8 } from '../../../base/bytes.ts';
import type { Descriptor } from '../files/descriptors.ts';
import { ERRNO, fail } from '../errno.ts';
import { setTimes, writeFileStatus } from '../files/file-status.ts';
import { ALL_FDFLAGS } from '../files/flags.ts';
import { Directory, type Inode } from '../files/inode.ts';
import type { Calls, Process } from '../process.ts';
import { RIGHT, toRights } from '../files/rights.ts';

const FDSTAT_BYTES = 24;
const DIRENT_BYTES = 24;
const PREOPEN_DIRECTORY = 0;

/** What descriptors are, what they may do, and the listing of directories. */
export function descriptorCalls({ memory, clock, descriptors }: Process): Calls {
  return {
    fd_close: (fd: number) => descriptors.close(fd),
    fd_renumber: (from: number, to: number) => descriptors.renumber(from, to),

    fd_fdstat_get(fd: number, at: number) {
      const { inode, flags, rights, inheriting } = descriptors.get(fd);
      const start = memory.check(at, FDSTAT_BYTES);
      memory.bytes(start, FDSTAT_BYTES).fill(0);
      memory.setU8(start, inode.type);
      memory.setU16(start + 2, flags);
      memory.setU64(start + 8, BigInt(rights));
      memory.setU64(start + 16, BigInt(inheriting));
    },
    fd_fdstat_set_flags(fd: number, flags: number) {
      const descriptor = descriptors.get(fd, RIGHT.FD_FDSTAT_SET_FLAGS);
      if ((flags & ~ALL_FDFLAGS) !== 0) fail(ERRNO.INVAL);
      descriptor.flags = flags;
    },
    fd_fdstat_set_rights(fd: number, base: bigint, inheriting: bigint) {
      const descriptor = descriptors.get(fd);
      const rights = { base: toRights(base), inheriting: toRights(inheriting) };
      if ((rights.base & ~descriptor.rights) !== 0) fail(ERRNO.NOTCAPABLE);
      if ((rights.inheriting & ~descriptor.inheriting) !== 0) fail(ERRNO.NOTCAPABLE);
      descriptor.rights = rights.base;
      descriptor.inheriting = rights.inheriting;
    },
    fd_filestat_get(fd: number, at: number) {
      writeFileStatus(memory, at, descriptors.get(fd, RIGHT.FD_FILESTAT_GET).inode);
    },
    fd_filestat_set_times(fd: number, accessed: bigint, modified: bigint, flags: number) {
      const { inode } = descriptors.get(fd, RIGHT.FD_FILESTAT_SET_TIMES);
      setTimes(inode, clock, accessed, modified, flags);
    },

    fd_prestat_get(fd: number, at: number) {
      const name = utf8(descriptors.get(fd).preopen ?? fail(ERRNO.BADF));
      const start = memory.check(at, 8);
      memory.setU32(start, PREOPEN_DIRECTORY);
      memory.setU32(start + 4, name.byteLength);
    },
    fd_prestat_dir_name(fd: number, at: number, length: number) {
      const name = utf8(descriptors.get(fd).preopen ?? fail(ERRNO.BADF));
      if (length >>> 0 < name.byteLength) fail(ERRNO.NAMETOOLONG);
      memory.bytes(at, name.byteLength).set(name);
    },

    fd_readdir(fd: number, at: number, length: number, cookie: bigint, usedAt: number) {
      const descriptor = descriptors.get(fd, RIGHT.FD_READDIR);
      const target = memory.bytes(at, length);
      memory.check(usedAt, 4);
      let used = 0;
      for (const entry of listingFrom(descriptor, BigInt.asUintN(64, cookie))) {
        if (used === target.byteLength) break;
        // The last entry is cut where the buffer ends; the guest asks for it again.
        const record = encodeEntry(entry).subarray(0, target.byteLength - used);
        target.set(record, used);
        used += record.byteLength;
      }
      memory.setU32(usedAt, used);
    },
  };
}

interface Entry {
  readonly name: string;
  readonly inode: Inode;
  /** Where the listing goes on after it. */
  readonly next: number;
}

/** Entries from a cookie on: `.`, `..`, then the names sorted by code unit as they were when the listing began. */
function* listingFrom(descriptor: Descriptor, cookie: bigint): Generator<Entry> {
  const { inode } = descriptor;
  if (!(inode instanceof Directory)) fail(ERRNO.NOTDIR);
  if (cookie === 0n || descriptor.listing === undefined) {
    descriptor.listing = ['.', '..', ...[...inode.entries.keys()].sort()];
  }
  const names = descriptor.listing;
  for (let i = Number(cookie); i < names.length; i++) {
    const name = names[i]!;
    const found = name === '.' ? inode : name === '..' ? inode.parent : inode.entries.get(name);
    if (found !== undefined) yield { name, inode: found, next: i + 1 };
  }
}

/** A `dirent` (witx: 24 bytes) with its name. */
function encodeEntry({ name, inode, next }: Entry): Uint8Array {
  const bytes = utf8(name);
  const record = new Uint8Array(DIRENT_BYTES + bytes.byteLength);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(next), true);
  view.setBigUint64(8, inode.number, true);
  view.setUint32(16, bytes.byteLength, true);
  view.setUint8(20, inode.type);
  record.set(bytes, DIRENT_BYTES);
  return record;
}
