import { Directory, type Inode, OpenDirectory, PreopenDirectory, wasi } from '@bjorn3/browser_wasi_shim';
import { type FileBudget, GuestFile } from './guest-file.ts';

/** An in-memory directory that lists its entries sorted by name and creates bounded files. */
export class GuestDirectory extends Directory {
  readonly budget: FileBudget;

  constructor(budget: FileBudget) {
    super(new Map<string, Inode>());
    this.budget = budget;
  }

  override path_open() {
    return { ret: wasi.ERRNO_SUCCESS, fd_obj: new OpenGuestDirectory(this) };
  }

  override create_entry_for_path(path: string, isDirectory: boolean): { ret: number; entry: Inode | null } {
    const parts = resolvePath(path);
    if (parts === undefined) return { ret: wasi.ERRNO_NOTCAPABLE, entry: null };
    const resolved = { parts, is_dir: path.endsWith('/'), to_path_string: () => path };
    const { ret, parent_entry, filename, entry } = this.get_parent_dir_and_entry_for_path(resolved, true);
    if (parent_entry === null || filename === null) return { ret, entry: null };
    if (entry !== null) return { ret: wasi.ERRNO_EXIST, entry: null };
    this.budget.takeFile();
    const made = isDirectory ? new GuestDirectory(this.budget) : GuestFile.empty(this.budget);
    parent_entry.contents.set(filename, made);
    return { ret: wasi.ERRNO_SUCCESS, entry: made };
  }

  /** The directory at a relative path, made when it is missing. */
  directory([first, ...rest]: readonly string[]): GuestDirectory {
    if (first === undefined) return this;
    const known = this.contents.get(first);
    const child = known instanceof GuestDirectory ? known : new GuestDirectory(this.budget);
    this.contents.set(first, child);
    return child.directory(rest);
  }

  /** The file at a relative path, if there is one. */
  file(path: string): GuestFile | undefined {
    const [first = '', ...rest] = path.split('/');
    const entry = this.contents.get(first);
    if (rest.length > 0) return entry instanceof GuestDirectory ? entry.file(rest.join('/')) : undefined;
    return entry instanceof GuestFile ? entry : undefined;
  }
}

/** The path's parts without `.` and `..`; undefined when it leads out of the directory. */
function resolvePath(path: string): string[] | undefined {
  const parts: string[] = [];
  if (path.startsWith('/')) return undefined;
  for (const part of path.split('/')) {
    if (part === '..' && parts.pop() === undefined) return undefined;
    if (part !== '' && part !== '.' && part !== '..') parts.push(part);
  }
  return parts;
}

/** Names of a directory sorted by code unit, as they were when its listing began. */
class Listing {
  #names: readonly string[] | undefined;

  read(directory: Directory, cookie: bigint) {
    if (cookie === 0n) this.#names = undefined;
    this.#names ??= [...directory.contents.keys()].sort();
    if (cookie < 2n) {
      const ino = cookie === 0n ? directory.ino : directory.parent_ino();
      const name = cookie === 0n ? '.' : '..';
      return {
        ret: wasi.ERRNO_SUCCESS,
        dirent: new wasi.Dirent(cookie + 1n, ino, name, wasi.FILETYPE_DIRECTORY),
      };
    }
    for (let at = cookie - 2n; at < BigInt(this.#names.length); at++) {
      const name = this.#names[Number(at)] ?? '';
      const entry = directory.contents.get(name);
      if (entry === undefined) continue;
      const dirent = new wasi.Dirent(at + 3n, entry.ino, name, entry.stat().filetype);
      return { ret: wasi.ERRNO_SUCCESS, dirent };
    }
    return { ret: wasi.ERRNO_SUCCESS, dirent: null };
  }
}

class OpenGuestDirectory extends OpenDirectory {
  readonly #listing = new Listing();

  override fd_readdir_single(cookie: bigint) {
    return this.#listing.read(this.dir, cookie);
  }
}

/** The root of the guest's file system, opened before it starts. */
export class GuestRoot extends PreopenDirectory {
  readonly #listing = new Listing();
  readonly root: GuestDirectory;

  constructor(budget: FileBudget) {
    super('/', new Map<string, Inode>());
    this.root = new GuestDirectory(budget);
    this.dir = this.root;
  }

  override fd_readdir_single(cookie: bigint) {
    return this.#listing.read(this.dir, cookie);
  }
}
