import { ERRNO, fail } from '../errno.ts';
import { Directory, type Inode, SymbolicLink } from './inode.ts';
import { MAX_NAME_BYTES, MAX_SYMLINKS } from '../limits.ts';

/** Where a path leads: an entry, or the place where one could be made. */
export interface Place {
  /** The directory of the last name; undefined when the path ends in `.` or `..`. */
  readonly parent: Directory | undefined;
  readonly name: string;
  /** What is there; undefined when nothing is. */
  readonly inode: Inode | undefined;
  /** Did the path end in a slash? Then only a directory will do. */
  readonly wantsDirectory: boolean;
}

/**
 * Walks a path from a directory. It never leaves that directory: not by `..`, not by an absolute path, not by a symbolic
 * link to either (`ENOTCAPABLE`). `follow`: is a symbolic link at the path's end followed?
 */
export function resolvePath(base: Directory, path: string, follow: boolean): Place {
  if (path === '') fail(ERRNO.NOENT);
  if (path.startsWith('/')) fail(ERRNO.NOTCAPABLE);
  const walked: Directory[] = [base];
  // Parts yet to walk, the next one last.
  const pending = partsOf(path).reverse();
  let wantsDirectory = path.endsWith('/');
  let links = 0;
  for (;;) {
    const part = pending.pop()!;
    const isLast = pending.length === 0;
    if (part === '..') walked.pop();
    const here = walked.at(-1) ?? fail(ERRNO.NOTCAPABLE);
    if (part === '.' || part === '..') {
      if (isLast) return { parent: undefined, name: part, inode: here, wantsDirectory };
      continue;
    }
    if (isNameTooLong(part)) fail(ERRNO.NAMETOOLONG);
    const inode = here.entries.get(part);
    if (inode instanceof SymbolicLink && (!isLast || follow)) {
      if (++links > MAX_SYMLINKS) fail(ERRNO.LOOP);
      if (inode.target === '') fail(ERRNO.NOENT);
      if (inode.target.startsWith('/')) fail(ERRNO.NOTCAPABLE);
      if (isLast && inode.target.endsWith('/')) wantsDirectory = true;
      pending.push(...partsOf(inode.target).reverse());
    } else if (isLast) {
      return { parent: here, name: part, inode, wantsDirectory };
    } else if (inode instanceof Directory) walked.push(inode);
    else fail(inode === undefined ? ERRNO.NOENT : ERRNO.NOTDIR);
  }
}

/** Names, `..`, and a `.` only at the end, where it matters: `file/.` is nothing. Never empty. */
function partsOf(path: string): string[] {
  const parts = path.split('/').filter((part) => part !== '');
  return parts.filter((part, i) => part !== '.' || i === parts.length - 1);
}

/** UTF-8 needs up to three bytes for a UTF-16 unit: short names need no encoding to know. */
function isNameTooLong(name: string): boolean {
  if (name.length * 3 <= MAX_NAME_BYTES) return false;
  return new TextEncoder().encode(name).byteLength > MAX_NAME_BYTES;
}
