import { ERRNO, fail } from '../errno.ts';
import { Directory, type Inode } from './inode.ts';
import { MAX_DESCRIPTORS } from '../limits.ts';

/** Standard input, output and error; these numbers are given to nothing else. */
const FIRST_FREE = 3;

/** What a descriptor may have and is given by whoever opens it. */
export interface Opening {
  readonly inode: Inode;
  /** What it may do, and what descriptors opened beneath it may do at most (`rights.ts`). */
  readonly rights: number;
  readonly inheriting: number;
  /** `fdflags`. */
  readonly flags: number;
  /** Its path from the root, only when somebody watches writes. */
  readonly path?: string | undefined;
  /** The name of a directory that was open before the program began. */
  readonly preopen?: string;
}

/** An open file or directory. */
export class Descriptor {
  readonly inode: Inode;
  readonly path: string | undefined;
  readonly preopen: string | undefined;
  rights: number;
  inheriting: number;
  flags: number;
  position = 0;
  /** Names of a directory as they were when its listing began. */
  listing: readonly string[] | undefined;

  constructor({ inode, rights, inheriting, flags, path, preopen }: Opening) {
    this.inode = inode;
    this.rights = rights;
    this.inheriting = inheriting;
    this.flags = flags;
    this.path = path;
    this.preopen = preopen;
  }
}

/** The descriptors of one run by number. A new one gets the lowest number that is free. */
export class Descriptors {
  readonly #open: (Descriptor | undefined)[] = [];
  readonly #onClose: (inode: Inode) => void;
  /** No number below is free. */
  #lowestFree = FIRST_FREE;

  constructor(onClose: (inode: Inode) => void) {
    this.#onClose = onClose;
  }

  /** Opens standard input, output and error under their numbers. */
  openStandard(number: 0 | 1 | 2, opening: Opening): void {
    opening.inode.opens++;
    this.#open[number] = new Descriptor(opening);
  }

  /** The new descriptor's number; `ENFILE` when too many are open. */
  open(opening: Opening): number {
    let number = this.#lowestFree;
    while (this.#open[number] !== undefined) number++;
    if (number >= MAX_DESCRIPTORS) fail(ERRNO.NFILE);
    opening.inode.opens++;
    this.#open[number] = new Descriptor(opening);
    this.#lowestFree = number + 1;
    return number;
  }

  /** Throws `ENFILE` when no descriptor can be opened, before a file is made for it. */
  checkRoom(): void {
    while (this.#open[this.#lowestFree] !== undefined) this.#lowestFree++;
    if (this.#lowestFree >= MAX_DESCRIPTORS) fail(ERRNO.NFILE);
  }

  /** An open descriptor that has these rights; else `EBADF`, `ENOTCAPABLE`. */
  get(number: number, rights = 0): Descriptor {
    const found = this.#open[number >>> 0];
    if (found === undefined) fail(ERRNO.BADF);
    if ((found.rights & rights) !== rights) fail(ERRNO.NOTCAPABLE);
    return found;
  }

  /** The directory behind a descriptor that has these rights; else `EBADF`, `ENOTDIR`, `ENOTCAPABLE`. */
  directory(number: number, rights: number): Directory {
    const { inode } = this.get(number);
    if (!(inode instanceof Directory)) fail(ERRNO.NOTDIR);
    this.get(number, rights);
    return inode;
  }

  close(number: number): void {
    const { inode } = this.get(number);
    this.#free(number >>> 0);
    this.#onClose(inode);
  }

  /** Closes `to` and gives its number to `from`. Both must be open. */
  renumber(from: number, to: number): void {
    const moved = this.get(from);
    const { inode } = this.get(to);
    if (moved === this.get(to)) return;
    this.#open[to >>> 0] = moved;
    this.#free(from >>> 0);
    this.#onClose(inode);
  }

  #free(number: number): void {
    this.#open[number] = undefined;
    if (number >= FIRST_FREE && number < this.#lowestFree) this.#lowestFree = number;
  }
}
