import { ERRNO, fail } from '../errno.ts';
import { FSTFLAG } from './flags.ts';
import type { GuestMemory } from '../calls/guest-memory.ts';
import type { Inode } from './inode.ts';
import type { VirtualClock } from '../virtual-clock.ts';

const FILESTAT_BYTES = 64;
/** All files are on one device. */
const DEVICE = 1n;

/** Writes an inode's `filestat` (witx: 64 bytes). */
export function writeFileStatus(memory: GuestMemory, at: number, inode: Inode): void {
  const start = memory.check(at, FILESTAT_BYTES);
  memory.bytes(start, FILESTAT_BYTES).fill(0);
  memory.setU64(start, DEVICE);
  memory.setU64(start + 8, inode.number);
  memory.setU8(start + 16, inode.type);
  memory.setU64(start + 24, BigInt(inode.links));
  memory.setU64(start + 32, BigInt(inode.size));
  memory.setU64(start + 40, inode.accessedNs);
  memory.setU64(start + 48, inode.modifiedNs);
  memory.setU64(start + 56, inode.changedNs);
}

/** Sets an inode's times as `fstflags` say; a time cannot be both given and now (`EINVAL`). */
export function setTimes(
  inode: Inode,
  clock: VirtualClock,
  accessed: bigint,
  modified: bigint,
  flags: number,
): void {
  const has = (flag: number) => (flags & flag) !== 0;
  if (has(~0 << 4)) fail(ERRNO.INVAL);
  if (has(FSTFLAG.ATIM) && has(FSTFLAG.ATIM_NOW)) fail(ERRNO.INVAL);
  if (has(FSTFLAG.MTIM) && has(FSTFLAG.MTIM_NOW)) fail(ERRNO.INVAL);
  const nowNs = clock.tick();
  if (has(FSTFLAG.ATIM)) inode.accessedNs = BigInt.asUintN(64, accessed);
  if (has(FSTFLAG.ATIM_NOW)) inode.accessedNs = nowNs;
  if (has(FSTFLAG.MTIM)) inode.modifiedNs = BigInt.asUintN(64, modified);
  if (has(FSTFLAG.MTIM_NOW)) inode.modifiedNs = nowNs;
  inode.changedNs = nowNs;
}
