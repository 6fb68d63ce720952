import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ERRNO, WasiError } from '../errno.ts';
import { FileBudget } from './file-budget.ts';
import { FileSystem } from './file-system.ts';
import type { Directory } from './inode.ts';
import { resolvePath } from './resolve-path.ts';
import { VirtualClock } from '../virtual-clock.ts';

const segments = fc.constantFrom('a', 'b', 'c', '..', '.', '', 'x');
const paths = fc.array(segments, { minLength: 1, maxLength: 8 }).map((parts) => parts.join('/'));

/** `jail/a/b`, `jail/c` and, beside the jail, what must never be found; links are made at random. */
function openJail(links: readonly (readonly [string, string])[]) {
  const files = new FileSystem(new FileBudget(1_000, 1_000), new VirtualClock());
  const jail = files.directory(['jail']);
  files.directory(['jail', 'a', 'b']);
  files.directory(['jail', 'c']);
  for (const name of ['x', 'a', 'secret']) files.place(`outside/${name}`, files.file());
  for (const [where, target] of links) {
    try {
      files.createSymbolicLink(resolvePath(jail, where, false), target);
    } catch (error) {
      if (!(error instanceof WasiError)) throw error;
    }
  }
  return { jail, root: files.root };
}

function isInside(directory: Directory, jail: Directory): boolean {
  for (let here = directory; ; here = here.parent) {
    if (here === jail) return true;
    if (here.parent === here) return false;
  }
}

describe('a path', () => {
  test('never leads out of the directory it starts from, whatever links there are', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(paths, paths), { maxLength: 6 }),
        fc.oneof(
          paths,
          paths.map((path) => `../${path}`),
          fc.constant('../outside/secret'),
        ),
        fc.boolean(),
        (links, path, follow) => {
          const { jail } = openJail(links);
          try {
            const { parent, inode } = resolvePath(jail, path, follow);
            const directory = parent ?? (inode as Directory);
            expect(isInside(directory, jail)).toBe(true);
          } catch (error) {
            // Refused is inside as well; nothing but a WASI error is thrown.
            expect(error).toBeInstanceOf(WasiError);
          }
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test('leads nowhere through a link to nothing', () => {
    const { jail } = openJail([['x', '']]);
    expect(() => resolvePath(jail, 'x', true)).toThrow(new WasiError(ERRNO.NOENT));
  });

  test('without links is what its parts say', () => {
    fc.assert(
      fc.property(paths, (path) => {
        const { jail } = openJail([]);
        const depths = path.split('/').filter((part) => part !== '' && part !== '.');
        let depth = 0;
        const leaves = depths.some((part) => (depth += part === '..' ? -1 : 1) < 0);
        let errno: number = ERRNO.SUCCESS;
        try {
          resolvePath(jail, path, false);
        } catch (error) {
          errno = (error as WasiError).errno;
        }
        // A path that goes out is refused, or ends before for want of a directory.
        if (path.startsWith('/')) expect(errno).toBe(ERRNO.NOTCAPABLE);
        else if (leaves) expect([ERRNO.NOTCAPABLE, ERRNO.NOENT]).toContain(errno);
        else expect(errno).not.toBe(ERRNO.NOTCAPABLE);
      }),
    );
  });

  test('leads through at most 40 links', () => {
    const chain = Array.from({ length: 41 }, (_, i) => [`l${i}`, i === 0 ? 'c' : `l${i - 1}`] as const);
    const { jail } = openJail(chain);
    expect(resolvePath(jail, 'l39', true).name).toBe('c');
    expect(() => resolvePath(jail, 'l40', true)).toThrow('ELOOP');
  });

  test('grows no further than its links allow', () => {
    const bomb = Array.from({ length: 40 }, (_, i) => [`l${i}`, `l${i + 1}/`.repeat(1_000)] as const);
    const { jail } = openJail(bomb);
    expect(() => resolvePath(jail, 'l0', true)).toThrow('ENOENT');
  });
});
