/** File types of preview 1 (witx `filetype`). */
export const FILE_TYPE = { CHARACTER_DEVICE: 2, DIRECTORY: 3, REGULAR_FILE: 4, SYMBOLIC_LINK: 7 } as const;

/** What the file system is made of. Names belong to directories; an inode may have several or none. */
export abstract class Inode {
  readonly number: bigint;
  abstract readonly type: (typeof FILE_TYPE)[keyof typeof FILE_TYPE];
  accessedNs: bigint;
  modifiedNs: bigint;
  changedNs: bigint;
  /** How many names it has. */
  links = 0;
  /** How many descriptors hold it. */
  opens = 0;

  constructor(number: bigint, nowNs: bigint) {
    this.number = number;
    this.accessedNs = nowNs;
    this.modifiedNs = nowNs;
    this.changedNs = nowNs;
  }

  abstract get size(): number;

  /** Its content changed. */
  touch(nowNs: bigint): void {
    this.modifiedNs = nowNs;
    this.changedNs = nowNs;
  }

  /** Nothing names or holds it any more: gives back what it took of a budget. */
  release(): void {}
}

/** A directory: names in no order; listings sort them. */
export class Directory extends Inode {
  readonly type = FILE_TYPE.DIRECTORY;
  readonly entries = new Map<string, Inode>();
  /** The directory above; itself for a root. */
  parent: Directory = this;
  /** Its one name there. */
  name = '';

  get size(): number {
    return this.entries.size;
  }
}

/** A symbolic link. Its target is relative to the directory that it is in. */
export class SymbolicLink extends Inode {
  readonly type = FILE_TYPE.SYMBOLIC_LINK;
  readonly target: string;
  readonly size: number;

  constructor(number: bigint, nowNs: bigint, target: string, size: number) {
    super(number, nowNs);
    this.target = target;
    this.size = size;
  }
}
