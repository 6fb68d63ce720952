/** What a descriptor may be used for: bit numbers of preview 1 (witx `rights`). All fit into a small integer. */
export const RIGHT = {
  FD_DATASYNC: 1 << 0,
  FD_READ: 1 << 1,
  FD_SEEK: 1 << 2,
  FD_FDSTAT_SET_FLAGS: 1 << 3,
  FD_SYNC: 1 << 4,
  FD_TELL: 1 << 5,
  FD_WRITE: 1 << 6,
  FD_ADVISE: 1 << 7,
  FD_ALLOCATE: 1 << 8,
  PATH_CREATE_DIRECTORY: 1 << 9,
  PATH_CREATE_FILE: 1 << 10,
  PATH_LINK_SOURCE: 1 << 11,
  PATH_LINK_TARGET: 1 << 12,
  PATH_OPEN: 1 << 13,
  FD_READDIR: 1 << 14,
  PATH_READLINK: 1 << 15,
  PATH_RENAME_SOURCE: 1 << 16,
  PATH_RENAME_TARGET: 1 << 17,
  PATH_FILESTAT_GET: 1 << 18,
  PATH_FILESTAT_SET_SIZE: 1 << 19,
  PATH_FILESTAT_SET_TIMES: 1 << 20,
  FD_FILESTAT_GET: 1 << 21,
  FD_FILESTAT_SET_SIZE: 1 << 22,
  FD_FILESTAT_SET_TIMES: 1 << 23,
  PATH_SYMLINK: 1 << 24,
  PATH_REMOVE_DIRECTORY: 1 << 25,
  PATH_UNLINK_FILE: 1 << 26,
  POLL_FD_READWRITE: 1 << 27,
} as const;

/** Everything that this shim knows; sockets are not among it. */
export const ALL_RIGHTS = Object.values(RIGHT).reduce((all, right) => all | right, 0);

/** Rights that only mean something on what has bytes and a position. */
const CONTENT_RIGHTS =
  RIGHT.FD_READ |
  RIGHT.FD_WRITE |
  RIGHT.FD_SEEK |
  RIGHT.FD_TELL |
  RIGHT.FD_ADVISE |
  RIGHT.FD_ALLOCATE |
  RIGHT.FD_DATASYNC |
  RIGHT.FD_FILESTAT_SET_SIZE;

/** Rights that a descriptor of a directory can have. */
export const DIRECTORY_RIGHTS = ALL_RIGHTS & ~CONTENT_RIGHTS;

/** Rights of standard input. */
export const STDIN_RIGHTS =
  RIGHT.FD_READ |
  RIGHT.FD_SEEK |
  RIGHT.FD_TELL |
  RIGHT.FD_ADVISE |
  RIGHT.FD_FDSTAT_SET_FLAGS |
  RIGHT.FD_FILESTAT_GET |
  RIGHT.POLL_FD_READWRITE;

/** Rights of standard output and standard error. */
export const PRINT_RIGHTS =
  RIGHT.FD_WRITE |
  RIGHT.FD_SEEK |
  RIGHT.FD_TELL |
  RIGHT.FD_SYNC |
  RIGHT.FD_DATASYNC |
  RIGHT.FD_FDSTAT_SET_FLAGS |
  RIGHT.FD_FILESTAT_GET |
  RIGHT.POLL_FD_READWRITE;

/** Rights that a guest names; those of sockets and unknown ones mean nothing here. */
export function toRights(rights: bigint): number {
  return Number(BigInt.asUintN(32, rights)) & ALL_RIGHTS;
}
