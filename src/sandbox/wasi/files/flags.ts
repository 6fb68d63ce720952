/** How a descriptor writes (witx `fdflags`). */
export const FDFLAG = { APPEND: 1, DSYNC: 2, NONBLOCK: 4, RSYNC: 8, SYNC: 16 } as const;
export const ALL_FDFLAGS = 31;

/** What `path_open` does besides opening (witx `oflags`). */
export const OFLAG = { CREAT: 1, DIRECTORY: 2, EXCL: 4, TRUNC: 8 } as const;
export const ALL_OFLAGS = 15;

/** Is a symbolic link at a path's end followed? (witx `lookupflags`) */
export const LOOKUP_FOLLOW = 1;

/** Which times are set, and to what (witx `fstflags`). */
export const FSTFLAG = { ATIM: 1, ATIM_NOW: 2, MTIM: 4, MTIM_NOW: 8 } as const;
