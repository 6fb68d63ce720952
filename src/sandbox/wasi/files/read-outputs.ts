import type { Bytes } from '../../../base/bytes.ts';
import { matchesName } from '../../../job/output-pattern.ts';
import { MAX_OUTPUT_FILES } from '../../../protocol/constants.ts';
import { isGuestPath } from '../../../protocol/guest-path.ts';
import { GuestFault } from '../../messages.ts';
import { Directory, type Inode } from './inode.ts';
import { RegularFile } from './regular-file.ts';

/** A file of a run's result. */
export interface OutputFile {
  readonly path: string;
  readonly bytes: Bytes;
}

/** The name under which standard output is read back. */
const STDOUT = 'stdout';

/**
 * Reads back what the manifest names, sorted by path. Names that lead nowhere give nothing. Together they may hold
 * `limitBytes`: a file with many names, or an input that an output's name fits, counts each time.
 */
export function takeOutputs(
  root: Directory,
  stdout: RegularFile,
  patterns: readonly string[],
  limitBytes: number,
): OutputFile[] {
  const found = new Map<string, RegularFile>();
  for (const pattern of patterns) {
    if (pattern === STDOUT) found.set(STDOUT, stdout);
    else for (const [path, file] of matching(root, pattern)) found.set(path, file);
  }
  if (found.size > MAX_OUTPUT_FILES) {
    throw new GuestFault(
      'output-limit',
      `${found.size} files match the outputs; a result holds at most ${MAX_OUTPUT_FILES}.`,
    );
  }
  const bytes = [...found.values()].reduce((sum, { size }) => sum + size, 0);
  if (bytes > limitBytes) {
    throw new GuestFault(
      'output-limit',
      `The outputs hold ${bytes} bytes together; ${limitBytes} are allowed.`,
    );
  }
  const paths = [...found.keys()].sort();
  return paths.map((path) => ({ path, bytes: found.get(path)!.take() }));
}

/** The files that fit a pattern and may be an output. Symbolic links are not followed; print is found by name only. */
function matching(root: Directory, pattern: string): [path: string, file: RegularFile][] {
  let found: [path: string, inode: Inode][] = [['', root]];
  for (const part of pattern.split('/')) {
    found = found.flatMap(([above, inode]) =>
      entriesOf(inode, part).map(([name, entry]): [string, Inode] => [
        above === '' ? name : `${above}/${name}`,
        entry,
      ]),
    );
  }
  return found.flatMap(([path, inode]): [string, RegularFile][] =>
    inode instanceof RegularFile && path !== STDOUT && isGuestPath(path) ? [[path, inode]] : [],
  );
}

/** Entries of a directory by their name, or by a pattern. */
function entriesOf(inode: Inode, part: string): [name: string, inode: Inode][] {
  if (!(inode instanceof Directory)) return [];
  if (part.includes('*')) return [...inode.entries].filter(([name]) => matchesName(part, name));
  const entry = inode.entries.get(part);
  return entry === undefined ? [] : [[part, entry]];
}
