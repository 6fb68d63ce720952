import type { Bytes } from '../../base/bytes.ts';
import { MAX_OUTPUT_FILES } from '../../protocol/constants.ts';
import { GuestFault } from '../messages.ts';
import { Directory } from './inode.ts';
import { RegularFile } from './regular-file.ts';

/** A file of a run's result. */
export interface OutputFile {
  readonly path: string;
  readonly bytes: Bytes;
}

/** The name under which standard output is read back. */
const STDOUT = 'stdout';

/** Reads back what the manifest names, sorted by path. Names that lead nowhere give nothing. */
export function takeOutputs(root: Directory, stdout: RegularFile, patterns: readonly string[]): OutputFile[] {
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
  const paths = [...found.keys()].sort();
  return paths.map((path) => ({ path, bytes: found.get(path)!.take() }));
}

/** The files at a path. Symbolic links are not followed. */
function matching(root: Directory, pattern: string): [path: string, file: RegularFile][] {
  let here: Directory = root;
  const parts = pattern.split('/');
  const name = parts.pop()!;
  for (const part of parts) {
    const next = here.entries.get(part);
    if (!(next instanceof Directory)) return [];
    here = next;
  }
  const file = here.entries.get(name);
  return file instanceof RegularFile ? [[pattern, file]] : [];
}
