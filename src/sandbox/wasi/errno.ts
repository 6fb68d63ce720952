/** Error numbers of WASI preview 1 that this shim gives (witx `errno`). */
export const ERRNO = {
  SUCCESS: 0,
  ACCES: 2,
  BADF: 8,
  BUSY: 10,
  EXIST: 20,
  FAULT: 21,
  FBIG: 22,
  ILSEQ: 25,
  INVAL: 28,
  ISDIR: 31,
  LOOP: 32,
  NAMETOOLONG: 37,
  NFILE: 41,
  NOENT: 44,
  NOTDIR: 54,
  NOTEMPTY: 55,
  NOTSOCK: 57,
  NOTSUP: 58,
  OVERFLOW: 61,
  PERM: 63,
  SPIPE: 70,
  NOTCAPABLE: 76,
} as const;

/** The number of a WASI error. */
export type Errno = (typeof ERRNO)[keyof typeof ERRNO];

/** Ends a WASI call: the guest gets the number. */
export class WasiError extends Error {
  readonly errno: Errno;

  constructor(errno: Errno) {
    super(errnoName(errno));
    this.errno = errno;
  }
}

/** Ends the call under way with this error. */
export function fail(errno: Errno): never {
  throw new WasiError(errno);
}

/** As C programs know it: `ENOENT`. */
export function errnoName(errno: number): string {
  const found = Object.entries(ERRNO).find(([, number]) => number === errno);
  return found === undefined ? String(errno) : `E${found[0]}`;
}
