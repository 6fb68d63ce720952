import { utf8 } from '../../../base/bytes.ts';
import { ERRNO, fail } from '../errno.ts';
import { pathOf } from '../files/file-system.ts';
import { setTimes, writeFileStatus } from '../files/file-status.ts';
import { ALL_FDFLAGS, ALL_OFLAGS, LOOKUP_FOLLOW, OFLAG } from '../files/flags.ts';
import { Directory, type Inode, SymbolicLink } from '../files/inode.ts';
import type { Calls, Process } from '../process.ts';
import { RegularFile } from '../files/regular-file.ts';
import { type Place, resolvePath } from '../files/resolve-path.ts';
import { DIRECTORY_RIGHTS, RIGHT, toRights } from '../files/rights.ts';

const CHANGING_RIGHTS = RIGHT.FD_WRITE | RIGHT.FD_ALLOCATE | RIGHT.FD_FILESTAT_SET_SIZE;

/** Everything that goes by a path from an open directory. */
export function pathCalls({ memory, clock, files, descriptors, onWrite }: Process): Calls {
  /** The place itself: a symbolic link at the end of the path is not followed. */
  const placeAt = (fd: number, rights: number, pathAt: number, length: number): Place =>
    resolvePath(descriptors.directory(fd, rights), memory.path(pathAt, length), false);
  /** What is meant: a symbolic link at the end is followed when `lookup` says so, or a slash stands behind it. */
  const lookUp = (fd: number, rights: number, lookup: number, pathAt: number, length: number): Place => {
    const path = memory.path(pathAt, length);
    const follows = (lookup & LOOKUP_FOLLOW) !== 0 || path.endsWith('/');
    return resolvePath(descriptors.directory(fd, rights), path, follows);
  };

  return {
    path_open(
      fd: number,
      lookup: number,
      pathAt: number,
      length: number,
      oflags: number,
      base: bigint,
      inheriting: bigint,
      fdflags: number,
      openedAt: number,
    ) {
      const has = (flag: number) => (oflags & flag) !== 0;
      if ((oflags & ~ALL_OFLAGS) !== 0 || (fdflags & ~ALL_FDFLAGS) !== 0) fail(ERRNO.INVAL);
      const isNew = has(OFLAG.CREAT) && has(OFLAG.EXCL);
      const needed =
        RIGHT.PATH_OPEN |
        (has(OFLAG.CREAT) ? RIGHT.PATH_CREATE_FILE : 0) |
        (has(OFLAG.TRUNC) ? RIGHT.PATH_FILESTAT_SET_SIZE : 0);
      const place = lookUp(fd, needed, isNew ? 0 : lookup, pathAt, length);
      const wanted = { base: toRights(base), inheriting: toRights(inheriting) };
      if (((wanted.base | wanted.inheriting) & ~descriptors.get(fd).inheriting) !== 0) fail(ERRNO.NOTCAPABLE);
      memory.check(openedAt, 4);
      descriptors.checkRoom();
      const path =
        onWrite === undefined || place.parent === undefined ? undefined : pathOf(place.parent, place.name);

      let inode: Inode;
      if (place.inode === undefined) {
        if (!has(OFLAG.CREAT)) fail(ERRNO.NOENT);
        if (has(OFLAG.DIRECTORY)) fail(ERRNO.INVAL);
        inode = files.createFile(place);
      } else {
        if (isNew) fail(ERRNO.EXIST);
        inode = place.inode;
        checkOpening(place, wanted.base, oflags);
        if (has(OFLAG.TRUNC) && inode instanceof RegularFile) {
          inode.resize(0);
          inode.touch(clock.tick());
        }
      }
      const opened = descriptors.open({
        inode,
        rights: wanted.base & rightsOf(inode),
        inheriting: wanted.inheriting,
        flags: fdflags,
        path,
      });
      memory.setU32(openedAt, opened);
    },

    path_create_directory(fd: number, pathAt: number, length: number) {
      files.createDirectory(placeAt(fd, RIGHT.PATH_CREATE_DIRECTORY, pathAt, length));
    },
    path_remove_directory(fd: number, pathAt: number, length: number) {
      files.removeDirectory(placeAt(fd, RIGHT.PATH_REMOVE_DIRECTORY, pathAt, length));
    },
    path_unlink_file(fd: number, pathAt: number, length: number) {
      files.unlink(placeAt(fd, RIGHT.PATH_UNLINK_FILE, pathAt, length));
    },
    path_link(
      fromFd: number,
      lookup: number,
      fromAt: number,
      fromLength: number,
      toFd: number,
      toAt: number,
      toLength: number,
    ) {
      const from = lookUp(fromFd, RIGHT.PATH_LINK_SOURCE, lookup, fromAt, fromLength);
      files.link(from, placeAt(toFd, RIGHT.PATH_LINK_TARGET, toAt, toLength));
    },
    path_rename(
      fromFd: number,
      fromAt: number,
      fromLength: number,
      toFd: number,
      toAt: number,
      toLength: number,
    ) {
      const from = placeAt(fromFd, RIGHT.PATH_RENAME_SOURCE, fromAt, fromLength);
      files.rename(from, placeAt(toFd, RIGHT.PATH_RENAME_TARGET, toAt, toLength));
    },

    path_symlink(targetAt: number, targetLength: number, fd: number, pathAt: number, length: number) {
      const place = placeAt(fd, RIGHT.PATH_SYMLINK, pathAt, length);
      const target = memory.path(targetAt, targetLength);
      if (target === '') fail(ERRNO.NOENT);
      if (target.startsWith('/')) fail(ERRNO.NOTCAPABLE);
      files.createSymbolicLink(place, target);
    },
    path_readlink(
      fd: number,
      pathAt: number,
      length: number,
      targetAt: number,
      room: number,
      usedAt: number,
    ) {
      const { inode } = placeAt(fd, RIGHT.PATH_READLINK, pathAt, length);
      if (inode === undefined) fail(ERRNO.NOENT);
      if (!(inode instanceof SymbolicLink)) fail(ERRNO.INVAL);
      const target = memory.bytes(targetAt, room);
      memory.check(usedAt, 4);
      const text = utf8(inode.target).subarray(0, target.byteLength);
      target.set(text);
      memory.setU32(usedAt, text.byteLength);
    },

    path_filestat_get(fd: number, lookup: number, pathAt: number, length: number, at: number) {
      writeFileStatus(memory, at, present(lookUp(fd, RIGHT.PATH_FILESTAT_GET, lookup, pathAt, length)));
    },
    path_filestat_set_times(
      fd: number,
      lookup: number,
      pathAt: number,
      length: number,
      accessed: bigint,
      modified: bigint,
      flags: number,
    ) {
      const inode = present(lookUp(fd, RIGHT.PATH_FILESTAT_SET_TIMES, lookup, pathAt, length));
      setTimes(inode, clock, accessed, modified, flags);
    },
  };
}

/** May what is there be opened so? */
function checkOpening({ inode, wantsDirectory }: Place, rights: number, oflags: number): void {
  const changes = (rights & RIGHT.FD_WRITE) !== 0 || (oflags & OFLAG.TRUNC) !== 0;
  if (inode instanceof SymbolicLink) fail(ERRNO.LOOP);
  if (inode instanceof Directory) {
    if (changes || (oflags & OFLAG.CREAT) !== 0) fail(ERRNO.ISDIR);
  } else if (wantsDirectory || (oflags & OFLAG.DIRECTORY) !== 0) fail(ERRNO.NOTDIR);
  else if (inode instanceof RegularFile && inode.isReadOnly && changes) fail(ERRNO.ACCES);
}

/** The rights that mean something on an inode. */
function rightsOf(inode: Inode): number {
  if (inode instanceof Directory) return DIRECTORY_RIGHTS;
  return inode instanceof RegularFile && inode.isReadOnly ? ~CHANGING_RIGHTS : ~0;
}

function present({ inode, wantsDirectory }: Place): Inode {
  if (inode === undefined) fail(ERRNO.NOENT);
  if (wantsDirectory && !(inode instanceof Directory)) fail(ERRNO.NOTDIR);
  return inode;
}
