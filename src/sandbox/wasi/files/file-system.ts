import { type Bytes, utf8 } from '../../../base/bytes.ts';
import { ERRNO, fail } from '../errno.ts';
import type { FileBudget } from './file-budget.ts';
import { Directory, type Inode, SymbolicLink } from './inode.ts';
import { MAX_PATH_BYTES } from '../limits.ts';
import { RegularFile } from './regular-file.ts';
import type { Place } from './resolve-path.ts';
import type { VirtualClock } from '../virtual-clock.ts';

/**
 * Inodes and their names, all in memory. Inode numbers count up from 1, so that two runs see the same. What a call
 * does wrong ends it with the error that Linux gives; what exceeds the budget ends the run.
 */
export class FileSystem {
  readonly root: Directory;
  readonly #budget: FileBudget;
  readonly #clock: VirtualClock;
  #inodes = 0n;

  constructor(budget: FileBudget, clock: VirtualClock) {
    this.#budget = budget;
    this.#clock = clock;
    this.root = new Directory(this.#nextNumber(), clock.nowNs);
    this.root.links = 1;
  }

  /** A file without a name, its bytes taken from this budget; with `readOnly` it holds these and cannot be written. */
  file(budget = this.#budget, readOnly?: Bytes): RegularFile {
    return new RegularFile(this.#nextNumber(), this.#clock.nowNs, budget, readOnly);
  }

  /** Puts a file at a path before the run, with the directories above it; takes nothing of the budget. */
  place(path: string, file: RegularFile): void {
    const parts = path.split('/');
    const name = parts.pop()!;
    enter(this.directory(parts), name, file);
  }

  /** The directory at a path, made before the run when it is missing. */
  directory(parts: readonly string[]): Directory {
    let here = this.root;
    for (const part of parts) {
      const known = here.entries.get(part);
      const child = known instanceof Directory ? known : new Directory(this.#nextNumber(), this.#clock.nowNs);
      if (child !== known) enter(here, part, child);
      here = child;
    }
    return here;
  }

  /** An empty file where there is none yet. */
  createFile(place: Place): RegularFile {
    if (place.wantsDirectory) fail(ERRNO.ISDIR);
    const { parent, name } = this.#free(place);
    const file = this.file();
    this.#add(parent, name, file);
    return file;
  }

  createDirectory(place: Place): void {
    const { parent, name } = this.#free(place);
    this.#add(parent, name, new Directory(this.#nextNumber(), this.#clock.nowNs));
  }

  createSymbolicLink(place: Place, target: string): void {
    const { parent, name } = this.#free(place);
    if (place.wantsDirectory) fail(ERRNO.NOENT);
    const size = utf8(target).byteLength;
    this.#add(parent, name, new SymbolicLink(this.#nextNumber(), this.#clock.nowNs, target, size));
  }

  /** A second name for what is at `from`, which must not be a directory. */
  link(from: Place, to: Place): void {
    const inode = existing(from);
    if (inode instanceof Directory) fail(ERRNO.PERM);
    const { parent, name } = this.#free(to);
    if (to.wantsDirectory) fail(ERRNO.NOENT);
    this.#add(parent, name, inode);
    inode.changedNs = this.#clock.nowNs;
  }

  /** Removes the name of anything but a directory. */
  unlink(place: Place): void {
    const inode = existing(place);
    if (inode instanceof Directory) fail(ERRNO.ISDIR);
    this.#remove(place.parent!, place.name, inode);
  }

  /** Removes an empty directory. */
  removeDirectory(place: Place): void {
    const inode = existing(place);
    if (!(inode instanceof Directory)) fail(ERRNO.NOTDIR);
    if (place.parent === undefined) fail(place.name === '.' ? ERRNO.INVAL : ERRNO.NOTEMPTY);
    if (inode.entries.size > 0) fail(ERRNO.NOTEMPTY);
    this.#remove(place.parent, place.name, inode);
  }

  /** Gives what is at `from` the name `to`, in place of what has it. */
  rename(from: Place, to: Place): void {
    const inode = existing(from);
    if (from.parent === undefined || to.parent === undefined) fail(ERRNO.BUSY);
    const isDirectory = inode instanceof Directory;
    if (to.wantsDirectory && !isDirectory) fail(ERRNO.NOTDIR);
    if (to.parent.links === 0) fail(ERRNO.NOENT);
    if (isDirectory && isWithin(to.parent, inode)) fail(ERRNO.INVAL);
    const old = to.inode;
    // Two names of one file: nothing to do (POSIX rename).
    if (old === inode) return;
    if (old !== undefined) {
      if (old instanceof Directory) {
        if (!isDirectory) fail(ERRNO.ISDIR);
        if (old.entries.size > 0) fail(ERRNO.NOTEMPTY);
      } else if (isDirectory) fail(ERRNO.NOTDIR);
      this.#remove(to.parent, to.name, old);
    }
    this.#remove(from.parent, from.name, inode, true);
    this.#add(to.parent, to.name, inode);
  }

  /** A descriptor of it was closed: what has no name either is gone. */
  closed(inode: Inode): void {
    inode.opens--;
    releaseUnused(inode);
  }

  /** Where something may be made. */
  #free({ parent, name, inode, wantsDirectory }: Place): { parent: Directory; name: string } {
    if (inode !== undefined || parent === undefined) {
      fail(
        wantsDirectory && inode !== undefined && !(inode instanceof Directory) ? ERRNO.NOTDIR : ERRNO.EXIST,
      );
    }
    // Nothing can be made in a directory that was removed while somebody held it.
    if (parent.links === 0) fail(ERRNO.NOENT);
    return { parent, name };
  }

  #add(parent: Directory, name: string, inode: Inode): void {
    this.#budget.takeName();
    enter(parent, name, inode);
    parent.touch(this.#clock.tick());
  }

  #remove(parent: Directory, name: string, inode: Inode, isMoving = false): void {
    this.#budget.giveName();
    parent.entries.delete(name);
    const nowNs = this.#clock.tick();
    parent.touch(nowNs);
    inode.links--;
    inode.changedNs = nowNs;
    if (!isMoving) releaseUnused(inode);
  }

  #nextNumber(): bigint {
    return (this.#inodes += 1n);
  }
}

function enter(parent: Directory, name: string, inode: Inode): void {
  parent.entries.set(name, inode);
  inode.links++;
  if (!(inode instanceof Directory)) return;
  inode.parent = parent;
  inode.name = name;
}

function existing({ inode, wantsDirectory }: Place): Inode {
  if (inode === undefined) fail(ERRNO.NOENT);
  if (wantsDirectory && !(inode instanceof Directory)) fail(ERRNO.NOTDIR);
  return inode;
}

function releaseUnused(inode: Inode): void {
  if (inode.links === 0 && inode.opens === 0) inode.release();
}

/** The path of an entry, from the root, without a slash before it; `ENAMETOOLONG` when it is longer than any path. */
export function pathOf(parent: Directory, name: string): string {
  const parts = [name];
  let chars = name.length;
  for (let here = parent; here.parent !== here; here = here.parent) {
    parts.push(here.name);
    chars += here.name.length + 1;
    if (chars > MAX_PATH_BYTES) fail(ERRNO.NAMETOOLONG);
  }
  return parts.reverse().join('/');
}

/** Is this directory the other one, or below it? */
function isWithin(directory: Directory, other: Directory): boolean {
  for (let here = directory; ; here = here.parent) {
    if (here === other) return true;
    if (here.parent === here) return false;
  }
}
